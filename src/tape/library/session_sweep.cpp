// What time does to sessions, and what has to go to make room.
#include <utility>

#include "tape/library/session_state.hpp"

namespace turntable::inline v0::tape {

Result<void> SessionStore::State::make_room(const CallOptions& call) const {
    for (const bool ended : {true, false}) {
        TURNTABLE_TRY(const auto first, oldest(ended, 1, call));
        if (first.empty()) {
            continue;
        }
        const auto& [id, changed] = first.front();
        const bool idle =
            options.idle_timeout.count() > 0 && changed + options.idle_timeout <= now();
        if (!ended && !idle && !options.evict_live) {
            return Error(ErrorCode::limit_exceeded,
                         "there are as many sessions as there may be (max " +
                             std::to_string(options.sessions_max) + ") and none has ended");
        }
        TURNTABLE_CHECK(drop(id, true, changed, call));
        return {};
    }
    return {};
}

Result<std::vector<std::pair<std::string, WallTime>>> SessionStore::State::oldest(
    bool ended, std::uint32_t limit, const CallOptions& call) const {
    std::vector<std::pair<std::string, WallTime>> found;
    const std::size_t base = 1;
    auto list = database.list(kv::prefix(order_prefix(ended)), {.limit = limit});
    while (true) {
        TURNTABLE_TRY(const auto entry, list.next(call));
        if (!entry) {
            return found;
        }
        TURNTABLE_TRY(const auto parts, entry->key.parts());
        const std::string* id = parts.back().text();
        const kv::BigInteger* time =
            parts.size() > base ? parts[parts.size() - 2].integer() : nullptr;
        const auto ms = time == nullptr ? std::nullopt : time->to_int64();
        if (id == nullptr || !ms) {
            return Error(ErrorCode::corrupt, "an entry in the order of sessions is none");
        }
        found.emplace_back(*id, WallTime(std::chrono::milliseconds(*ms)));
    }
}

Result<bool> SessionStore::State::expire(std::string_view id, const CallOptions& call) const {
    return database.transact(
        [&](kv::Transaction& transaction) -> Result<bool> {
            TURNTABLE_TRY(auto stored, find(transaction, id));
            if (!stored) {
                return false;
            }
            const Session before = stored->session;
            stored->session = aged(before);
            if (stored->session.state == before.state) {
                return false;  // something was heard of it meanwhile
            }
            put(transaction, &before, *stored);
            return true;
        },
        {}, call);
}

Result<SweepReport> SessionStore::sweep(const CallOptions& call) const {
    const State& state = *state_;
    constexpr std::uint32_t batch = 100;
    SweepReport report;
    for (const bool ended : {false, true}) {
        const auto after = ended ? state.options.keep_ended : state.options.idle_timeout;
        bool more = after.count() > 0;
        while (more) {
            TURNTABLE_TRY(const auto found, state.oldest(ended, batch, call));
            more = false;
            for (const auto& [id, changed] : found) {
                if (changed + after > state.now()) {
                    break;
                }
                TURNTABLE_TRY(const bool done, ended ? state.drop(id, false, changed, call)
                                                     : state.expire(id, call));
                (ended ? report.removed : report.expired) += done ? 1 : 0;
                more = more || done;
            }
        }
    }
    // What a kill left between a removal and that of its frames.
    auto trash = state.database.list(kv::prefix(state.options.prefix / "trash"));
    while (true) {
        TURNTABLE_TRY(const auto entry, trash.next(call));
        if (!entry) {
            return report;
        }
        TURNTABLE_TRY(const auto parts, entry->key.parts());
        if (const std::string* frames_key = parts.back().text()) {
            TURNTABLE_CHECK(state.empty_trash(*frames_key, call));
        }
    }
}

}  // namespace turntable::inline v0::tape
