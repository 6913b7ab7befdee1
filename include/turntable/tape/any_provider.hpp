#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/tape/provider.hpp"

namespace turntable::inline v0::tape {

/// Any provider behind one type.
///
/// Purpose: run-time choice of where tapes lie. A class that models tape::Provider goes in as it
/// is; this wrapper is the only place where a call becomes virtual. The optional calls are all
/// there. Ownership: owns the provider. An empty or moved-from AnyProvider must not be called.
/// Threads: any. Errors: those of the provider inside.
class TURNTABLE_EXPORT AnyProvider {
  public:
    AnyProvider() noexcept = default;
    template <class P>
        requires(!std::is_same_v<std::remove_cvref_t<P>, AnyProvider> &&
                 Provider<std::remove_cvref_t<P>>)
    AnyProvider(P&& provider)
        : model_(std::make_unique<Model<std::remove_cvref_t<P>>>(std::forward<P>(provider))) {}
    /// Makes the provider in place, for those that cannot be moved.
    template <Provider P, class... Args>
    static AnyProvider make(Args&&... args) {
        AnyProvider any;
        any.model_ = std::make_unique<Model<P>>(std::forward<Args>(args)...);
        return any;
    }
    AnyProvider(AnyProvider&&) noexcept = default;
    AnyProvider& operator=(AnyProvider&&) noexcept = default;
    ~AnyProvider() = default;

    explicit operator bool() const noexcept { return model_ != nullptr; }

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request) {
        return model_->save_tape(context, request);
    }
    Async<StoredTape> load_tape(const Context& context, std::string_view id) {
        return model_->load_tape(context, id);
    }
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes) {
        return model_->append(context, id, offset, bytes);
    }
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 const ContentRange& range) {
        return model_->stream(context, id, range);
    }
    Async<void> delete_tape(const Context& context, std::string_view id) {
        return model_->delete_tape(context, id);
    }
    Async<TapePage> list_tapes(const Context& context, const SearchCriteria& criteria) {
        return model_->list_tapes(context, criteria);
    }
    Async<TapeMetadata> get_metadata(const Context& context, std::string_view id) {
        return model_->get_metadata(context, id);
    }
    Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                        const LabelChange& change) {
        return model_->update_metadata(context, id, change);
    }
    Async<Health> health_check(const Context& context) { return model_->health_check(context); }
    Async<TapeMetadata> finish_tape(const Context& context, std::string_view id) {
        return model_->finish_tape(context, id);
    }
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options) {
        return model_->inspect(context, options);
    }
    /// Without the optional call of the provider they are saved one after the other, and this waits
    /// for each.
    Async<SavedTapes> save_tapes(const Context& context, const std::vector<SaveRequest>& requests) {
        return model_->save_tapes(context, requests);
    }
    /// Whether save_tapes() is more than many calls.
    bool saves_in_batches() noexcept { return model_->saves_in_batches(); }
    Async<void> close(const Context& context) { return model_->close(context); }

    /// The provider inside if it is a P, to reach what only P can do; else null.
    template <Provider P>
    P* get_if() noexcept {
        auto* model = dynamic_cast<Model<P>*>(model_.get());
        return model == nullptr ? nullptr : &model->provider;
    }

  private:
    struct Interface {
        Interface() = default;
        Interface(const Interface&) = delete;
        Interface& operator=(const Interface&) = delete;
        virtual ~Interface() = default;
        virtual Async<TapeMetadata> save_tape(const Context&, const SaveRequest&) = 0;
        virtual Async<StoredTape> load_tape(const Context&, std::string_view) = 0;
        virtual Async<std::uint64_t> append(const Context&, std::string_view, std::uint64_t,
                                            ByteView) = 0;
        virtual Result<Stream<Bytes>> stream(const Context&, std::string_view,
                                             const ContentRange&) = 0;
        virtual Async<void> delete_tape(const Context&, std::string_view) = 0;
        virtual Async<TapePage> list_tapes(const Context&, const SearchCriteria&) = 0;
        virtual Async<TapeMetadata> get_metadata(const Context&, std::string_view) = 0;
        virtual Async<TapeMetadata> update_metadata(const Context&, std::string_view,
                                                    const LabelChange&) = 0;
        virtual Async<Health> health_check(const Context&) = 0;
        virtual Async<TapeMetadata> finish_tape(const Context&, std::string_view) = 0;
        virtual Async<InspectReport> inspect(const Context&, const InspectOptions&) = 0;
        virtual Async<SavedTapes> save_tapes(const Context&, const std::vector<SaveRequest>&) = 0;
        virtual bool saves_in_batches() noexcept = 0;
        virtual Async<void> close(const Context&) = 0;
    };

    template <Provider P>
    struct Model final : Interface {
        template <class... Args>
        explicit Model(Args&&... args) : provider(std::forward<Args>(args)...) {}

        Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request) override {
            return provider.save_tape(context, request);
        }
        Async<StoredTape> load_tape(const Context& context, std::string_view id) override {
            return provider.load_tape(context, id);
        }
        Async<std::uint64_t> append(const Context& context, std::string_view id,
                                    std::uint64_t offset, ByteView bytes) override {
            return provider.append(context, id, offset, bytes);
        }
        Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                     const ContentRange& range) override {
            return provider.stream(context, id, range);
        }
        Async<void> delete_tape(const Context& context, std::string_view id) override {
            return provider.delete_tape(context, id);
        }
        Async<TapePage> list_tapes(const Context& context,
                                   const SearchCriteria& criteria) override {
            return provider.list_tapes(context, criteria);
        }
        Async<TapeMetadata> get_metadata(const Context& context, std::string_view id) override {
            return provider.get_metadata(context, id);
        }
        Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                            const LabelChange& change) override {
            return provider.update_metadata(context, id, change);
        }
        Async<Health> health_check(const Context& context) override {
            return provider_health(provider, context);
        }
        Async<TapeMetadata> finish_tape(const Context& context, std::string_view id) override {
            return provider_finish_tape(provider, context, id);
        }
        Async<InspectReport> inspect(const Context& context,
                                     const InspectOptions& options) override {
            return provider_inspect(provider, context, options);
        }
        Async<SavedTapes> save_tapes(const Context& context,
                                     const std::vector<SaveRequest>& requests) override {
            return provider_save_tapes(provider, context, requests);
        }
        bool saves_in_batches() noexcept override { return provider_saves_in_batches(provider); }
        Async<void> close(const Context& context) override { return provider.close(context); }

        P provider;
    };

    std::unique_ptr<Interface> model_;
};

static_assert(Provider<AnyProvider>);

}  // namespace turntable::inline v0::tape
