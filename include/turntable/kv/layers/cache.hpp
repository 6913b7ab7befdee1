#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/runtime.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable::inline v0::kv {

/// How much a CacheLayer keeps, and for how long.
///
/// Purpose: the settings of a CacheLayer. Ownership, threads: a value. Errors: none.
struct CacheOptions {
    /// An entry is asked for again after this.
    std::chrono::milliseconds ttl{1000};
    /// Bytes of keys and values, with some for each entry; what was used longest ago goes first.
    ByteSize max_bytes{std::uint64_t{64} << 20U};
    /// Also keeps that a key is absent.
    bool negative = true;
};

namespace detail {

/// The key of a range that holds one key only, else nothing.
TURNTABLE_EXPORT std::optional<ByteView> only_key_of(std::span<const ReadRange> ranges) noexcept;
/// What a cache layer knows, and what it must not believe while writes are on their way.
class TURNTABLE_EXPORT CacheStore {
  public:
    CacheStore(const CacheOptions& options, std::shared_ptr<Runtime> runtime);
    CacheStore(const CacheStore&) = delete;
    CacheStore& operator=(const CacheStore&) = delete;
    ~CacheStore();

    /// What is known of a key; on a miss `ticket` goes to keep() with what the backend says.
    struct Found {
        bool hit = false;
        std::optional<Entry> entry = {};
        std::int64_t expire_at_ms = never_expires;
        std::uint64_t ticket = 0;
    };
    Found find(ByteView key);
    void keep(ByteView key, const std::optional<Entry>& entry, std::int64_t expire_at_ms,
              std::uint64_t ticket);

    /// A write that is on its way.
    struct WriteInFlight {
        std::vector<std::string> suffixed;  // keys that get the versionstamp of the commit
        std::vector<std::string> checked;
        std::uint32_t shards = 0;
    };
    std::shared_ptr<WriteInFlight> begin_write(const AtomicWrite& write);
    void end_write(const WriteInFlight& write, const Result<CommitResult>& result);
    std::shared_ptr<WriteInFlight> begin_delete_range();
    void end_delete_range(const WriteInFlight& write, const Result<DeleteRangeOutput>& result);

    /// Forgets what a watch has told to be different.
    void changed(const WatchOutput& changes);
    /// Forgets everything and keeps nothing from now on.
    void close();
    const CacheOptions& options() const noexcept { return options_; }

  private:
    struct Shard;
    Shard& shard_of(ByteView key) noexcept;
    void begin(const WriteInFlight& write);
    void end(const WriteInFlight& write, const Error* error);

    CacheOptions options_;
    std::shared_ptr<Runtime> runtime_;
    std::unique_ptr<Shard[]> shards_;
};

/// The same stream, of which the cache hears before its reader does.
TURNTABLE_EXPORT Stream<WatchOutput> heard_by(std::shared_ptr<CacheStore> store,
                                              Stream<WatchOutput> stream);
TURNTABLE_EXPORT ReadOutput output_of(ByteView key, const CacheStore::Found& found);
/// Keeps what a read of one key gave.
TURNTABLE_EXPORT void keep_output(CacheStore& store, ByteView key, const Result<ReadOutput>& output,
                                  std::uint64_t ticket);

}  // namespace detail

/// Answers point reads from memory.
///
/// Purpose: get, and snapshot_read of one range that holds one key, for data that is read more
/// often than it changes. What this layer's own callers write is seen at once, and an entry is gone
/// when it expires, where the backend tells when that is (capability expiry_times). What other
/// handles write is seen after `ttl` at the latest: the capability stale_reads_within says so; a
/// check that fails tells at once, and so does a watch: a read never gives something older than
/// what a watch of this layer has told. Keys that the queue may write (keys_if_undelivered) are not
/// kept. Reads of several keys, lists and snapshots pass, so that they are of one state.
/// Ownership: owns the inner backend; shares the runtime and the values that it gives out.
/// Threads: as the inner backend. Errors: those of the inner backend; errors are not kept.
template <Backend Inner>
class CacheLayer : public Layer<Inner> {
  public:
    explicit CacheLayer(Inner inner, const CacheOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : Layer<Inner>(std::move(inner)),
          store_(std::make_shared<detail::CacheStore>(options, std::move(runtime))) {}

    Capabilities capabilities() const {
        Capabilities out = this->inner().capabilities();
        out.stale_reads_within += store_->options().ttl;
        return out;
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        detail::CacheStore::Found found = store_->find(key);
        if (found.hit) {
            return std::move(found.entry);
        }
        // As a range, since that tells when the entry expires.
        const std::string end = key.to_string() + '\0';
        const ReadRange range{key, end};
        return detail::single_entry(read_and_keep(context, {&range, 1}, {}, key, found.ticket));
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        const bool strong = options.consistency == Consistency::strong;  // else it may be old
        if (const auto key = detail::only_key_of(ranges); key && strong) {
            const detail::CacheStore::Found found = store_->find(*key);
            return found.hit ? Async<ReadOutput>(detail::output_of(*key, found))
                             : read_and_keep(context, ranges, options, *key, found.ticket);
        }
        return this->inner().snapshot_read(context, ranges, options);
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        auto in_flight = store_->begin_write(write);
        return tap(this->inner().atomic_write(context, write),
                   [store = store_, in_flight](Result<CommitResult>& result) {
                       store->end_write(*in_flight, result);
                   });
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        TURNTABLE_TRY(Stream<WatchOutput> stream, this->inner().watch(context, targets));
        return detail::heard_by(store_, std::move(stream));
    }
    Async<void> close(const Context& context) {
        store_->close();
        return this->inner().close(context);
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        auto in_flight = store_->begin_delete_range();
        return tap(backend_delete_range(this->inner(), context, start, end),
                   [store = store_, in_flight](Result<DeleteRangeOutput>& result) {
                       store->end_delete_range(*in_flight, result);
                   });
    }

  private:
    Async<ReadOutput> read_and_keep(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options, ByteView key,
                                    std::uint64_t ticket) {
        auto answer = this->inner().snapshot_read(context, ranges, options);
        if (answer.is_ready()) {
            detail::keep_output(*store_, key, answer.peek(), ticket);
            return answer;
        }
        return tap(std::move(answer),
                   [store = store_, name = key.to_string(), ticket](Result<ReadOutput>& output) {
                       detail::keep_output(*store, name, output, ticket);
                   });
    }

    std::shared_ptr<detail::CacheStore> store_;
};

}  // namespace turntable::inline v0::kv
