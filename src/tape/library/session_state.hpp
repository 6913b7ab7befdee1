#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tape/library/session_record.hpp"
#include "turntable/tape/session_store.hpp"

/// \file
/// The inside of a SessionStore: its keys, its clock, and parts of its transactions.
namespace turntable::inline v0::tape {

namespace detail {

Error no_session(std::string_view id);
Error session_ended(const Session& session);
Result<void> check_session_id(std::string_view id);
/// How many frames of it are still there.
inline std::uint64_t kept_frames(const Session& session) {
    return session.frames + 1 - session.first_frame;
}

/// What begin() has to do before it can go on.
enum class Begin : std::uint8_t { done, remove_old, make_room };

}  // namespace detail

struct SessionStore::State {
    using StoredSession = detail::StoredSession;
    using Begin = detail::Begin;
    kv::Database database;
    SessionStoreOptions options;

    WallTime now() const { return database.runtime().clock().wall_now(); }

    // Keys.
    kv::Key session_key(std::string_view id) const { return options.prefix / "session" / id; }
    kv::Key frame_key(const StoredSession& stored, std::uint64_t number) const {
        return options.prefix / "frame" / stored.frames_key / number;
    }
    kv::Key order_prefix(bool ended) const {
        return options.prefix / "order" / (ended ? "ended" : "live");
    }
    kv::Key order_key(const Session& session) const {
        return order_prefix(is_end(session.state)) / session.changed.time_since_epoch().count() /
               session.id;
    }
    kv::Key count_key(std::string_view name) const { return options.prefix / "count" / name; }
    kv::Key trash_key(std::string_view frames_key) const {
        return options.prefix / "trash" / frames_key;
    }

    // What time does to a session.
    Session aged(Session session) const {
        const bool idle = options.idle_timeout.count() > 0 && !is_end(session.state) &&
                          session.changed + options.idle_timeout <= now();
        if (idle) {
            session.state = SessionState::expired;
            session.reason = "nothing was heard of it";
            session.changed += options.idle_timeout;
        }
        return session;
    }
    bool is_gone(const Session& session) const {
        const Session now_it_is = aged(session);
        return is_end(now_it_is.state) && options.keep_ended.count() > 0 &&
               now_it_is.changed + options.keep_ended <= now();
    }

    // Parts of transactions.
    Result<std::optional<StoredSession>> find(kv::Transaction& transaction,
                                              std::string_view id) const;
    Result<StoredSession> find_live(kv::Transaction& transaction, std::string_view id) const;
    /// Adds a difference to a count; a sum has no lower bound, so that it may be negative.
    void count(kv::Transaction& transaction, std::string_view name, std::uint64_t before,
               std::uint64_t after) const;
    /// Writes a session over the one before, with its place in the order and in the counts.
    void put(kv::Transaction& transaction, const Session* before, const StoredSession& after) const;
    Result<std::uint64_t> counted(kv::Transaction& transaction, std::string_view name) const;

    // Transactions.
    Result<Begin> try_begin(const Session& session, const CallOptions& call) const;
    Result<void> make_room(const CallOptions& call) const;
    Result<bool> drop(std::string_view id, bool evicted,
                      const std::optional<WallTime>& if_unchanged, const CallOptions& call) const;
    Result<void> empty_trash(std::string_view frames_key, const CallOptions& call) const;
    Result<bool> expire(std::string_view id, const CallOptions& call) const;
    Result<std::vector<std::pair<std::string, WallTime>>> oldest(bool ended, std::uint32_t limit,
                                                                 const CallOptions& call) const;
    Result<void> let_frames_go(kv::Transaction& transaction, StoredSession& stored) const;
};

}  // namespace turntable::inline v0::tape
