#include "turntable/tape/session_store.hpp"

#include <algorithm>
#include <utility>

#include "tape/library/session_state.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

using detail::Begin;
using detail::check_session_id;
using detail::no_session;
using detail::StoredSession;

namespace {

constexpr std::uint64_t session_frames_max = 10'000;

}  // namespace

Result<SessionStore> SessionStore::create(kv::Database database, SessionStoreOptions options) {
    const bool right = options.idle_timeout.count() >= 0 && options.keep_ended.count() >= 0 &&
                       options.sessions_max > 0 && options.frames_max > 0 &&
                       options.frames_max <= session_frames_max && options.session_bytes_max > 0 &&
                       options.frame_bytes_max > 0 && !options.prefix.empty() &&
                       options.prefix.is_valid();
    if (!right) {
        return Error(ErrorCode::invalid_argument,
                     "a session store needs a prefix, times that are not negative, and limits of "
                     "at least one, of at most 10,000 frames");
    }
    return SessionStore(
        std::make_shared<const State>(State{std::move(database), std::move(options)}));
}
SessionStore::SessionStore(std::shared_ptr<const State> state) noexcept
    : state_(std::move(state)) {}
const SessionStoreOptions& SessionStore::options() const noexcept { return state_->options; }

Result<Begin> SessionStore::State::try_begin(const Session& session,
                                             const CallOptions& call) const {
    StoredSession stored{session, new_tape_id(database.runtime())};
    return database.transact(
        [&](kv::Transaction& transaction) -> Result<Begin> {
            TURNTABLE_TRY(const auto existing, find(transaction, session.id));
            if (existing && !is_gone(existing->session)) {
                return Error(ErrorCode::already_exists, "there is such a session")
                    .with("session", session.id);
            }
            if (existing) {
                return Begin::remove_old;
            }
            TURNTABLE_TRY(const std::uint64_t live, counted(transaction, "live"));
            TURNTABLE_TRY(const std::uint64_t ended, counted(transaction, "ended"));
            if (live + ended >= options.sessions_max) {
                return Begin::make_room;
            }
            put(transaction, nullptr, stored);
            return Begin::done;
        },
        {}, call);
}

Result<Session> SessionStore::begin(std::string id, const SessionChange& known,
                                    const CallOptions& call) const {
    Session session{.id = id.empty() ? new_tape_id(state_->database.runtime()) : std::move(id)};
    TURNTABLE_CHECK(check_session_id(session.id));
    TURNTABLE_TRY(session, detail::changed_session(std::move(session), known));
    session.created = session.changed = state_->now();
    // Others begin sessions too, and take the room that was made.
    constexpr int attempts = 20;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        TURNTABLE_TRY(const Begin what, state_->try_begin(session, call));
        if (what == Begin::done) {
            return session;
        }
        if (what == Begin::remove_old) {
            TURNTABLE_CHECK(state_->drop(session.id, false, {}, call));
        } else {
            TURNTABLE_CHECK(state_->make_room(call));
        }
    }
    return Error(ErrorCode::conflict, "other sessions took the room each time it was made");
}

Result<Session> SessionStore::get(std::string_view id, const CallOptions& call) const {
    TURNTABLE_CHECK(check_session_id(id));
    TURNTABLE_TRY(const auto entry, state_->database.get(state_->session_key(id), call));
    if (!entry) {
        return no_session(id);
    }
    TURNTABLE_TRY(const Bytes text, entry->value.as_bytes());
    TURNTABLE_TRY(const StoredSession stored, detail::session_from_record(text.text()));
    if (state_->is_gone(stored.session)) {
        return no_session(id);
    }
    return state_->aged(stored.session);
}

Result<Session> SessionStore::update(std::string_view id, const SessionChange& change,
                                     const CallOptions& call) const {
    TURNTABLE_CHECK(check_session_id(id));
    return state_->database.transact(
        [&](kv::Transaction& transaction) -> Result<Session> {
            TURNTABLE_TRY(StoredSession stored, state_->find_live(transaction, id));
            const Session before = stored.session;
            TURNTABLE_TRY(stored.session, detail::changed_session(before, change));
            stored.session.changed = std::max(before.changed, state_->now());
            state_->put(transaction, &before, stored);
            return stored.session;
        },
        {}, call);
}

Result<Session> SessionStore::end(std::string_view id, SessionState state, std::string reason,
                                  const CallOptions& call) const {
    if (!is_end(state)) {
        return Error(ErrorCode::invalid_argument, "a session ends as closed or failed");
    }
    return update(id, {.state = state, .reason = std::move(reason)}, call);
}

Result<std::vector<Session>> SessionStore::list(const SessionFilter& filter,
                                                const CallOptions& call) const {
    std::vector<Session> out;
    kv::Selector selector = kv::prefix(state_->options.prefix / "session");
    if (!filter.after.empty()) {
        selector = std::move(selector).from(state_->session_key(filter.after));
    }
    auto list = state_->database.list(selector);
    while (out.size() < filter.limit) {
        TURNTABLE_TRY(const auto entry, list.next(call));
        if (!entry) {
            break;
        }
        TURNTABLE_TRY(const Bytes text, entry->value.as_bytes());
        TURNTABLE_TRY(const StoredSession stored, detail::session_from_record(text.text()));
        if (state_->is_gone(stored.session) || stored.session.id == filter.after) {
            continue;
        }
        Session session = state_->aged(stored.session);
        if (!filter.state || session.state == *filter.state) {
            out.push_back(std::move(session));
        }
    }
    return out;
}

Result<void> SessionStore::remove(std::string_view id, const CallOptions& call) const {
    TURNTABLE_CHECK(check_session_id(id));
    TURNTABLE_TRY(const bool removed, state_->drop(id, false, {}, call));
    return removed ? Result<void>() : no_session(id);
}

Result<SessionCounts> SessionStore::counts(const CallOptions& call) const {
    SessionCounts out;
    const std::pair<const char*, std::uint64_t*> names[] = {
        {"live", &out.live},
        {"ended", &out.ended},
        {"frames", &out.frames},
        {"bytes", &out.bytes},
        {"evicted_sessions", &out.evicted_sessions},
        {"evicted_frames", &out.evicted_frames}};
    std::vector<kv::Key> keys;
    for (const auto& [name, number] : names) {
        keys.push_back(state_->count_key(name));
    }
    TURNTABLE_TRY(const auto entries, state_->database.get_many(keys, call));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i]) {
            TURNTABLE_TRY(*names[i].second, entries[i]->value.as_u64());
        }
    }
    return out;
}

}  // namespace turntable::inline v0::tape
