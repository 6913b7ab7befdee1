#include "turntable/kv/layers/cache.hpp"

#include <algorithm>
#include <functional>
#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "kv/layers/built_in.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr std::size_t shard_count = 16;
constexpr std::uint32_t all_shards = (std::uint32_t{1} << shard_count) - 1;
/// What an entry costs beside its key and value: nodes of list and map, the value's owner.
constexpr std::size_t entry_overhead_bytes = 200;
/// Keys of a shard that the queue may write by itself, and that are therefore not kept.
constexpr std::size_t queue_keys_max = 8192;

struct Node {
    std::string key;
    std::optional<Entry> entry;
    Instant fresh_until;
    std::int64_t expire_at_ms;

    std::size_t cost() const noexcept {
        return key.size() + (entry ? entry->value.data().size() : 0) + entry_overhead_bytes;
    }
};

std::size_t shard_index(ByteView key) noexcept {
    return (std::hash<std::string_view>()(key.text()) >> 7U) % shard_count;
}

bool expires(std::int64_t at_ms) noexcept { return at_ms != never_expires; }

}  // namespace

/// A part of the keys, with a lock of its own.
///
/// A read remembers the epoch; what it brings is kept only if no write to the shard began or ended
/// since and none is on its way, for else it may be older than the write.
struct CacheStore::Shard {
    std::mutex mutex;
    std::list<Node> recent;  // used last first
    std::unordered_map<std::string_view, std::list<Node>::iterator> by_key;
    std::unordered_set<std::string> queue_keys;
    std::size_t bytes = 0;
    std::uint64_t epoch = 1;
    std::uint32_t writes = 0;
    std::uint32_t suffixed_writes = 0;  // may make any key
    Instant keep_nothing_until = Instant::min();  // max: not any more
    bool closed = false;

    void erase(std::list<Node>::iterator node) {
        bytes -= node->cost();
        by_key.erase(node->key);
        recent.erase(node);
    }
    void erase(std::string_view key) {
        if (const auto found = by_key.find(key); found != by_key.end()) {
            erase(found->second);
        }
    }
    void clear() {
        by_key.clear();
        recent.clear();
        bytes = 0;
    }
    /// The queue may write this key at any time from now on.
    void leave_to_queue(ByteView key) {
        erase(key.text());
        if (queue_keys.size() >= queue_keys_max) {
            clear();
            keep_nothing_until = Instant::max();
        } else {
            queue_keys.emplace(key.text());
        }
    }
};

CacheStore::CacheStore(const CacheOptions& options, std::shared_ptr<Runtime> runtime)
    : options_(options),
      runtime_(std::move(runtime)),
      shards_(std::make_unique<Shard[]>(shard_count)) {}

CacheStore::~CacheStore() = default;

CacheStore::Shard& CacheStore::shard_of(ByteView key) noexcept { return shards_[shard_index(key)]; }

CacheStore::Found CacheStore::find(ByteView key) {
    Shard& shard = shard_of(key);
    const std::scoped_lock guard(shard.mutex);
    Found out;
    out.ticket = shard.epoch;
    const auto found = shard.by_key.find(key.text());
    if (found == shard.by_key.end() || (!found->second->entry && shard.suffixed_writes > 0)) {
        return out;
    }
    const Node& node = *found->second;
    Clock& clock = runtime_->clock();
    const bool expired = expires(node.expire_at_ms) &&
                         clock.wall_now().time_since_epoch().count() >= node.expire_at_ms;
    if (expired || clock.steady_now() >= node.fresh_until) {
        shard.erase(found->second);
        return out;
    }
    shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
    out.hit = true;
    out.entry = node.entry;
    out.expire_at_ms = node.expire_at_ms;
    return out;
}

void CacheStore::keep(ByteView key, const std::optional<Entry>& entry, std::int64_t expire_at_ms,
                      std::uint64_t ticket) {
    if (!entry && !options_.negative) {
        return;
    }
    const Instant now = runtime_->clock().steady_now();
    Shard& shard = shard_of(key);
    const std::scoped_lock guard(shard.mutex);
    if (shard.closed || shard.epoch != ticket || shard.writes > 0 ||
        now < shard.keep_nothing_until) {
        return;
    }
    Node node{key.to_string(), entry, now + options_.ttl, expire_at_ms};
    if (shard.queue_keys.contains(node.key)) {
        return;
    }
    const std::size_t most = options_.max_bytes.bytes / shard_count;
    if (node.cost() > most) {
        return;
    }
    shard.erase(node.key);
    while (shard.bytes + node.cost() > most) {
        shard.erase(std::prev(shard.recent.end()));
    }
    shard.bytes += node.cost();
    shard.recent.push_front(std::move(node));
    shard.by_key.emplace(shard.recent.front().key, shard.recent.begin());
}

std::shared_ptr<CacheStore::WriteInFlight> CacheStore::begin_write(const AtomicWrite& write) {
    auto out = std::make_shared<WriteInFlight>();
    for (const Check& check : write.checks) {
        out->checked.push_back(check.key.to_string());
    }
    for (const Mutation& mutation : write.mutations) {
        const bool suffixed = mutation.kind == MutationKind::set_suffix_versionstamped_key;
        if (suffixed) {
            out->suffixed.push_back(mutation.key.to_string());
        }
        out->shards |= suffixed ? all_shards : std::uint32_t{1} << shard_index(mutation.key);
    }
    begin(*out);
    for (const Mutation& mutation : write.mutations) {
        Shard& shard = shard_of(mutation.key);
        const std::scoped_lock guard(shard.mutex);
        shard.erase(mutation.key.text());
    }
    for (const Enqueue& enqueue : write.enqueues) {
        for (const ByteView key : enqueue.keys_if_undelivered) {
            Shard& shard = shard_of(key);
            const std::scoped_lock guard(shard.mutex);
            ++shard.epoch;
            shard.leave_to_queue(key);
        }
    }
    return out;
}

void CacheStore::begin(const WriteInFlight& write) {
    for (std::size_t i = 0; i < shard_count; ++i) {
        if ((write.shards >> i & 1U) != 0) {
            const std::scoped_lock guard(shards_[i].mutex);
            ++shards_[i].writes;
            ++shards_[i].epoch;
            shards_[i].suffixed_writes += write.suffixed.empty() ? 0 : 1;
        }
    }
}

void CacheStore::end(const WriteInFlight& write, const Error* error) {
    const bool unknown = error != nullptr && error->code() == ErrorCode::commit_unknown;
    // A write whose fate is not known may still happen after this.
    const Instant suspicious =
        unknown ? runtime_->clock().steady_now() + options_.ttl : Instant::min();
    for (std::size_t i = 0; i < shard_count; ++i) {
        if ((write.shards >> i & 1U) != 0) {
            Shard& shard = shards_[i];
            const std::scoped_lock guard(shard.mutex);
            --shard.writes;
            ++shard.epoch;
            shard.suffixed_writes -= write.suffixed.empty() ? 0 : 1;
            shard.keep_nothing_until = std::max(shard.keep_nothing_until, suspicious);
        }
    }
}

void CacheStore::end_write(const WriteInFlight& write, const Result<CommitResult>& result) {
    if (result && result->committed) {
        for (const std::string& prefix : write.suffixed) {
            const Key stamp(result->versionstamp.to_string());
            const std::string key = prefix + stamp.encoded().to_string();
            Shard& shard = shard_of(key);
            const std::scoped_lock guard(shard.mutex);
            shard.erase(key);
        }
    }
    if (result && !result->committed) {
        for (const std::uint32_t failed : result->failed_checks) {
            if (failed < write.checked.size()) {
                Shard& shard = shard_of(write.checked[failed]);
                const std::scoped_lock guard(shard.mutex);
                shard.erase(write.checked[failed]);
            }
        }
    }
    end(write, result ? nullptr : &result.error());
}

std::shared_ptr<CacheStore::WriteInFlight> CacheStore::begin_delete_range() {
    auto out = std::make_shared<WriteInFlight>();
    out->shards = all_shards;
    begin(*out);
    for (std::size_t i = 0; i < shard_count; ++i) {
        const std::scoped_lock guard(shards_[i].mutex);
        shards_[i].clear();
    }
    return out;
}

void CacheStore::end_delete_range(const WriteInFlight& write,
                                  const Result<DeleteRangeOutput>& result) {
    end(write, result ? nullptr : &result.error());
}

void CacheStore::changed(const WatchOutput& changes) {
    for (const WatchChange& change : changes) {
        Shard& shard = shard_of(change.key.view());
        const std::scoped_lock guard(shard.mutex);
        ++shard.epoch;  // a read on its way may be older
        shard.erase(change.key.text());
    }
}

void CacheStore::close() {
    for (std::size_t i = 0; i < shard_count; ++i) {
        const std::scoped_lock guard(shards_[i].mutex);
        shards_[i].closed = true;
        shards_[i].clear();
    }
}

namespace {

class HeardWatch final : public StreamSource<WatchOutput> {
  public:
    HeardWatch(std::shared_ptr<CacheStore> store, Stream<WatchOutput> stream)
        : store_(std::move(store)), stream_(std::move(stream)) {}
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return tap(stream_.next(context),
                   [store = store_](Result<std::optional<WatchOutput>>& step) {
                       if (step && *step) {
                           store->changed(**step);
                       }
                   });
    }

  private:
    std::shared_ptr<CacheStore> store_;
    Stream<WatchOutput> stream_;
};

}  // namespace

Stream<WatchOutput> heard_by(std::shared_ptr<CacheStore> store, Stream<WatchOutput> stream) {
    return Stream<WatchOutput>(std::make_unique<HeardWatch>(std::move(store), std::move(stream)));
}

std::optional<ByteView> only_key_of(std::span<const ReadRange> ranges) noexcept {
    if (ranges.size() != 1) {
        return std::nullopt;
    }
    const ByteView start = ranges[0].start;
    const ByteView end = ranges[0].end;
    const bool one_key = !start.empty() && end.size() == start.size() + 1 &&
                         end[start.size()] == '\0' && end.substr(0, start.size()) == start &&
                         ranges[0].limit > 0;
    return one_key ? std::optional(start) : std::nullopt;
}

ReadOutput output_of(ByteView key, const CacheStore::Found& found) {
    ReadOutput output(1);
    if (found.entry) {
        (void)output[0].append(key, found.entry->value.data(), found.entry->value.encoding(),
                               found.entry->versionstamp, found.expire_at_ms);
    }
    return output;
}

void keep_output(CacheStore& store, ByteView key, const Result<ReadOutput>& output,
                 std::uint64_t ticket) {
    if (!output || output->size() != 1) {
        return;
    }
    if (output->front().empty()) {
        store.keep(key, std::nullopt, never_expires, ticket);
        return;
    }
    const EntryView view = output->front()[0];
    store.keep(key, Entry{Value(Bytes::copy(view.data), view.encoding), view.versionstamp},
               view.expire_at_ms, ticket);
}

BuiltInLayer cache_layer() {
    static const SettingsDescription<CacheOptions> settings =
        SettingsDescription<CacheOptions>("cache", "Answers point reads from memory.")
            .field("ttl", &CacheOptions::ttl, "An entry is asked for again after this.")
            .range(std::chrono::milliseconds(0), std::chrono::milliseconds(24 * 3'600'000))
            .field("max_bytes", &CacheOptions::max_bytes,
                   "Bytes of keys and values; what was used longest ago goes first.")
            .field("negative", &CacheOptions::negative, "Also keep that a key is absent.");
    return built_in_layer<AnyBackend>(
        settings, [](AnyBackend inner, CacheOptions options, const LayerPlace& place) {
            return AnyBackend(CacheLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
