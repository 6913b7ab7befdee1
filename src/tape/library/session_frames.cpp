// The frames of live sessions.
#include <algorithm>
#include <utility>

#include "tape/json_scan.hpp"
#include "tape/library/session_state.hpp"
#include "tape/line.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

using detail::check_session_id;
using detail::kept_frames;
using detail::no_session;
using detail::StoredSession;

namespace {

/// How many frames one append lets go: each is read first, and a transaction has few reads.
constexpr std::uint64_t evicted_at_once = 64;

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

}  // namespace

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

}  // namespace turntable::inline v0::tape
