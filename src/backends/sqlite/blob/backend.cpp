#include <algorithm>
#include <utility>

#include "backends/sqlite/blob/store.hpp"
#include "turntable/core/blocking.hpp"

namespace turntable::inline v0::blob {

static_assert(Backend<SqliteBackend> && BackendWithRead<SqliteBackend> &&
              BackendWithWrite<SqliteBackend> && BackendWithCopy<SqliteBackend> &&
              BackendWithRename<SqliteBackend> && BackendWithRemoveAll<SqliteBackend>);

namespace {

using StorePtr = std::shared_ptr<sqlite::Store>;

/// Runs a call on a store that the work keeps alive.
template <class T, class F>
Async<T> run_call(const StorePtr& store, const Context& context, F function) {
    return run_blocking<T>(store->runtime(), store->gate(), context,
                           [store, function = std::move(function)] { return function(*store); });
}

class FileReader final : public ReadSource {
  public:
    FileReader(StorePtr store, std::string path, sqlite::FileRow row)
        : store_(std::move(store)),
          found_(std::make_shared<const Found>(std::move(path), std::move(row))) {}

    const Metadata& metadata() const noexcept override { return found_->row.metadata; }
    Async<Bytes> read(const Context& context, std::uint64_t offset,
                      std::size_t length_max) override {
        constexpr std::uint64_t piece_bytes_max = std::uint64_t{16} << 20U;
        const std::uint64_t size = metadata().size_bytes;
        if (offset >= size || length_max == 0) {
            return Bytes();
        }
        const std::size_t length =
            std::min({std::uint64_t{length_max}, size - offset, piece_bytes_max});
        return run_call<Bytes>(store_, context,
                               [found = found_, offset, length](sqlite::Store& store) {
                                   return store.read_on(found->path, found->row, offset, length);
                               });
    }

  private:
    struct Found {
        std::string path;
        sqlite::FileRow row;
    };
    StorePtr store_;
    std::shared_ptr<const Found> found_;
};

class DraftWriter final : public WriteSink {
  public:
    DraftWriter(StorePtr store, std::string_view path, const WriteOptions& options)
        : store_(std::move(store)), draft_(std::make_shared<sqlite::Draft>(path, options)) {}
    DraftWriter(const DraftWriter&) = delete;
    DraftWriter& operator=(const DraftWriter&) = delete;
    ~DraftWriter() override {
        // What does not work now is left to the next sweep.
        (void)DraftWriter::abort({.caller_waits = true});
    }

    Async<void> write(const Context& context, ByteView bytes) override {
        return run_call<void>(store_, context,
                              [draft = draft_, bytes = context.caller_waits ? Bytes::unowned(bytes)
                                                                            : Bytes::copy(bytes)](
                                  sqlite::Store& store) { return store.write(*draft, bytes); });
    }
    Async<Metadata> finish(const Context& context) override {
        return run_call<Metadata>(store_, context, [draft = draft_](sqlite::Store& store) {
            return store.finish(*draft);
        });
    }
    Async<void> abort(const Context& context) override {
        return run_call<void>(store_, context, [draft = draft_](sqlite::Store& store) {
            return store.abort(*draft);
        });
    }

  private:
    StorePtr store_;
    std::shared_ptr<sqlite::Draft> draft_;
};

class FilePages final : public StreamSource<EntryPage> {
  public:
    FilePages(StorePtr store, std::string_view prefix, const ListOptions& options)
        : store_(std::move(store)), list_(std::make_shared<detail::FlatList>(prefix, options)) {}
    Async<std::optional<EntryPage>> next(const Context& context) override {
        using Answer = std::optional<EntryPage>;
        return run_call<Answer>(store_, context,
                                [list = list_](sqlite::Store& store) -> Result<Answer> {
                                    TURNTABLE_TRY(EntryPage page, store.next_page(*list));
                                    return page.empty() ? Answer() : Answer(std::move(page));
                                });
    }

  private:
    StorePtr store_;
    std::shared_ptr<detail::FlatList> list_;  // shared with a step that nobody waits for any more
};

}  // namespace

Result<SqliteBackend> open_sqlite(SqliteOptions options, std::shared_ptr<Runtime> runtime) {
    TURNTABLE_CHECK(sqlite_settings().validate(options));
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    return SqliteBackend(std::make_shared<sqlite::Store>(std::move(options), std::move(runtime)));
}

SqliteBackend::SqliteBackend(StorePtr store) noexcept : store_(std::move(store)) {}
SqliteBackend::SqliteBackend(SqliteBackend&& other) noexcept = default;
SqliteBackend& SqliteBackend::operator=(SqliteBackend&& other) noexcept = default;
SqliteBackend::~SqliteBackend() {
    if (store_ != nullptr) {
        store_->gate().close([] {});
        store_->gate().wait_empty();
        store_->shut();
    }
}

Result<void> SqliteBackend::connect() {
    const Pass pass(store_->gate());
    return pass ? store_->connect() : Error(ErrorCode::closed, "the store was closed");
}

Capabilities SqliteBackend::capabilities() const {
    const SqliteOptions& options = store_->options();
    const bool temporary = options.path == ":memory:";
    const bool full = options.durability == SqliteDurability::full;
    return {.durability = temporary ? Durability::none
                          : full    ? Durability::machine
                                    : Durability::process,
            .reopen = !temporary,
            .shared = !temporary,
            .read_only = options.read_only,
            .read_one_version = false,
            .checksum = ChecksumKind::crc32c};
}

Async<Metadata> SqliteBackend::stat(const Context& context, std::string_view path,
                                    const Conditions& conditions) {
    return run_call<Metadata>(
        store_, context,
        [path = std::string(path), conditions = detail::OwnedConditions(conditions)](
            sqlite::Store& store) -> Result<Metadata> {
            TURNTABLE_TRY(Metadata metadata, store.stat(path));
            TURNTABLE_CHECK(check(conditions.view(), metadata));
            return metadata;
        });
}

Async<ReadHandle> SqliteBackend::open_read(const Context& context, std::string_view path,
                                           const Conditions& conditions) {
    return run_blocking<ReadHandle>(
        store_->runtime(), store_->gate(), context,
        [store = store_, path = std::string(path),
         conditions = detail::OwnedConditions(conditions)]() -> Result<ReadHandle> {
            TURNTABLE_TRY(sqlite::FileRow row, store->find(path, conditions.view()));
            return ReadHandle(std::make_unique<FileReader>(store, path, std::move(row)));
        });
}

Async<Bytes> SqliteBackend::read(const Context& context, std::string_view path,
                                 const ByteRange& range, const Conditions& conditions) {
    return run_call<Bytes>(
        store_, context,
        [path = std::string(path), range, conditions = detail::OwnedConditions(conditions)](
            sqlite::Store& store) { return store.read(path, range, conditions.view()); });
}

Async<WriteHandle> SqliteBackend::open_write(const Context& context, std::string_view path,
                                             const WriteOptions& options) {
    return run_blocking<WriteHandle>(
        store_->runtime(), store_->gate(), context,
        [store = store_, path = std::string(path),
         options = detail::OwnedWrite(options)]() -> Result<WriteHandle> {
            // Others' leavings are no reason to refuse a write.
            (void)store->sweep();
            return WriteHandle(std::make_unique<DraftWriter>(store, path, options.view()));
        });
}

Async<Metadata> SqliteBackend::write(const Context& context, std::string_view path, ByteView bytes,
                                     const WriteOptions& options) {
    return run_call<Metadata>(
        store_, context,
        [path = std::string(path), options = detail::OwnedWrite(options),
         bytes = context.caller_waits ? Bytes::unowned(bytes)
                                      : Bytes::copy(bytes)](sqlite::Store& store) {
            (void)store.sweep();
            return store.write(path, bytes, options);
        });
}

Result<Stream<EntryPage>> SqliteBackend::list(const Context& /*context*/, std::string_view prefix,
                                              const ListOptions& options) {
    if (store_->gate().is_closed()) {
        return Error(ErrorCode::closed, "the store was closed");
    }
    return Stream<EntryPage>(std::make_unique<FilePages>(store_, prefix, options));
}

Async<void> SqliteBackend::remove(const Context& context, std::string_view path,
                                  const RemoveOptions& options) {
    return run_call<void>(store_, context,
                          [path = std::string(path), if_match = std::string(options.if_match)](
                              sqlite::Store& store) { return store.remove(path, if_match); });
}

Async<void> SqliteBackend::remove_all(const Context& context, std::string_view path) {
    return run_call<void>(store_, context, [path = std::string(path)](sqlite::Store& store) {
        return store.remove_all(path);
    });
}

Async<void> SqliteBackend::create_dir(const Context& context, std::string_view path) {
    return run_call<void>(store_, context, [path = std::string(path)](sqlite::Store& store) {
        return store.create_dir(path);
    });
}

Async<void> SqliteBackend::copy(const Context& context, std::string_view from, std::string_view to,
                                const CopyOptions& options) {
    return run_call<void>(
        store_, context,
        [from = std::string(from), to = std::string(to), if_not_exists = options.if_not_exists,
         if_match = std::string(options.if_match)](sqlite::Store& store) {
            return store.copy(from, to, if_not_exists, if_match);
        });
}

Async<void> SqliteBackend::rename(const Context& context, std::string_view from,
                                  std::string_view to, const RenameOptions& options) {
    return run_call<void>(
        store_, context,
        [from = std::string(from), to = std::string(to), if_not_exists = options.if_not_exists](
            sqlite::Store& store) { return store.rename(from, to, if_not_exists); });
}

Async<Health> SqliteBackend::health(const Context& context) {
    if (store_->gate().is_closed()) {
        return Health{Health::State::unhealthy, {}, "the store was closed"};
    }
    return run_call<Health>(store_, context, [](sqlite::Store& store) { return store.health(); });
}

Async<void> SqliteBackend::close(const Context& /*context*/) {
    Promise<void> promise(*store_->runtime(), {});
    Async<void> answer = promise.take_async();
    store_->gate().close([store = store_, promise = std::move(promise)]() mutable {
        store->shut();
        std::move(promise).complete(Result<void>());
    });
    return answer;
}

}  // namespace turntable::inline v0::blob
