#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "turntable/blob/backend.hpp"
#include "turntable/blob/detail/fallback.hpp"

namespace turntable::inline v0::blob {

/// Any backend behind one type.
///
/// Purpose: run-time choice of the engine. A class that models blob::Backend goes in as it is; this
/// wrapper is the only place where a call becomes virtual. The optional calls are all there.
/// Ownership: owns the backend. An empty or moved-from AnyBackend must not be called.
/// Threads: any. Errors: those of the backend inside.
class TURNTABLE_EXPORT AnyBackend {
  public:
    AnyBackend() noexcept = default;
    template <class B>
        requires(!std::is_same_v<std::remove_cvref_t<B>, AnyBackend> &&
                 Backend<std::remove_cvref_t<B>>)
    AnyBackend(B&& backend)
        : model_(std::make_shared<Model<std::remove_cvref_t<B>>>(std::forward<B>(backend))) {}
    /// Makes the backend in place, for those that cannot be moved.
    template <Backend B, class... Args>
    static AnyBackend make(Args&&... args) {
        AnyBackend any;
        any.model_ = std::make_shared<Model<B>>(std::forward<Args>(args)...);
        return any;
    }
    AnyBackend(AnyBackend&&) noexcept = default;
    AnyBackend& operator=(AnyBackend&&) noexcept = default;
    ~AnyBackend() = default;

    explicit operator bool() const noexcept { return model_ != nullptr; }

    Capabilities capabilities() const { return model_->capabilities(); }
    Async<Metadata> stat(const Context& context, std::string_view path,
                         const Conditions& conditions) {
        return model_->stat(context, path, conditions);
    }
    Async<ReadHandle> open_read(const Context& context, std::string_view path,
                                const Conditions& conditions) {
        return model_->open_read(context, path, conditions);
    }
    Async<WriteHandle> open_write(const Context& context, std::string_view path,
                                  const WriteOptions& options) {
        return model_->open_write(context, path, options);
    }
    Result<Stream<EntryPage>> list(const Context& context, std::string_view prefix,
                                   const ListOptions& options) {
        return model_->list(context, prefix, options);
    }
    Async<void> remove(const Context& context, std::string_view path,
                       const RemoveOptions& options) {
        return model_->remove(context, path, options);
    }
    Async<void> create_dir(const Context& context, std::string_view path) {
        return model_->create_dir(context, path);
    }
    Async<Health> health(const Context& context) { return model_->health(context); }
    Async<void> close(const Context& context) { return model_->close(context); }

    Async<Bytes> read(const Context& context, std::string_view path, const ByteRange& range,
                      const Conditions& conditions) {
        return model_->read(context, path, range, conditions);
    }
    Async<Metadata> write(const Context& context, std::string_view path, ByteView bytes,
                          const WriteOptions& options) {
        return model_->write(context, path, bytes, options);
    }
    Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                     const CopyOptions& options) {
        return model_->copy(context, from, to, options);
    }
    Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                       const RenameOptions& options) {
        return model_->rename(context, from, to, options);
    }
    Async<void> remove_all(const Context& context, std::string_view path) {
        return model_->remove_all(context, path);
    }

    /// The backend inside if it is a B, to reach what only B can do; else null.
    template <Backend B>
    B* get_if() noexcept {
        auto* model = dynamic_cast<Model<B>*>(model_.get());
        return model == nullptr ? nullptr : &model->backend;
    }

  private:
    struct Interface : std::enable_shared_from_this<Interface> {
        Interface() = default;
        Interface(const Interface&) = delete;
        Interface& operator=(const Interface&) = delete;
        virtual ~Interface() = default;
        virtual Capabilities capabilities() const = 0;
        virtual Async<Metadata> stat(const Context&, std::string_view, const Conditions&) = 0;
        virtual Async<ReadHandle> open_read(const Context&, std::string_view,
                                            const Conditions&) = 0;
        virtual Async<WriteHandle> open_write(const Context&, std::string_view,
                                              const WriteOptions&) = 0;
        virtual Result<Stream<EntryPage>> list(const Context&, std::string_view,
                                               const ListOptions&) = 0;
        virtual Async<void> remove(const Context&, std::string_view, const RemoveOptions&) = 0;
        virtual Async<void> create_dir(const Context&, std::string_view) = 0;
        virtual Async<Health> health(const Context&) = 0;
        virtual Async<void> close(const Context&) = 0;
        virtual Async<Bytes> read(const Context&, std::string_view, const ByteRange&,
                                  const Conditions&) = 0;
        virtual Async<Metadata> write(const Context&, std::string_view, ByteView,
                                      const WriteOptions&) = 0;
        virtual Async<void> copy(const Context&, std::string_view, std::string_view,
                                 const CopyOptions&) = 0;
        virtual Async<void> rename(const Context&, std::string_view, std::string_view,
                                   const RenameOptions&) = 0;
        virtual Async<void> remove_all(const Context&, std::string_view) = 0;
    };

    template <Backend B>
    struct Model final : Interface {
        template <class... Args>
        explicit Model(Args&&... args) : backend(std::forward<Args>(args)...) {}

        Capabilities capabilities() const override { return backend.capabilities(); }
        Async<Metadata> stat(const Context& context, std::string_view path,
                             const Conditions& conditions) override {
            return backend.stat(context, path, conditions);
        }
        Async<ReadHandle> open_read(const Context& context, std::string_view path,
                                    const Conditions& conditions) override {
            return backend.open_read(context, path, conditions);
        }
        Async<WriteHandle> open_write(const Context& context, std::string_view path,
                                      const WriteOptions& options) override {
            return backend.open_write(context, path, options);
        }
        Result<Stream<EntryPage>> list(const Context& context, std::string_view prefix,
                                       const ListOptions& options) override {
            return backend.list(context, prefix, options);
        }
        Async<void> remove(const Context& context, std::string_view path,
                           const RemoveOptions& options) override {
            return backend.remove(context, path, options);
        }
        Async<void> create_dir(const Context& context, std::string_view path) override {
            return backend.create_dir(context, path);
        }
        Async<Health> health(const Context& context) override { return backend.health(context); }
        Async<void> close(const Context& context) override { return backend.close(context); }
        Async<Bytes> read(const Context& context, std::string_view path, const ByteRange& range,
                          const Conditions& conditions) override {
            return backend_read(backend, context, path, range, conditions);
        }
        Async<Metadata> write(const Context& context, std::string_view path, ByteView bytes,
                              const WriteOptions& options) override {
            return backend_write(backend, context, path, bytes, options);
        }
        Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                         const CopyOptions& options) override {
            return backend_copy(backend, this->shared_from_this(), context, from, to, options);
        }
        Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                           const RenameOptions& options) override {
            return backend_rename(backend, this->shared_from_this(), context, from, to, options);
        }
        Async<void> remove_all(const Context& context, std::string_view path) override {
            return backend_remove_all(backend, this->shared_from_this(), context, path);
        }

        B backend;
    };

    std::shared_ptr<Interface> model_;
};

static_assert(Backend<AnyBackend>);

}  // namespace turntable::inline v0::blob
