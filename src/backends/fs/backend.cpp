#include <utility>

#include "backends/fs/handles.hpp"
#include "backends/fs/store.hpp"
#include "turntable/core/blocking.hpp"

namespace turntable::inline v0::blob {

namespace {

/// Runs a call on a store that the work keeps alive.
template <class T, class F>
Async<T> run(const std::shared_ptr<fs::Store>& store, const Context& context, F function) {
    return run_blocking<T>(store->runtime(), store->gate(), context,
                           [store, function = std::move(function)] { return function(*store); });
}

Result<ReadHandle> open_reader(const std::shared_ptr<fs::Store>& store, const std::string& path,
                               const Conditions& conditions) {
    TURNTABLE_TRY(auto opened, store->open_read(path, conditions));
    return fs::make_reader(store, path, std::move(opened.first), std::move(opened.second));
}

Result<WriteHandle> open_writer(const std::shared_ptr<fs::Store>& store, const std::string& path,
                                const fs::OwnedWrite& options) {
    TURNTABLE_TRY(fs::StagedFile staged, store->stage(path, options));
    return fs::make_writer(store, path, options, std::move(staged));
}

}  // namespace

static_assert(Backend<FsBackend> && BackendWithRead<FsBackend> && BackendWithWrite<FsBackend> &&
              BackendWithCopy<FsBackend> && BackendWithRename<FsBackend> &&
              BackendWithRemoveAll<FsBackend>);

Result<FsBackend> open_fs(FsOptions options, std::shared_ptr<Runtime> runtime) {
    TURNTABLE_CHECK(fs_settings().validate(options));
    return FsBackend(std::make_shared<fs::Store>(std::move(options), std::move(runtime)));
}

FsBackend::FsBackend(std::shared_ptr<fs::Store> store) noexcept : store_(std::move(store)) {}
FsBackend::FsBackend(FsBackend&& other) noexcept = default;
FsBackend& FsBackend::operator=(FsBackend&& other) noexcept = default;
FsBackend::~FsBackend() {
    if (store_ != nullptr) {
        store_->gate().close([] {});
        store_->gate().wait_empty();
    }
}

Result<void> FsBackend::connect() { return store_->connect(); }

Capabilities FsBackend::capabilities() const {
    const bool full = store_->options().durability == FsDurability::full;
    return {.durability = full ? Durability::machine : Durability::process,
            .reopen = true,
            .shared = true,
            .atomic_append = false,
            .directories = true};
}

Async<Metadata> FsBackend::stat(const Context& context, std::string_view path,
                                const Conditions& conditions) {
    return run<Metadata>(
        store_, context,
        [path = std::string(path),
         conditions = detail::OwnedConditions(conditions)](fs::Store& store) -> Result<Metadata> {
            TURNTABLE_TRY(Metadata metadata, store.stat(path));
            TURNTABLE_CHECK(check(conditions.view(), metadata));
            return metadata;
        });
}

Async<ReadHandle> FsBackend::open_read(const Context& context, std::string_view path,
                                       const Conditions& conditions) {
    return run_blocking<ReadHandle>(store_->runtime(), store_->gate(), context,
                                    [store = store_, path = std::string(path),
                                     conditions = detail::OwnedConditions(conditions)] {
                                        return open_reader(store, path, conditions.view());
                                    });
}

Async<WriteHandle> FsBackend::open_write(const Context& context, std::string_view path,
                                         const WriteOptions& options) {
    return run_blocking<WriteHandle>(
        store_->runtime(), store_->gate(), context,
        [store = store_, path = std::string(path), options = fs::OwnedWrite(options)] {
            return open_writer(store, path, options);
        });
}

Result<Stream<EntryPage>> FsBackend::list(const Context& /*context*/, std::string_view prefix,
                                          const ListOptions& options) {
    if (store_->gate().is_closed()) {
        return Error(ErrorCode::closed, "the store was closed");
    }
    return fs::make_pages(store_, prefix, options);
}

Async<void> FsBackend::remove(const Context& context, std::string_view path,
                              const RemoveOptions& options) {
    return run<void>(store_, context,
                     [path = std::string(path), if_match = std::string(options.if_match)](
                         fs::Store& store) { return store.remove(path, if_match); });
}

Async<void> FsBackend::create_dir(const Context& context, std::string_view path) {
    return run<void>(store_, context, [path = std::string(path)](fs::Store& store) {
        return store.create_dir(path);
    });
}

Async<Health> FsBackend::health(const Context& context) {
    if (store_->gate().is_closed()) {
        return Health{Health::State::unhealthy, {}, "the store was closed"};
    }
    return run<Health>(store_, context, [](fs::Store& store) { return store.health(); });
}

Async<void> FsBackend::close(const Context& /*context*/) {
    return close_gate(store_->runtime(), store_->gate());
}

Async<Bytes> FsBackend::read(const Context& context, std::string_view path, const ByteRange& range,
                             const Conditions& conditions) {
    return run<Bytes>(
        store_, context,
        [path = std::string(path), range, conditions = detail::OwnedConditions(conditions)](
            fs::Store& store) { return store.read(path, range, conditions.view()); });
}

Async<Metadata> FsBackend::write(const Context& context, std::string_view path, ByteView bytes,
                                 const WriteOptions& options) {
    return run<Metadata>(
        store_, context,
        [path = std::string(path), options = fs::OwnedWrite(options),
         bytes = context.caller_waits ? Bytes::unowned(bytes) : Bytes::copy(bytes)](
            fs::Store& store) { return store.write(path, bytes, options); });
}

Async<void> FsBackend::copy(const Context& context, std::string_view from, std::string_view to,
                            const CopyOptions& options) {
    return run<void>(
        store_, context,
        [from = std::string(from), to = std::string(to), if_not_exists = options.if_not_exists,
         if_match = std::string(options.if_match)](fs::Store& store) {
            return store.copy(from, to, if_not_exists, if_match);
        });
}

Async<void> FsBackend::rename(const Context& context, std::string_view from, std::string_view to,
                              const RenameOptions& options) {
    return run<void>(
        store_, context,
        [from = std::string(from), to = std::string(to), if_not_exists = options.if_not_exists](
            fs::Store& store) { return store.rename(from, to, if_not_exists); });
}

Async<void> FsBackend::remove_all(const Context& context, std::string_view path) {
    return run<void>(store_, context, [path = std::string(path)](fs::Store& store) {
        return store.remove_all(path);
    });
}

}  // namespace turntable::inline v0::blob
