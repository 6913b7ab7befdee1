#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kv/ordered/wake_timer.hpp"
#include "kv/ordered/writer.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/detail/store_engine.hpp"

namespace turntable::inline v0::kv::detail {

class StoreHost;

/// One watch. Commits mark keys as changed; whoever serves it reads their state and tells what
/// differs from what was told before.
class Watcher : public std::enable_shared_from_this<Watcher> {
  public:
    Watcher(std::weak_ptr<StoreHost> host, std::span<const WatchTarget> targets);

    Async<std::optional<WatchOutput>> next(const Context& context);
    /// All keys of one commit that are watched here, at once: they are to be told in one step.
    void keys_changed(std::span<const ByteView> keys);
    void all_changed();
    /// Told entries that expire by `now_ms` have changed.
    void time_passed(std::int64_t now_ms);
    /// The stream ends; a pending next() gets the end.
    void end();

    struct Target {
        std::string key;
        std::optional<std::string> range_end;
        bool covers(ByteView candidate) const {
            return range_end ? candidate >= ByteView(key) && candidate < ByteView(*range_end)
                             : candidate == ByteView(key);
        }
    };
    const std::vector<Target>& targets() const noexcept { return targets_; }

  private:
    using Pending = std::shared_ptr<SharedPromise<std::optional<WatchOutput>>>;
    /// What was told of a key that is there.
    struct Seen {
        std::uint64_t version = 0;
        std::int64_t expire_at_ms = never_expires;
    };
    using SeenKeys = std::map<std::string, Seen, std::less<>>;
    /// What is to be read.
    struct Work {
        bool all = false;
        /// Told entries that have expired.
        bool expired = false;
        std::set<std::string, std::less<>> keys;
        /// The keys of all commits in here have been named.
        VersionSpan told;
        bool empty() const noexcept { return !all && !expired && keys.empty(); }
    };
    /// What has changed, and for each change what will have been told.
    struct Difference {
        WatchOutput output;
        std::vector<std::optional<Seen>> seen;
        /// Of the state that was read.
        std::uint64_t version = 0;
    };

    void wake(std::unique_lock<std::mutex> lock);
    void forget(const Pending& pending);
    void serve(StoreHost& host);
    bool serve_once(StoreHost& host);
    void add_expired(Work& work, std::int64_t now_ms) const;
    Result<Difference> read(StoreHost& host, const Work& work, std::int64_t now_ms) const;
    Result<void> read_key(StoreReader& reader, ByteView key, std::int64_t now_ms,
                          Difference& difference) const;
    Result<void> read_range(StoreReader& reader, std::uint32_t target, std::int64_t now_ms,
                            Difference& difference) const;
    void tell(std::uint32_t target, ByteView key, const Record* record,
              Difference& difference) const;
    void remember(const Difference& difference);
    std::optional<std::int64_t> first_expiry() const;

    const std::weak_ptr<StoreHost> host_;
    std::vector<Target> targets_;
    bool has_range_ = false;

    std::mutex mutex_;
    Pending pending_;
    Work work_;
    std::optional<std::int64_t> first_expiry_ms_;
    bool serving_ = false;
    bool ended_ = false;
    // Only of whoever serves.
    bool first_ = true;
    std::vector<SeenKeys> seen_;
    /// All that was committed up to it is told.
    std::uint64_t known_version_ = 0;
};

/// All watches of a store.
class WatchHub {
  public:
    explicit WatchHub(std::weak_ptr<StoreHost> host);

    Stream<WatchOutput> add(std::span<const WatchTarget> targets);
    void remove(const std::shared_ptr<Watcher>& watcher);
    bool is_watched() const noexcept { return count_.load(std::memory_order_seq_cst) != 0; }
    /// The keys of a commit of this store.
    void keys_changed(std::span<const ByteView> keys, const VersionSpan& versions);
    /// The last commits whose keys were told to all watchers, without a commit of others between.
    VersionSpan told() const;
    void all_changed();
    void expires_at(std::int64_t time_ms) { timer_.arm(time_ms); }
    void close();

  private:
    void time_passed();

    std::weak_ptr<StoreHost> host_;
    WakeTimer timer_;
    std::atomic<std::size_t> count_{0};
    mutable std::mutex mutex_;
    VersionSpan told_;
    bool closed_ = false;
    std::set<std::shared_ptr<Watcher>> watchers_;
    std::multimap<std::string, std::shared_ptr<Watcher>, std::less<>> by_key_;
    std::multimap<std::string, std::shared_ptr<Watcher>, std::less<>> by_range_start_;
};

}  // namespace turntable::inline v0::kv::detail
