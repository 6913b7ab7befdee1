#include <algorithm>
#include <utility>

#include "kv/ordered/store_host.hpp"
#include "kv/ordered/watch_hub.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

/// More changed keys than this are not worth keeping apart: everything is read again.
constexpr std::size_t changed_keys_max = 1000;

}  // namespace

Watcher::Watcher(std::weak_ptr<StoreHost> host, std::span<const WatchTarget> targets)
    : host_(std::move(host)), seen_(targets.size()) {
    for (const WatchTarget& target : targets) {
        targets_.push_back({target.key.to_string(), std::nullopt});
        if (target.range_end) {
            targets_.back().range_end = target.range_end->to_string();
            has_range_ = true;
        }
    }
    work_.all = true;
}

Async<std::optional<WatchOutput>> Watcher::next(const Context& context) {
    const auto host = host_.lock();
    if (host == nullptr) {
        return std::optional<WatchOutput>();
    }
    auto [promise, async] =
        SharedPromise<std::optional<WatchOutput>>::make(host->runtime(), context);
    promise->on_stop([weak = weak_from_this(), promise](StopReason reason) {
        if (const auto watcher = weak.lock()) {
            watcher->forget(promise);
        }
        promise->complete(stopped_error(reason));
    });
    std::unique_lock lock(mutex_);
    if (pending_ != nullptr || ended_) {
        const bool ended = ended_;
        lock.unlock();
        promise->complete(ended ? Result<std::optional<WatchOutput>>(std::optional<WatchOutput>())
                                : Error(ErrorCode::invalid_argument,
                                        "a stream gives one answer at a time: await the last "
                                        "next() before the next one"));
        return std::move(async);
    }
    if (!promise->is_open()) {
        return std::move(async);  // it was stopped before it was waited for
    }
    pending_ = promise;
    const bool here =
        context.caller_waits || (host->options().reads == ReadMode::on_caller && !has_range_);
    if (!here || serving_ || work_.empty()) {
        wake(std::move(lock));
        return std::move(async);
    }
    serving_ = true;
    lock.unlock();
    if (const Pass pass(host->gate()); pass) {
        serve(*host);
    }  // else the store is closing and ends this watch
    return std::move(async);
}

void Watcher::forget(const Pending& pending) {
    const std::scoped_lock guard(mutex_);
    if (pending_ == pending) {
        pending_.reset();
    }
}

void Watcher::keys_changed(std::span<const ByteView> keys) {
    std::unique_lock lock(mutex_);
    // The state that is read may hold a later commit already, with other keys beside these. So
    // all keys are read together, and only ranges, which may be large, go by what was named.
    if (!has_range_ || work_.keys.size() + keys.size() > changed_keys_max) {
        work_.all = true;
    }
    if (work_.all) {
        work_.keys.clear();
    } else {
        for (const ByteView key : keys) {
            work_.keys.insert(key.to_string());
        }
    }
    wake(std::move(lock));
}

void Watcher::all_changed() {
    std::unique_lock lock(mutex_);
    work_.all = true;
    wake(std::move(lock));
}

void Watcher::time_passed(std::int64_t now_ms) {
    std::unique_lock lock(mutex_);
    if (!first_expiry_ms_) {
        return;
    }
    if (*first_expiry_ms_ > now_ms) {
        const std::int64_t time_ms = *first_expiry_ms_;
        lock.unlock();
        if (const auto host = host_.lock()) {
            host->hub().expires_at(time_ms);
        }
        return;
    }
    work_.expired = true;
    wake(std::move(lock));
}

void Watcher::end() {
    Pending pending;
    {
        const std::scoped_lock guard(mutex_);
        ended_ = true;
        pending.swap(pending_);
    }
    if (pending != nullptr) {
        pending->complete(std::optional<WatchOutput>());
    }
}

/// Has the work done if somebody waits for it and nobody does it yet.
void Watcher::wake(std::unique_lock<std::mutex> lock) {
    if (pending_ == nullptr || serving_ || ended_ || work_.empty()) {
        return;
    }
    serving_ = true;
    lock.unlock();
    if (const auto host = host_.lock()) {
        host->post([self = shared_from_this(), host] { self->serve(*host); });
    }
}

void Watcher::serve(StoreHost& host) {
    while (serve_once(host)) {
    }
}

/// True: nothing worth telling was found, look again for what came meanwhile.
bool Watcher::serve_once(StoreHost& host) {
    Work work;
    {
        // Asked first: the keys of all these commits are in what is taken then.
        const VersionSpan told = host.hub().told();
        const std::scoped_lock guard(mutex_);
        if (pending_ == nullptr || ended_ || work_.empty()) {
            serving_ = false;
            return false;
        }
        work = std::exchange(work_, {});
        work.told = told;
    }
    const std::int64_t now_ms = host.now_ms();
    if (work.expired) {
        add_expired(work, now_ms);
    }
    Result<Difference> difference = read(host, work, now_ms);
    Pending pending;
    std::optional<std::int64_t> first_expiry_ms;
    {
        const std::scoped_lock guard(mutex_);
        const bool worth_telling = !difference || first_ || !difference->output.empty();
        if (worth_telling && pending_ == nullptr) {
            // Whoever asked is gone: nothing was told, so all of it is still to be read.
            work_.all = work_.all || work.all;
            work_.keys.merge(work.keys);
            serving_ = false;
            return false;
        }
        if (difference) {
            remember(*difference);
            first_expiry_ms = first_expiry_ms_ = first_expiry();
        }
        if (worth_telling) {
            ended_ = ended_ || !difference || targets_.empty();
            first_ = false;
            serving_ = false;
            pending.swap(pending_);
        }
    }
    if (first_expiry_ms) {
        host.hub().expires_at(*first_expiry_ms);
    }
    if (pending == nullptr) {
        return true;
    }
    if (difference) {
        pending->complete(std::optional(std::move(difference->output)));
    } else {
        pending->complete(host.describe(std::move(difference).error(), "watch"));
    }
    return false;
}

void Watcher::add_expired(Work& work, std::int64_t now_ms) const {
    for (const SeenKeys& keys : seen_) {
        for (const auto& [key, seen] : keys) {
            if (seen.expire_at_ms >= 0 && seen.expire_at_ms <= now_ms) {
                work.keys.insert(key);
            }
        }
    }
}

Result<Watcher::Difference> Watcher::read(StoreHost& host, const Work& work,
                                          std::int64_t now_ms) const {
    Difference difference;
    TURNTABLE_TRY(const auto reader, host.engine().begin_read());
    TURNTABLE_TRY(difference.version, reader->last_version());
    // The keys alone would show a part of this state if it holds a commit whose keys are not
    // named yet, or one of another handle, which names none. Then everything is read.
    const bool is_named =
        difference.version <= known_version_ ||
        (work.told.after <= known_version_ && difference.version <= work.told.last);
    if (!work.all && is_named) {
        for (const std::string& key : work.keys) {
            TURNTABLE_CHECK(read_key(*reader, key, now_ms, difference));
        }
        return difference;
    }
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const auto target = static_cast<std::uint32_t>(i);
        if (targets_[i].range_end) {
            TURNTABLE_CHECK(read_range(*reader, target, now_ms, difference));
            continue;
        }
        TURNTABLE_TRY(const auto record, reader->get(targets_[i].key));
        const bool live = record && !record->expired(now_ms);
        tell(target, targets_[i].key, live ? &*record : nullptr, difference);
    }
    return difference;
}

Result<void> Watcher::read_key(StoreReader& reader, ByteView key, std::int64_t now_ms,
                               Difference& difference) const {
    TURNTABLE_TRY(const auto record, reader.get(key));
    const bool live = record && !record->expired(now_ms);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        if (targets_[i].covers(key)) {
            tell(static_cast<std::uint32_t>(i), key, live ? &*record : nullptr, difference);
        }
    }
    return {};
}

/// Goes through the range and through what was told of it side by side.
Result<void> Watcher::read_range(StoreReader& reader, std::uint32_t target, std::int64_t now_ms,
                                 Difference& difference) const {
    const SeenKeys& seen = seen_[target];
    auto told = seen.begin();
    const auto visit = [&](ByteView key, const Record& record) {
        for (; told != seen.end() && ByteView(told->first) < key; ++told) {
            tell(target, told->first, nullptr, difference);
        }
        const bool was_told = told != seen.end() && ByteView(told->first) == key;
        if (was_told) {
            ++told;
        }
        const bool live = !record.expired(now_ms);
        if (live || was_told) {
            tell(target, key, live ? &record : nullptr, difference);
        }
        return true;
    };
    TURNTABLE_CHECK(reader.scan(targets_[target].key, *targets_[target].range_end, false, visit));
    for (; told != seen.end(); ++told) {
        tell(target, told->first, nullptr, difference);
    }
    return {};
}

/// Adds the state of a key (null: absent) unless it is what was told last.
void Watcher::tell(std::uint32_t target, ByteView key, const Record* record,
                   Difference& difference) const {
    const auto told = seen_[target].find(key.text());
    const bool was_there = told != seen_[target].end();
    const bool is_news = record != nullptr ? !was_there || told->second.version != record->version
                                           : was_there || (first_ && !targets_[target].range_end);
    if (!is_news) {
        return;
    }
    WatchChange change{target, Bytes::copy(key), std::nullopt};
    std::optional<Seen> seen;
    if (record != nullptr) {
        change.entry = Entry{Value(Bytes::copy(record->data), record->encoding),
                             Versionstamp::from_version(record->version)};
        seen = Seen{record->version, record->expire_at_ms};
    }
    difference.output.push_back(std::move(change));
    difference.seen.push_back(seen);
}

void Watcher::remember(const Difference& difference) {
    for (std::size_t i = 0; i < difference.output.size(); ++i) {
        const WatchChange& change = difference.output[i];
        SeenKeys& keys = seen_[change.target];
        if (difference.seen[i]) {
            keys.insert_or_assign(change.key.to_string(), *difference.seen[i]);
        } else if (const auto gone = keys.find(change.key.text()); gone != keys.end()) {
            keys.erase(gone);
        }
    }
    known_version_ = std::max(known_version_, difference.version);
}

std::optional<std::int64_t> Watcher::first_expiry() const {
    std::optional<std::int64_t> first;
    for (const SeenKeys& keys : seen_) {
        for (const auto& [key, seen] : keys) {
            if (seen.expire_at_ms >= 0) {
                first = std::min(first.value_or(seen.expire_at_ms), seen.expire_at_ms);
            }
        }
    }
    return first;
}

}  // namespace turntable::inline v0::kv::detail
