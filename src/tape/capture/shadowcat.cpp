#include "tape/capture/scan.hpp"

namespace turntable::inline v0::tape::capture {

namespace {

std::string party_text(const Members& party) {
    const std::string name = party.text({"name"});
    const std::string version = party.text({"version"});
    return version.empty() ? name : name + " " + version;
}

/// The name of a transport, which is a word or an enum with content.
std::string transport_name(std::string_view value) {
    if (value.starts_with('{')) {
        const Members members(value);
        const auto only = members.only();
        return plain_word(only ? std::string(only->first) : members.text({"type", "kind"}));
    }
    return value.empty() ? "" : plain_word(text_of(value));
}

/// What a session says of itself, in any of the objects where the layouts put it. What is known
/// already stays.
void take_session(Builder& builder, const Members& session) {
    Head& head = builder.head;
    const auto fill = [](std::string& text, std::string value) {
        if (text.empty()) {
            text = std::move(value);
        }
    };
    fill(builder.id, session.text({"id", "tape_id"}));
    fill(head.name, session.text({"name", "title"}));
    fill(head.recorder, session.text({"created_by"}));
    fill(head.transport, transport_name(session.find({"transport"})));
    fill(head.endpoint, session.text({"endpoint", "upstream"}));
    fill(builder.labels.description, session.text({"description"}));
    if (builder.labels.tags.empty()) {
        for (const std::string_view tag : elements(session.find({"tags"}))) {
            builder.labels.tags.push_back(text_of(tag));
        }
    }
    if (head.command.empty()) {
        for (const std::string_view word : elements(session.find({"command", "argv"}))) {
            head.command.push_back(text_of(word));
        }
    }
    if (!builder.began) {
        builder.began = when_of(
            session.find({"created_at", "created", "started_at", "start_time", "start", "ts"}));
        builder.began = builder.began && builder.began->relative ? std::nullopt : builder.began;
    }
    builder.attribute("session_id", session.text({"session_id"}));
    builder.attribute("protocol_version", session.text({"protocol_version"}));
    builder.attribute("client", party_text(session.object({"client_info", "client"})));
    builder.attribute("server", party_text(session.object({"server_info", "server"})));
}

/// The objects inside that say more of the session, outermost first.
constexpr std::string_view inner_objects[] = {"session", "metadata",    "tape",
                                              "format",  "environment", "timeline"};

void take_document(Builder& builder, const Members& document) {
    take_session(builder, document);
    for (const std::string_view name : inner_objects) {
        take_session(builder, document.object({name}));
    }
}

/// Notes what of a frame a tape has no place for.
void leave_out_of_frame(Builder& builder, const Members& frame, const Members& context) {
    builder.leave_out_others(
        frame, "frame member",
        {"type", "seq", "sequence", "index", "ts", "timestamp", "time", "dir", "direction", "env",
         "envelope", "context", "message", "raw", "transport", "session_id", "id"});
    builder.leave_out_others(context, "context member",
                             {"direction", "session", "transport", "timing"});
    const Members transport = context.object({"transport"});
    for (const std::string_view sse : {"event_id", "retry", "last_event_id"}) {
        const auto only = transport.only();
        const Members of_sse = only ? Members(only->second) : transport;
        if (!of_sse.find({sse}).empty()) {
            builder.leave_out("sse " + std::string(sse));
        }
    }
}

void take_frame(Builder& builder, std::string_view element, std::size_t offset) {
    const Members frame(element);
    const Members envelope = frame.object({"env", "envelope"});
    Members context = envelope.object({"context"});
    if (context.empty()) {
        context = frame.object({"context"});
    }
    std::string_view message = frame.find({"raw"});
    for (const Members* from : {&frame, &envelope}) {
        message = message.empty() ? from->find({"message"}) : message;
    }
    std::string_view direction = frame.find({"dir", "direction"});
    direction = direction.empty() ? context.find({"direction"}) : direction;
    if (plain_word(text_of(direction)) == "internal") {
        return builder.leave_out("frames of shadowcat itself (direction internal)");
    }
    const auto way = direction_of(direction);
    if (!way || message.empty()) {
        return builder.problem(offset, way ? "a frame without a message"
                                           : "a frame without a direction that is known");
    }
    auto when = when_of(frame.find({"ts", "timestamp", "time"}));
    if (!when) {
        when = when_of(
            context.object({"timing"}).find({"timestamp", "received_at", "sent_at", "started_at"}));
    }
    const Members session = context.object({"session"});
    std::string session_id = session.text({"id"});
    session_id = session_id.empty() ? frame.text({"session_id"}) : session_id;
    builder.attribute("session_id", session_id);
    builder.attribute("protocol_version", session.text({"protocol_version"}));
    builder.number(when, {}, json_unsigned(frame.find({"seq", "sequence"})));
    Frame out{.direction = *way, .connection = builder.connection(when, session_id)};
    const std::string_view transport = context.find({"transport"});
    if (const auto http = http_of(builder, transport)) {
        out.exchange = http->exchange;
        builder.record(when, *http);
    }
    if (builder.head.transport.empty()) {
        builder.head.transport =
            transport_name(transport.empty() ? frame.find({"transport"}) : transport);
    }
    leave_out_of_frame(builder, frame, context);
    builder.frame(when, std::move(out), message_text(builder, message));
}

void take_beside(Builder& builder, const CaptureOptions& options) {
    for (const std::string& beside : options.beside) {
        take_document(builder, Members(beside));
    }
}

/// The kind of a line: `{"type":"frame",...}` or `{"frame":{...}}`.
std::pair<std::string, std::string_view> kind_and_content(std::string_view line) {
    const Members members(line);
    if (const auto only = members.only(); only && only->second.starts_with('{')) {
        return {std::string(only->first), only->second};
    }
    return {members.text({"type"}), line};
}

}  // namespace

void read_shadowcat(Builder& builder, const CaptureOptions& options) {
    std::string document = "{";
    bool integrity = false;
    builder.whole = scan_document(
        builder, "frames",
        [&](std::string_view name, std::string_view value) {
            // Only what is asked for: statistics and an index are made again.
            integrity |= name == "integrity";
            document += (document.size() == 1 ? "\"" : ",\"") + std::string(name) + "\":";
            document += value;
        },
        [&](std::string_view element, std::size_t offset) {
            take_frame(builder, element, offset);
        });
    document += "}";
    if (integrity) {
        builder.leave_out("the digest of the capture: it is not checked");
    }
    take_document(builder, Members(document));
    take_beside(builder, options);
}

void read_shadowcat_lines(Builder& builder, const CaptureOptions& options) {
    const bool whole = scan_lines(builder, [&builder](std::string_view line, std::size_t offset) {
        const auto [kind, content] = kind_and_content(line);
        if (kind == "init") {
            builder.identity = line;
            take_document(builder, Members(content));
        } else if (kind == "frame") {
            take_frame(builder, content, offset);
        } else if (kind == "correlation") {
            builder.leave_out("lines of correlation: calls are found again");
        } else if (kind == "checkpoint") {
            builder.leave_out("lines of checkpoint: counts are made again");
        } else {
            builder.problem(offset, "a line of no kind that is known");
        }
    });
    builder.whole = whole;
    for (const std::string& beside : options.beside) {
        builder.whole = builder.whole && Members(beside).text({"status"}) != "recording";
    }
    take_beside(builder, options);
}

}  // namespace turntable::inline v0::tape::capture
