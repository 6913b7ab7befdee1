#include "turntable/tape/session_store.hpp"

#include <algorithm>
#include <utility>

#include "tape/json_scan.hpp"
#include "tape/library/session_record.hpp"
#include "tape/line.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

using detail::StoredSession;

namespace {

constexpr std::size_t session_id_max = 256;
constexpr std::uint64_t session_frames_max = 10'000;
/// How many frames one append lets go: each is read first, and a transaction has few reads.
constexpr std::uint64_t evicted_at_once = 64;

Error no_session(std::string_view id) {
    return Error(ErrorCode::not_found, "there is no such session").with("session", std::string(id));
}

Error session_ended(const Session& session) {
    return Error(ErrorCode::closed, "the session has ended")
        .with("session", session.id)
        .with("state", std::string(to_string(session.state)));
}

Result<void> check_session_id(std::string_view id) {
    if (id.empty() || id.size() > session_id_max || !is_utf8(id)) {
        return Error(ErrorCode::invalid_argument,
                     "the id of a session is a text of 1 to 256 bytes");
    }
    return {};
}

std::uint64_t kept_frames(const Session& session) {
    return session.frames + 1 - session.first_frame;
}

Result<std::string> frame_record(const Frame& frame) {
    std::string line;
    TURNTABLE_CHECK(append_record(line, frame));
    return line + "}";
}

Result<Frame> frame_from_record(std::string_view line) {
    TURNTABLE_TRY(Record record, parse_record(line));
    auto* frame = std::get_if<Frame>(&record);
    if (frame == nullptr) {
        return Error(ErrorCode::corrupt, "the entry of a frame holds no frame");
    }
    return std::move(*frame);
}

/// What begin() has to do before it can go on.
enum class Begin : std::uint8_t { done, remove_old, make_room };

}  // namespace

struct SessionStore::State {
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
                                              std::string_view id) const {
        TURNTABLE_TRY(const auto entry, transaction.get(session_key(id)));
        if (!entry) {
            return std::optional<StoredSession>();
        }
        TURNTABLE_TRY(const Bytes text, entry->value.as_bytes());
        TURNTABLE_TRY(StoredSession stored, detail::session_from_record(text.text()));
        return std::optional(std::move(stored));
    }
    Result<StoredSession> find_live(kv::Transaction& transaction, std::string_view id) const {
        TURNTABLE_TRY(auto stored, find(transaction, id));
        if (!stored || is_gone(stored->session)) {
            return no_session(id);
        }
        const Session session = aged(stored->session);
        if (is_end(session.state)) {
            return session_ended(session);
        }
        return *std::move(stored);
    }
    /// Adds a difference to a count; a sum has no lower bound, so that it may be negative.
    void count(kv::Transaction& transaction, std::string_view name, std::uint64_t before,
               std::uint64_t after) const {
        if (before != after) {
            transaction.sum(count_key(name), after - before);
        }
    }
    /// Writes a session over the one before, with its place in the order and in the counts.
    void put(kv::Transaction& transaction, const Session* before,
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
        count(transaction, "frames", before == nullptr ? 0 : kept_frames(*before),
              kept_frames(session));
        count(transaction, "bytes", before == nullptr ? 0 : before->bytes, session.bytes);
        transaction.set(order_key(session), "");
        transaction.set(session_key(session.id), detail::to_record(after));
    }
    Result<std::uint64_t> counted(kv::Transaction& transaction, std::string_view name) const {
        TURNTABLE_TRY(const auto entry, transaction.get(count_key(name)));
        return entry ? entry->value.as_u64() : Result<std::uint64_t>(std::uint64_t{0});
    }

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
                count(transaction, "frames", kept_frames(session), 0);
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

Result<void> SessionStore::State::let_frames_go(kv::Transaction& transaction,
                                                StoredSession& stored) const {
    Session& session = stored.session;
    std::uint64_t gone = 0;
    while (
        gone < evicted_at_once && kept_frames(session) > 1 &&
        (kept_frames(session) > options.frames_max || session.bytes > options.session_bytes_max)) {
        const kv::Key key = frame_key(stored, session.first_frame);
        TURNTABLE_TRY(const auto entry, transaction.get(key));
        if (entry) {
            session.bytes -= std::min<std::uint64_t>(session.bytes, entry->value.data().size());
            transaction.remove(key);
        }
        ++session.first_frame;
        ++gone;
    }
    count(transaction, "evicted_frames", 0, gone);
    return {};
}

Result<std::uint64_t> SessionStore::append(std::string_view id, Frame frame,
                                           const CallOptions& call) const {
    TURNTABLE_CHECK(check_session_id(id));
    const State& state = *state_;
    if (!frame.parts.empty()) {
        return Error(ErrorCode::invalid_argument, "a live frame has its bytes with it");
    }
    const std::uint64_t bytes_max = state.options.frame_bytes_max;
    if (frame.payload.size() > bytes_max) {
        frame.truncated_from = std::max<std::uint64_t>(frame.truncated_from, frame.payload.size());
        frame.payload = frame.payload.slice(0, static_cast<std::size_t>(bytes_max));
        std::erase_if(frame.redacted, [bytes_max](const RedactedSpan& span) {
            return span.offset + span.size > bytes_max;
        });
    }
    return state.database.transact(
        [&](kv::Transaction& transaction) -> Result<std::uint64_t> {
            TURNTABLE_TRY(StoredSession stored, state.find_live(transaction, id));
            const Session before = stored.session;
            Session& session = stored.session;
            session.changed = std::max(before.changed, state.now());
            Frame numbered = frame;
            numbered.number = ++session.frames;
            if (numbered.time == TapeTime()) {
                numbered.time = session.changed - session.created;
            }
            TURNTABLE_TRY(const std::string record, frame_record(numbered));
            session.bytes += record.size();
            transaction.set(state.frame_key(stored, numbered.number), record);
            TURNTABLE_CHECK(state.let_frames_go(transaction, stored));
            state.put(transaction, &before, stored);
            return numbered.number;
        },
        {}, call);
}

Result<std::vector<Frame>> SessionStore::frames(std::string_view id, std::uint64_t from,
                                                std::uint32_t limit,
                                                const CallOptions& call) const {
    TURNTABLE_CHECK(check_session_id(id));
    const State& state = *state_;
    TURNTABLE_TRY(const auto entry, state.database.get(state.session_key(id), call));
    if (!entry) {
        return no_session(id);
    }
    TURNTABLE_TRY(const Bytes text, entry->value.as_bytes());
    TURNTABLE_TRY(const StoredSession stored, detail::session_from_record(text.text()));
    if (state.is_gone(stored.session)) {
        return no_session(id);
    }
    std::vector<Frame> out;
    const kv::Key prefix = state.options.prefix / "frame" / stored.frames_key;
    auto list = state.database.list(kv::prefix(prefix).from(state.frame_key(stored, from)),
                                    {.limit = limit});
    while (true) {
        TURNTABLE_TRY(const auto found, list.next(call));
        if (!found) {
            return out;
        }
        TURNTABLE_TRY(const Bytes record, found->value.as_bytes());
        TURNTABLE_TRY(Frame frame, frame_from_record(record.text()));
        out.push_back(std::move(frame));
    }
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
