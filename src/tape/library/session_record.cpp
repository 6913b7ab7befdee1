#include "tape/library/session_record.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "tape/json_scan.hpp"

namespace turntable::inline v0::tape {

namespace {

using SessionJson = nlohmann::ordered_json;

constexpr std::array<std::pair<SessionState, std::string_view>, 6> session_states{
    {{SessionState::starting, "starting"},
     {SessionState::active, "active"},
     {SessionState::closing, "closing"},
     {SessionState::closed, "closed"},
     {SessionState::failed, "failed"},
     {SessionState::expired, "expired"}}};

constexpr std::size_t session_texts_max = std::size_t{32} << 10U;

/// Calls `visit(name, member)` for each text: the one list for both directions, and for checks.
template <class Of, class Visit>
void visit_session_texts(Of& session, const Visit& visit) {
    visit("id", session.id);
    visit("reason", session.reason);
    visit("transport", session.transport);
    visit("protocol_version", session.protocol_version);
    visit("client", session.client.name);
    visit("client_version", session.client.version);
    visit("server", session.server.name);
    visit("server_version", session.server.version);
}
template <class Of, class Visit>
void visit_session_numbers(Of& session, const Visit& visit) {
    visit("frames", session.frames);
    visit("first_frame", session.first_frame);
    visit("bytes", session.bytes);
}

std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }
WallTime wall_time(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

Result<void> check_session_texts(const Session& session) {
    std::size_t bytes = 0;
    bool right = true;
    const auto take = [&](std::string_view, const std::string& text) {
        bytes += text.size();
        right = right && is_utf8(text);
    };
    visit_session_texts(session, take);
    for (const auto& [name, value] : session.attributes) {
        take({}, name);
        take({}, value);
    }
    if (!right) {
        return Error(ErrorCode::invalid_argument, "a text of a session is not valid UTF-8");
    }
    if (bytes > session_texts_max) {
        return Error(ErrorCode::limit_exceeded, "the texts of a session have at most 32 KiB");
    }
    return {};
}

}  // namespace

std::string_view to_string(SessionState state) noexcept {
    for (const auto& [value, name] : session_states) {
        if (value == state) {
            return name;
        }
    }
    return "unknown";
}

std::optional<SessionState> parse_session_state(std::string_view text) noexcept {
    for (const auto& [value, name] : session_states) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

namespace detail {

std::string to_record(const StoredSession& stored) {
    const Session& session = stored.session;
    SessionJson json{{"state", to_string(session.state)},
                     {"created", ms_of(session.created)},
                     {"changed", ms_of(session.changed)},
                     {"frames_key", stored.frames_key}};
    const auto put = [&json](const char* name, const auto& value) { json[name] = value; };
    visit_session_texts(session, put);
    visit_session_numbers(session, put);
    json["attributes"] = session.attributes;
    return json.dump();
}

Result<StoredSession> session_from_record(std::string_view text) {
    const auto broken = [] {
        return Error(ErrorCode::corrupt, "the entry of a session holds no session");
    };
    try {
        const SessionJson json = SessionJson::parse(text);
        StoredSession stored{.session = {}, .frames_key = json.at("frames_key").get<std::string>()};
        Session& session = stored.session;
        const auto take = [&json](const char* name, auto& value) { json.at(name).get_to(value); };
        visit_session_texts(session, take);
        visit_session_numbers(session, take);
        take("attributes", session.attributes);
        const auto state = parse_session_state(json.at("state").get<std::string>());
        if (!state || session.first_frame == 0 || session.first_frame > session.frames + 1) {
            return broken();
        }
        session.state = *state;
        session.created = wall_time(json.at("created").get<std::int64_t>());
        session.changed = wall_time(json.at("changed").get<std::int64_t>());
        return stored;
    } catch (const SessionJson::exception&) {
        return broken();
    }
}

Result<Session> changed_session(Session session, const SessionChange& change) {
    if (change.state && *change.state != session.state) {
        if (!may_follow(session.state, *change.state)) {
            return Error(ErrorCode::invalid_argument,
                         "a session that is " + std::string(to_string(session.state)) +
                             " does not become " + std::string(to_string(*change.state)))
                .with("session", session.id);
        }
        session.state = *change.state;
    }
    session.reason = change.reason.value_or(std::move(session.reason));
    session.transport = change.transport.value_or(std::move(session.transport));
    session.protocol_version =
        change.protocol_version.value_or(std::move(session.protocol_version));
    session.client = change.client.value_or(std::move(session.client));
    session.server = change.server.value_or(std::move(session.server));
    for (const auto& [name, value] : change.set_attributes) {
        session.attributes[name] = value;
    }
    TURNTABLE_CHECK(check_session_texts(session));
    return session;
}

}  // namespace detail

}  // namespace turntable::inline v0::tape
