#include "backends/http/watch_state.hpp"

#include <utility>

namespace turntable::inline v0::kv::http {

WatchState::WatchState(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
        known_.push_back({.key = Bytes::copy(key)});
    }
}

bool WatchState::is_doubtful(const connect::WatchReply& reply) const noexcept {
    if (!began_ || !is_first_) {
        return false;
    }
    for (std::size_t i = 0; i < known_.size(); ++i) {
        if (known_[i].is_there && reply.keys[i].changed && !reply.keys[i].entry) {
            return true;
        }
    }
    return false;
}

bool WatchState::is_older(const connect::WatchReply& reply) const noexcept {
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto& entry = reply.keys[i].entry;
        if (!reply.keys[i].changed || !entry) {
            continue;
        }
        const Known& known = known_[i];
        // An entry that was told to be gone does not come back as it was.
        if (known.is_there ? entry->versionstamp < known.newest
                           : entry->versionstamp <= known.newest) {
            return true;
        }
    }
    return false;
}

std::optional<WatchOutput> WatchState::news(connect::WatchReply reply) {
    if (began_ && is_older(reply)) {
        return std::nullopt;
    }
    WatchOutput told;
    for (std::size_t i = 0; i < known_.size(); ++i) {
        Known& known = known_[i];
        auto& row = reply.keys[i];
        const bool is_there = row.changed && row.entry.has_value();
        const bool same = is_there ? known.is_there && known.newest == row.entry->versionstamp
                                   : !row.changed || !known.is_there;
        if (began_ && same) {
            continue;
        }
        if (is_there) {
            known.newest = row.entry->versionstamp;
        }
        known.is_there = is_there;
        told.push_back({static_cast<std::uint32_t>(i), known.key, std::move(row.entry)});
    }
    is_first_ = false;
    if (!std::exchange(began_, true)) {
        return told;
    }
    return told.empty() ? std::nullopt : std::optional(std::move(told));
}

connect::WatchReply watch_reply_of(const ReadOutput& output) {
    connect::WatchReply reply;
    for (const EntryBatch& batch : output) {
        auto& row = reply.keys.emplace_back();
        row.changed = true;
        if (!batch.empty()) {
            const EntryView entry = batch[0];
            row.entry = Entry{Value(Bytes::copy(entry.data), entry.encoding), entry.versionstamp};
        }
    }
    return reply;
}

}  // namespace turntable::inline v0::kv::http
