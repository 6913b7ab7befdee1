#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/call_options.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// Sessions that go on right now: who talks, in which state, and the last frames.
/// Purpose: a proxy keeps its live sessions in memory or in any kv database, where others see them;
/// what is to stay becomes a tape. Ownership: see SessionStore. Threads: values, but for
/// SessionStore. Errors: see SessionStore.
namespace turntable::inline v0::tape {

/// What has become of a session. The last three are ends: nothing follows them.
enum class SessionState : std::uint8_t {
    starting,  ///< connected; what is spoken is not agreed yet
    active,
    closing,  ///< one side said that it ends
    closed,
    failed,
    expired,  ///< nothing was heard of it for idle_timeout
};
TURNTABLE_EXPORT std::string_view to_string(SessionState state) noexcept;
TURNTABLE_EXPORT std::optional<SessionState> parse_session_state(std::string_view text) noexcept;
/// Whether a session in this state has ended.
constexpr bool is_end(SessionState state) noexcept { return state >= SessionState::closed; }
/// Whether a session may go from one state to another: forward, to an end from anywhere, never out
/// of an end.
constexpr bool may_follow(SessionState from, SessionState to) noexcept {
    return !is_end(from) && to > from && to != SessionState::expired;
}

/// One session.
///
/// Purpose: the answer of a SessionStore. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct Session {
    std::string id = {};
    SessionState state = SessionState::starting;
    /// Why it is in this state, if somebody said so.
    std::string reason = {};
    std::string transport = {};
    std::string protocol_version = {};
    Party client = {};
    Party server = {};
    std::map<std::string, std::string> attributes = {};
    WallTime created = {};
    /// The last change or frame.
    WallTime changed = {};
    /// Frames that it ever had; `first_frame` is the first that is still kept.
    std::uint64_t frames = 0;
    std::uint64_t first_frame = 1;
    /// Bytes of the frames that are kept.
    std::uint64_t bytes = 0;
    friend bool operator==(const Session&, const Session&) = default;
};

/// A change of a session; what is not set stays.
///
/// Purpose: the argument of SessionStore::update. Ownership: owns its texts. Threads: a value.
/// Errors: told by update().
struct SessionChange {
    std::optional<SessionState> state = {};
    std::optional<std::string> reason = {};
    std::optional<std::string> transport = {};
    std::optional<std::string> protocol_version = {};
    std::optional<Party> client = {};
    std::optional<Party> server = {};
    std::map<std::string, std::string> set_attributes = {};
};

/// How sessions are kept.
///
/// Purpose: the argument of SessionStore::create. Ownership: owns its key. Threads: a value.
/// Errors: told by create().
struct SessionStoreOptions {
    /// All entries lie below it.
    kv::Key prefix = {"turntable", "sessions"};
    /// After so long without a frame or change a session has expired; 0: never.
    std::chrono::milliseconds idle_timeout = std::chrono::minutes(30);
    /// How long a session that ended can still be asked for; 0: until there is no room.
    std::chrono::milliseconds keep_ended = std::chrono::hours(1);
    /// Sessions at once. For one more the one that ended first goes; if none has ended, and
    /// `evict_live`, the one that was silent longest; else begin() is `limit_exceeded`.
    std::uint64_t sessions_max = 1000;
    bool evict_live = false;
    /// The last frames of each session; older ones go. At most 10,000 frames.
    std::uint64_t frames_max = 1000;
    std::uint64_t session_bytes_max = std::uint64_t{8} << 20U;
    /// Longer frames are cut, and say so.
    std::uint64_t frame_bytes_max = std::uint64_t{32} << 10U;
};

/// Which sessions list() gives.
struct SessionFilter {
    std::optional<SessionState> state = {};
    /// Goes on behind this id.
    std::string after = {};
    std::uint32_t limit = 100;
};

/// What a store holds, and what had to go.
struct SessionCounts {
    std::uint64_t live = 0;
    std::uint64_t ended = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    /// Sessions that went before their time, for want of room.
    std::uint64_t evicted_sessions = 0;
    std::uint64_t evicted_frames = 0;
    friend bool operator==(const SessionCounts&, const SessionCounts&) = default;
};

/// What sweep() did.
struct SweepReport {
    std::uint64_t expired = 0;
    std::uint64_t removed = 0;
};

/// Live sessions in a kv database.
///
/// Purpose: `SessionStore sessions = SessionStore::create(database).value(); auto session =
/// sessions.begin({}); sessions.append(session->id, frame);`. Each call is one transaction: any
/// number of stores, also in several processes, may share a database and a prefix, if their options
/// are the same. What has expired counts as such from that instant, swept or not.
/// Ownership: shares the database. Threads: all functions may be called from any thread.
/// Errors: `not_found`; `already_exists`; `closed` for a session that has ended; `invalid_argument`
/// for an id that is empty or longer than 256 bytes, a text that is not UTF-8, and a state that may
/// not follow; `limit_exceeded` for a session beyond sessions_max or with more than 32 KiB of
/// texts; `conflict` when other writers were always faster; those of the database.
class [[nodiscard]] TURNTABLE_EXPORT SessionStore {
  public:
    /// Touches nothing. `invalid_argument` for a limit of zero, a negative time, an empty prefix.
    static Result<SessionStore> create(kv::Database database, SessionStoreOptions options = {});

    /// Begins a session with what is known of it. Without an id it gets a new one.
    Result<Session> begin(std::string id = {}, const SessionChange& known = {},
                          const CallOptions& call = {}) const;
    Result<Session> get(std::string_view id, const CallOptions& call = {}) const;
    Result<Session> update(std::string_view id, const SessionChange& change,
                           const CallOptions& call = {}) const;
    /// Ends a session; the same as a change of its state and reason.
    Result<Session> end(std::string_view id, SessionState state = SessionState::closed,
                        std::string reason = {}, const CallOptions& call = {}) const;
    /// Keeps a frame and gives its number. A frame without a time gets the present one, since the
    /// session began.
    Result<std::uint64_t> append(std::string_view id, Frame frame,
                                 const CallOptions& call = {}) const;
    /// The frames that are kept, from number `from` on.
    Result<std::vector<Frame>> frames(std::string_view id, std::uint64_t from = 1,
                                      std::uint32_t limit = 1000,
                                      const CallOptions& call = {}) const;
    /// In the order of their ids.
    Result<std::vector<Session>> list(const SessionFilter& filter = {},
                                      const CallOptions& call = {}) const;
    /// Removes a session with its frames, ended or not.
    Result<void> remove(std::string_view id, const CallOptions& call = {}) const;
    /// Ends what has expired, and removes what ended longer than keep_ended ago.
    Result<SweepReport> sweep(const CallOptions& call = {}) const;
    Result<SessionCounts> counts(const CallOptions& call = {}) const;

    const SessionStoreOptions& options() const noexcept;

  private:
    struct State;
    explicit SessionStore(std::shared_ptr<const State> state) noexcept;
    std::shared_ptr<const State> state_;
};

}  // namespace turntable::inline v0::tape
