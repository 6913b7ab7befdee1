#include "tape/library/session_state.hpp"

#include <utility>

#include "tape/json_scan.hpp"

namespace turntable::inline v0::tape {

using detail::StoredSession;

namespace detail {

Error no_session(std::string_view id) {
    return Error(ErrorCode::not_found, "there is no such session").with("session", std::string(id));
}

Error session_ended(const Session& session) {
    return Error(ErrorCode::closed, "the session has ended")
        .with("session", session.id)
        .with("state", std::string(to_string(session.state)));
}

Result<void> check_session_id(std::string_view id) {
    constexpr std::size_t session_id_max = 256;
    if (id.empty() || id.size() > session_id_max || !is_utf8(id)) {
        return Error(ErrorCode::invalid_argument,
                     "the id of a session is a text of 1 to 256 bytes");
    }
    return {};
}

}  // namespace detail

Result<std::optional<StoredSession>> SessionStore::State::find(kv::Transaction& transaction,
                                                               std::string_view id) const {
    TURNTABLE_TRY(const auto entry, transaction.get(session_key(id)));
    if (!entry) {
        return std::optional<StoredSession>();
    }
    TURNTABLE_TRY(const Bytes text, entry->value.as_bytes());
    TURNTABLE_TRY(StoredSession stored, detail::session_from_record(text.text()));
    return std::optional(std::move(stored));
}

Result<StoredSession> SessionStore::State::find_live(kv::Transaction& transaction,
                                                     std::string_view id) const {
    TURNTABLE_TRY(auto stored, find(transaction, id));
    if (!stored || is_gone(stored->session)) {
        return detail::no_session(id);
    }
    const Session session = aged(stored->session);
    if (is_end(session.state)) {
        return detail::session_ended(session);
    }
    return *std::move(stored);
}

void SessionStore::State::count(kv::Transaction& transaction, std::string_view name,
                                std::uint64_t before, std::uint64_t after) const {
    if (before != after) {
        transaction.sum(count_key(name), after - before);
    }
}

void SessionStore::State::put(kv::Transaction& transaction, const Session* before,
                              const StoredSession& after) const {
    const Session& session = after.session;
    const bool ended = is_end(session.state);
    if (before != nullptr && order_key(*before) != order_key(session)) {
        transaction.remove(order_key(*before));
    }
    const auto was = [before](bool at_end) -> std::uint64_t {
        return before != nullptr && is_end(before->state) == at_end ? 1 : 0;
    };
    count(transaction, "live", was(false), ended ? 0 : 1);
    count(transaction, "ended", was(true), ended ? 1 : 0);
    count(transaction, "frames", before == nullptr ? 0 : detail::kept_frames(*before),
          detail::kept_frames(session));
    count(transaction, "bytes", before == nullptr ? 0 : before->bytes, session.bytes);
    transaction.set(order_key(session), "");
    transaction.set(session_key(session.id), detail::to_record(after));
}

Result<std::uint64_t> SessionStore::State::counted(kv::Transaction& transaction,
                                                   std::string_view name) const {
    TURNTABLE_TRY(const auto entry, transaction.get(count_key(name)));
    return entry ? entry->value.as_u64() : Result<std::uint64_t>(std::uint64_t{0});
}

Result<bool> SessionStore::State::drop(std::string_view id, bool evicted,
                                       const std::optional<WallTime>& if_unchanged,
                                       const CallOptions& call) const {
    std::string frames_key;
    TURNTABLE_TRY(
        const bool removed,
        database.transact(
            [&](kv::Transaction& transaction) -> Result<bool> {
                TURNTABLE_TRY(const auto stored, find(transaction, id));
                if (!stored || (if_unchanged && stored->session.changed != *if_unchanged)) {
                    return false;
                }
                const Session& session = stored->session;
                frames_key = stored->frames_key;
                transaction.remove(session_key(id));
                transaction.remove(order_key(session));
                count(transaction, is_end(session.state) ? "ended" : "live", 1, 0);
                count(transaction, "frames", detail::kept_frames(session), 0);
                count(transaction, "bytes", session.bytes, 0);
                count(transaction, "evicted_sessions", 0, evicted ? 1 : 0);
                transaction.set(trash_key(frames_key), "");
                return true;
            },
            {}, call));
    if (removed) {
        TURNTABLE_CHECK(empty_trash(frames_key, call));
    }
    return removed;
}

Result<void> SessionStore::State::empty_trash(std::string_view frames_key,
                                              const CallOptions& call) const {
    TURNTABLE_CHECK(database.remove_range(kv::prefix(options.prefix / "frame" / frames_key), call));
    TURNTABLE_CHECK(database.remove(trash_key(frames_key), call));
    return {};
}

}  // namespace turntable::inline v0::tape
