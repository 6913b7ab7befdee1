#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "backends/memory/blob/memory_store.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/memory.hpp"

namespace turntable::inline v0::blob {

namespace {

/// The named stores that are open in this process. What a name means is the same everywhere in it,
/// so this is one object; it holds nothing that nobody uses.
std::shared_ptr<memory::Store> find_store(const std::string& name) {
    if (name.empty()) {
        return std::make_shared<memory::Store>();
    }
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<memory::Store>> stores;
    const std::scoped_lock guard(mutex);
    std::erase_if(stores, [](const auto& item) { return item.second.expired(); });
    auto& known = stores[name];
    auto store = known.lock();
    if (store == nullptr) {
        store = std::make_shared<memory::Store>();
        known = store;
    }
    return store;
}

Error closed_error() { return {ErrorCode::closed, "the store was closed"}; }

class MemoryReader final : public ReadSource {
  public:
    explicit MemoryReader(memory::BlobPtr blob) noexcept : blob_(std::move(blob)) {}
    const Metadata& metadata() const noexcept override { return blob_->metadata; }
    Async<Bytes> read(const Context& /*context*/, std::uint64_t offset,
                      std::size_t length_max) override {
        const Bytes& content = blob_->content;
        return offset >= content.size() ? Bytes() : content.slice(offset, length_max);
    }

  private:
    memory::BlobPtr blob_;
};

}  // namespace

struct MemoryBackend::Store {
    explicit Store(const MemoryOptions& options)
        : runtime(options.runtime ? options.runtime : Runtime::shared()),
          limits(options.limits),
          blobs(find_store(options.name)),
          reopen(!options.name.empty()) {}

    memory::Terms terms() const { return {now_ms(), limits.blob_bytes_max}; }
    std::int64_t now_ms() const { return runtime->clock().wall_now().time_since_epoch().count(); }

    std::shared_ptr<Runtime> runtime;
    Limits limits;
    std::shared_ptr<memory::Store> blobs;
    bool reopen;
    std::atomic<bool> closed = false;
};

namespace {

/// Holds what is written until it is all there.
template <class Store>
class MemoryWriter final : public WriteSink {
  public:
    MemoryWriter(std::shared_ptr<Store> store, std::string_view path, const WriteOptions& options)
        : store_(std::move(store)), path_(path), options_(options) {}

    Async<void> write(const Context& /*context*/, ByteView bytes) override {
        Result<void> fits =
            detail::check_size(content_.size() + bytes.size(), store_->limits.blob_bytes_max);
        if (fits) {
            content_.append(bytes.text());
        }
        return fits;
    }
    Async<Metadata> finish(const Context& /*context*/) override {
        if (store_->closed) {
            return closed_error();
        }
        return store_->blobs->put(path_, Bytes::take(std::move(content_)), options_.view(),
                                  store_->terms());
    }
    Async<void> abort(const Context& /*context*/) override {
        content_ = {};
        return Result<void>();
    }

  private:
    std::shared_ptr<Store> store_;
    std::string path_;
    detail::OwnedWrite options_;
    std::string content_;
};

template <class Store>
class MemoryPages final : public StreamSource<EntryPage> {
  public:
    MemoryPages(std::shared_ptr<Store> store, std::string_view prefix, const ListOptions& options)
        : store_(std::move(store)), list_(prefix, options) {}
    Async<std::optional<EntryPage>> next(const Context& /*context*/) override {
        if (store_->closed) {
            return closed_error();
        }
        constexpr std::size_t entries_max = 1000;
        EntryPage page = store_->blobs->next_page(list_, entries_max);
        return page.empty() ? std::optional<EntryPage>() : std::optional(std::move(page));
    }

  private:
    std::shared_ptr<Store> store_;
    detail::FlatList list_;
};

}  // namespace

static_assert(Backend<MemoryBackend> && BackendWithRead<MemoryBackend> &&
              BackendWithWrite<MemoryBackend> && BackendWithCopy<MemoryBackend> &&
              BackendWithRename<MemoryBackend> && BackendWithRemoveAll<MemoryBackend>);

MemoryBackend::MemoryBackend(MemoryOptions options) : store_(std::make_shared<Store>(options)) {}
MemoryBackend::MemoryBackend(MemoryBackend&& other) noexcept = default;
MemoryBackend& MemoryBackend::operator=(MemoryBackend&& other) noexcept = default;
MemoryBackend::~MemoryBackend() = default;

Capabilities MemoryBackend::capabilities() const {
    return {.durability = Durability::none,
            .reopen = store_->reopen,
            .views = true,
            .limits = store_->limits};
}

Async<Metadata> MemoryBackend::stat(const Context& /*context*/, std::string_view path,
                                    const Conditions& conditions) {
    if (store_->closed) {
        return closed_error();
    }
    Result<Metadata> metadata = store_->blobs->stat(path);
    if (metadata) {
        if (Result<void> holds = check(conditions, *metadata); !holds) {
            return std::move(holds).error();
        }
    }
    return metadata;
}

Async<ReadHandle> MemoryBackend::open_read(const Context& /*context*/, std::string_view path,
                                           const Conditions& conditions) {
    if (store_->closed) {
        return closed_error();
    }
    Result<memory::BlobPtr> blob = store_->blobs->find(path);
    if (!blob) {
        return std::move(blob).error();
    }
    if (Result<void> holds = check(conditions, (*blob)->metadata); !holds) {
        return std::move(holds).error();
    }
    return ReadHandle(std::make_unique<MemoryReader>(*std::move(blob)));
}

Async<Bytes> MemoryBackend::read(const Context& /*context*/, std::string_view path,
                                 const ByteRange& range, const Conditions& conditions) {
    if (store_->closed) {
        return closed_error();
    }
    Result<memory::BlobPtr> blob = store_->blobs->find(path);
    if (!blob) {
        return std::move(blob).error();
    }
    if (Result<void> holds = check(conditions, (*blob)->metadata); !holds) {
        return std::move(holds).error();
    }
    Result<ByteSpan> span = resolve(range, (*blob)->content.size());
    if (!span) {
        return std::move(span).error();
    }
    return (*blob)->content.slice(span->offset, span->length);
}

Async<WriteHandle> MemoryBackend::open_write(const Context& /*context*/, std::string_view path,
                                             const WriteOptions& options) {
    if (store_->closed) {
        return closed_error();
    }
    return WriteHandle(std::make_unique<MemoryWriter<Store>>(store_, path, options));
}

Async<Metadata> MemoryBackend::write(const Context& /*context*/, std::string_view path,
                                     ByteView bytes, const WriteOptions& options) {
    if (store_->closed) {
        return closed_error();
    }
    return store_->blobs->put(path, Bytes::copy(bytes), options, store_->terms());
}

Result<Stream<EntryPage>> MemoryBackend::list(const Context& /*context*/, std::string_view prefix,
                                              const ListOptions& options) {
    if (store_->closed) {
        return closed_error();
    }
    return Stream<EntryPage>(std::make_unique<MemoryPages<Store>>(store_, prefix, options));
}

Async<void> MemoryBackend::remove(const Context& /*context*/, std::string_view path,
                                  const RemoveOptions& options) {
    return store_->closed ? closed_error() : store_->blobs->remove(path, options);
}

Async<void> MemoryBackend::remove_all(const Context& /*context*/, std::string_view path) {
    if (store_->closed) {
        return closed_error();
    }
    store_->blobs->remove_all(path);
    return Result<void>();
}

Async<void> MemoryBackend::copy(const Context& /*context*/, std::string_view from,
                                std::string_view to, const CopyOptions& options) {
    return store_->closed ? closed_error()
                          : store_->blobs->copy(from, to, options, store_->now_ms());
}

Async<void> MemoryBackend::rename(const Context& /*context*/, std::string_view from,
                                  std::string_view to, const RenameOptions& options) {
    return store_->closed ? closed_error() : store_->blobs->rename(from, to, options);
}

Async<void> MemoryBackend::create_dir(const Context& /*context*/, std::string_view path) {
    if (store_->closed) {
        return closed_error();
    }
    store_->blobs->create_dir(path, store_->now_ms());
    return Result<void>();
}

Async<Health> MemoryBackend::health(const Context& /*context*/) {
    return store_->closed ? Health{Health::State::unhealthy, {}, "the store was closed"} : Health{};
}

Async<void> MemoryBackend::close(const Context& /*context*/) {
    store_->closed = true;
    return Result<void>();
}

}  // namespace turntable::inline v0::blob
