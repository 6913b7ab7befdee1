#pragma once

#include <string>
#include <string_view>

#include "turntable/tape/session_store.hpp"

/// \file
/// A session as the value of an entry.
namespace turntable::inline v0::tape::detail {

/// A session, and where its frames are: below a name that no other session ever had, so that what
/// is left of one that was removed is never taken for frames of another.
struct StoredSession {
    Session session;
    std::string frames_key;
};

std::string to_record(const StoredSession& stored);
/// `corrupt` for what is no such record.
Result<StoredSession> session_from_record(std::string_view text);

/// The session with a change; `invalid_argument` and `limit_exceeded` as SessionStore::update.
Result<Session> changed_session(Session session, const SessionChange& change);

}  // namespace turntable::inline v0::tape::detail
