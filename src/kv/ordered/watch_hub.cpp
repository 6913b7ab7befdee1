#include "kv/ordered/watch_hub.hpp"

#include <utility>

#include "kv/ordered/store_host.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

class WatchSource final : public StreamSource<WatchOutput> {
  public:
    WatchSource(std::weak_ptr<StoreHost> host, std::shared_ptr<Watcher> watcher)
        : host_(std::move(host)), watcher_(std::move(watcher)) {}
    ~WatchSource() override {
        if (const auto host = host_.lock()) {
            host->hub().remove(watcher_);
        }
        watcher_->end();
    }
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return watcher_->next(context);
    }

  private:
    std::weak_ptr<StoreHost> host_;
    std::shared_ptr<Watcher> watcher_;
};

template <class Map>
void erase_watcher(Map& map, const std::string& key, const std::shared_ptr<Watcher>& watcher) {
    auto [from, to] = map.equal_range(key);
    while (from != to) {
        from = from->second == watcher ? map.erase(from) : std::next(from);
    }
}

}  // namespace

WatchHub::WatchHub(std::weak_ptr<StoreHost> host)
    : host_(host), timer_(host.lock()->options().runtime, [host] {
          if (const auto alive = host.lock()) {
              alive->post([alive] { alive->hub().time_passed(); });
          }
      }) {}

Stream<WatchOutput> WatchHub::add(std::span<const WatchTarget> targets) {
    auto watcher = std::make_shared<Watcher>(host_, targets);
    bool closed = false;
    {
        const std::scoped_lock guard(mutex_);
        closed = closed_;
        if (!closed) {
            watchers_.insert(watcher);
            for (const Watcher::Target& target : watcher->targets()) {
                (target.range_end ? by_range_start_ : by_key_).emplace(target.key, watcher);
            }
            count_.fetch_add(1, std::memory_order_seq_cst);
        }
    }
    if (closed) {
        watcher->end();
    }
    return Stream<WatchOutput>(std::make_unique<WatchSource>(host_, std::move(watcher)));
}

void WatchHub::remove(const std::shared_ptr<Watcher>& watcher) {
    const std::scoped_lock guard(mutex_);
    if (watchers_.erase(watcher) == 0) {
        return;
    }
    count_.fetch_sub(1, std::memory_order_relaxed);
    for (const Watcher::Target& target : watcher->targets()) {
        erase_watcher(target.range_end ? by_range_start_ : by_key_, target.key, watcher);
    }
}

void WatchHub::keys_changed(std::span<const ByteView> keys, const VersionSpan& versions) {
    const std::scoped_lock guard(mutex_);
    std::map<Watcher*, std::vector<ByteView>> concerned;
    for (const ByteView key : keys) {
        const auto [from, to] = by_key_.equal_range(key.text());
        for (auto at = from; at != to; ++at) {
            concerned[at->second.get()].push_back(key);
        }
        // The ranges that start at or before the key.
        const auto after = by_range_start_.upper_bound(key.text());
        for (auto at = by_range_start_.begin(); at != after; ++at) {
            for (const Watcher::Target& target : at->second->targets()) {
                if (target.range_end && target.covers(key)) {
                    concerned[at->second.get()].push_back(key);
                    break;
                }
            }
        }
    }
    for (const auto& [watcher, changed] : concerned) {
        watcher->keys_changed(changed);
    }
    if (versions.last == 0) {
        return;
    }
    if (versions.after != told_.last) {
        told_.after = versions.after;
    }
    told_.last = versions.last;
}

VersionSpan WatchHub::told() const {
    const std::scoped_lock guard(mutex_);
    return told_;
}

void WatchHub::all_changed() {
    const std::scoped_lock guard(mutex_);
    for (const auto& watcher : watchers_) {
        watcher->all_changed();
    }
}

void WatchHub::time_passed() {
    const auto host = host_.lock();
    if (host == nullptr) {
        return;
    }
    const std::int64_t now_ms = host->now_ms();
    const std::scoped_lock guard(mutex_);
    for (const auto& watcher : watchers_) {
        watcher->time_passed(now_ms);
    }
}

void WatchHub::close() {
    std::set<std::shared_ptr<Watcher>> watchers;
    {
        const std::scoped_lock guard(mutex_);
        closed_ = true;
        watchers.swap(watchers_);
        by_key_.clear();
        by_range_start_.clear();
        count_.store(0, std::memory_order_relaxed);
    }
    timer_.stop();
    for (const auto& watcher : watchers) {
        watcher->end();
    }
}

}  // namespace turntable::inline v0::kv::detail
