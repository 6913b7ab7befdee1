#include "backends/memory/kv/memory_engine.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace turntable::inline v0::kv::memory {

std::optional<Record> Database::get(std::string_view key, std::uint64_t seen) const {
    const std::shared_lock guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    const Version* version = found->second.visible_at(seen);
    return version == nullptr ? std::nullopt : std::optional(version->record);
}

std::optional<Record> Database::get_newest(std::string_view key) const {
    const std::shared_lock guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.removed) {
        return std::nullopt;
    }
    return found->second.record;
}

/// Lets go of the lock from time to time, so that a long scan does not keep a commit waiting.
void Database::scan(std::string_view start, std::string_view end, bool reverse, std::uint64_t seen,
                    RecordVisitor visit) const {
    if (start >= end) {
        return;
    }
    std::string resume;
    bool resumed = false;
    while (true) {
        const std::shared_lock guard(mutex_);
        auto first = !reverse && resumed ? entries_.upper_bound(std::string_view(resume))
                                         : entries_.lower_bound(start);
        auto last = entries_.lower_bound(reverse && resumed ? std::string_view(resume) : end);
        std::size_t rows = 0;
        while (first != last && rows < rows_per_lock) {
            const auto at = reverse ? std::prev(last) : first;
            const Version* version = at->second.visible_at(seen);
            if (version != nullptr && !visit(at->first.view(), version->record)) {
                return;
            }
            ++rows;
            if (reverse) {
                last = at;
            } else {
                ++first;
            }
            if (rows == rows_per_lock) {
                resume = at->first.view();
                resumed = true;
            }
        }
        if (rows < rows_per_lock) {
            return;
        }
    }
}

Database::State Database::pin() {
    // Under the lock: no commit can drop what this reader is about to see.
    const std::shared_lock guard(mutex_);
    const std::scoped_lock pins_guard(pins_mutex_);
    pins_.push_back(newest_commit_);
    return {newest_commit_, last_version_};
}

void Database::unpin(std::uint64_t seen) {
    {
        const std::scoped_lock guard(pins_mutex_);
        std::swap(*std::ranges::find(pins_, seen), pins_.back());
        pins_.pop_back();
    }
    if (has_outdated_.load(std::memory_order_relaxed)) {
        const std::unique_lock guard(mutex_, std::try_to_lock);
        if (guard) {  // else the commit that holds it does this
            prune(oldest_pin());
        }
    }
}

/// Without a reader nobody can see what the newest commit replaced.
std::uint64_t Database::oldest_pin() {
    const std::scoped_lock guard(pins_mutex_);
    return pins_.empty() ? newest_commit_ : *std::ranges::min_element(pins_);
}

void Database::apply(Changes& changes, std::uint64_t last_version) {
    const std::unique_lock guard(mutex_);
    last_version_ = last_version;
    ++newest_commit_;
    const std::uint64_t oldest = oldest_pin();
    for (auto& [key, record] : changes) {
        apply_one(key, std::move(record), oldest);
    }
    prune(oldest);
}

void Database::apply_one(std::string_view key, std::optional<Record> record,
                         std::uint64_t oldest_pin) {
    const auto found = entries_.lower_bound(key);
    const bool there = found != entries_.end() && found->first.view() == key;
    if (!there) {
        if (record) {
            entries_.emplace_hint(found, std::piecewise_construct, std::forward_as_tuple(key),
                                  std::forward_as_tuple(*std::move(record), newest_commit_));
        }
        return;
    }
    Version& newest = found->second;
    const bool keeps_old = oldest_pin < newest_commit_;
    if (!record && !keeps_old && newest.older == nullptr) {
        entries_.erase(found);
        return;
    }
    if (keeps_old) {
        newest.older =
            std::make_unique<Version>(std::exchange(newest, Version(Record(), newest_commit_)));
    }
    newest.removed = !record;
    newest.record = record ? *std::move(record) : Record();
    newest.commit = newest_commit_;
    if (newest.older != nullptr) {
        outdated_.push_back({newest_commit_, found});
        has_outdated_.store(true, std::memory_order_relaxed);
    }
}

/// What a commit made outdated goes when no reader began before that commit.
void Database::prune(std::uint64_t oldest_pin) {
    while (!outdated_.empty() && outdated_.front().commit <= oldest_pin) {
        const auto [commit, entry] = outdated_.front();
        outdated_.pop_front();
        Version* newest_seen = &entry->second;
        while (newest_seen->commit > oldest_pin && newest_seen->older != nullptr) {
            newest_seen = newest_seen->older.get();
        }
        newest_seen->older.reset();
        // A later mark of the same entry would have made its newest version newer than this.
        if (entry->second.removed && entry->second.commit == commit) {
            entries_.erase(entry);
        }
    }
    has_outdated_.store(!outdated_.empty(), std::memory_order_relaxed);
}

std::size_t Database::kept_versions() const {
    const std::shared_lock guard(mutex_);
    std::size_t count = 0;
    for (const auto& [key, newest] : entries_) {
        count += newest.removed ? 1 : 0;
        for (const Version* older = newest.older.get(); older; older = older->older.get()) {
            ++count;
        }
    }
    return count;
}

void Database::attach(MemoryEngine* engine) {
    const std::scoped_lock guard(engines_mutex_);
    engines_.insert(engine);
}

void Database::detach(MemoryEngine* engine) {
    const std::scoped_lock guard(engines_mutex_);
    engines_.erase(engine);
}

void Database::tell_others(const MemoryEngine* except) {
    const std::scoped_lock guard(engines_mutex_);
    for (MemoryEngine* engine : engines_) {
        if (engine != except && engine->others_committed_) {
            engine->others_committed_();
        }
    }
}

Result<std::optional<Record>> WriteTransaction::get(ByteView key) {
    if (const auto changed = changes_.find(key.text()); changed != changes_.end()) {
        return changed->second;
    }
    return database_->get_newest(key.text());
}

/// The changes hide what the database has under the same keys.
Result<void> WriteTransaction::scan(ByteView start, ByteView end, bool reverse,
                                    RecordVisitor visit) {
    if (start >= end) {
        return {};
    }
    auto first = changes_.lower_bound(start.text());
    auto last = changes_.lower_bound(end.text());
    bool going_on = true;
    /// Visits changes that come before `key` in the direction of the scan, then whether the
    /// change of `key` itself hides it.
    const auto visit_changes_before = [&](const std::string_view* key) {
        while (first != last) {
            const auto at = reverse ? std::prev(last) : first;
            const bool same = key != nullptr && at->first == *key;
            const bool before =
                key == nullptr || same || (reverse ? at->first > *key : at->first < *key);
            if (!before) {
                return false;
            }
            if (reverse) {
                last = at;
            } else {
                ++first;
            }
            if (at->second) {
                going_on = visit(at->first, *at->second);
            }
            if (!going_on || same) {
                return true;
            }
        }
        return false;
    };
    const auto merge = [&](ByteView key, const Record& record) {
        const std::string_view text = key.text();
        const bool hidden = visit_changes_before(&text);
        if (going_on && !hidden) {
            going_on = visit(key, record);
        }
        return going_on;
    };
    database_->scan(start.text(), end.text(), reverse, database_->newest_commit(), merge);
    if (going_on) {
        (void)visit_changes_before(nullptr);
    }
    return {};
}

Result<void> WriteTransaction::put(ByteView key, const Record& record) {
    Record owned = record;
    owned.data = Bytes::copy(record.data);
    const auto at = changes_.lower_bound(key.text());
    if (at != changes_.end() && at->first == key.text()) {
        at->second = std::move(owned);
    } else {
        changes_.emplace_hint(at, key.to_string(), std::move(owned));
    }
    return {};
}

Result<void> WriteTransaction::remove(ByteView key) {
    changes_.insert_or_assign(key.to_string(), std::nullopt);
    return {};
}

Result<void> WriteTransaction::commit() {
    database_->apply(changes_, last_version_.value_or(database_->last_version()));
    lock_.unlock();
    database_->tell_others(engine_);
    return {};
}

MemoryEngine::MemoryEngine(std::shared_ptr<Database> database) : database_(std::move(database)) {
    database_->attach(this);
}

MemoryEngine::~MemoryEngine() { database_->detach(this); }

void MemoryEngine::when_others_commit(UniqueFunction<void()> callback) {
    const std::scoped_lock guard(database_->engines_mutex_);
    others_committed_ = std::move(callback);
}

}  // namespace turntable::inline v0::kv::memory
