// mcpsnoop and mcp-recorder.

#include "tape/capture/scan.hpp"

namespace turntable::inline v0::tape::capture {

namespace {

/// The message or text of an mcpsnoop frame; nothing for a frame with neither.
std::optional<std::string> snooped_text(const Members& frame) {
    if (const std::string_view raw = frame.find({"raw"}); !raw.empty() && raw != "\"\"") {
        return raw.starts_with('"') ? text_of(raw) : compact(raw);
    }
    const std::string_view text = frame.find({"text"});
    return text.empty() ? std::nullopt : std::optional(text_of(text));
}

std::optional<Http> snooped_status(const Members& frame, const std::optional<When>& when,
                                   Builder& builder) {
    const auto status = json_unsigned(frame.find({"status"}));
    constexpr std::uint64_t status_max = 999;
    if (!status || *status == 0 || *status > status_max) {
        return std::nullopt;
    }
    Http http{.exchange = builder.exchange(), .phase = "response", .status = *status};
    builder.record(when, http);
    return http;
}

void take_snooped(Builder& builder, std::string_view line, std::size_t offset) {
    const Members frame(line);
    const std::string session = frame.text({"session_id"});
    if (builder.id.empty()) {
        builder.id = session;
        builder.identity = line;
    }
    const auto when = when_of(frame.find({"ts"}));
    const auto way = direction_of(frame.find({"direction"}));
    const auto text = snooped_text(frame);
    builder.number(when, session, json_unsigned(frame.find({"seq"})));
    const std::string connection_id = text_of(frame.find({"conn_id"}));
    const std::uint64_t connection =
        builder.connection(when, connection_id.empty() ? session : session + " " + connection_id);
    if (builder.head.transport.empty()) {
        builder.head.transport = frame.text({"transport"});
    }
    builder.leave_out_others(frame, "frame member",
                             {"session_id", "seq", "ts", "direction", "transport", "raw", "text",
                              "conn_id", "truncated", "redacted", "status"});
    const auto http = snooped_status(frame, when, builder);
    if (!text && http) {
        return;  // only the status was told
    }
    if (!way || !text) {
        return builder.problem(offset, way ? "a frame without raw and text"
                                           : "a frame without a direction that is known");
    }
    Frame out{.direction = *way, .connection = connection, .exchange = http ? http->exchange : 0};
    if (const std::string_view cut = frame.find({"truncated"}); is_true(cut)) {
        out.truncated_from = json_unsigned(cut).value_or(1);
        if (cut == "true") {
            builder.leave_out("the length of a truncated frame: the capture has none");
        }
    }
    const std::uint64_t number = builder.frame(when, std::move(out), *text);
    if (is_true(frame.find({"redacted"}))) {
        builder.head.redaction = to_string(CaptureFormat::mcpsnoop);
        builder.record(when, Note{.text = "mcpsnoop redacted this frame", .frame = number});
    }
}

/// Milliseconds as a JSON number.
std::int64_t nanoseconds_of(std::string_view milliseconds) {
    constexpr double ms_max = 1e12;
    const double number = number_of(milliseconds).value_or(0);
    return number > 0 && number < ms_max ? static_cast<std::int64_t>(number * 1e6) : 0;
}

/// Requests with their responses, one after another.
class Interactions {
  public:
    explicit Interactions(Builder& builder) : builder_(builder) {}

    void take(std::string_view element, std::size_t offset) {
        const Members interaction(element);
        const std::string_view request = interaction.find({"request"});
        const std::string_view response = interaction.find({"response"});
        if (!request.starts_with('{') && !response.starts_with('{')) {
            return builder_.problem(offset, "an interaction without a request and a response");
        }
        const auto told = when_of(interaction.find({"timestamp", "recorded_at", "time", "ts"}));
        timed_ = timed_ || told.has_value();
        When when = told.value_or(clock_);
        if (request.starts_with('{')) {
            builder_.frame(when, {}, message_text(builder_, request));
        }
        when.nanoseconds +=
            nanoseconds_of(interaction.find({"latency_ms", "duration_ms", "latency"}));
        if (response.starts_with('{')) {
            builder_.frame(when, {.direction = Direction::server_to_client},
                           message_text(builder_, response));
        }
        clock_ = when;
        builder_.leave_out_others(interaction, "interaction member",
                                  {"request", "response", "timestamp", "recorded_at", "time", "ts",
                                   "latency_ms", "duration_ms", "latency", "id", "type", "index"});
    }

    void finish() const {
        if (!timed_) {
            builder_.leave_out("when each call was: the capture has only how long it took");
        }
        builder_.leave_out("which calls ran at the same time: the capture has pairs");
    }

  private:
    Builder& builder_;
    When clock_{true, 0};
    bool timed_ = false;
};

void take_recorder_member(Builder& builder, std::string_view name, std::string_view value) {
    const auto take = [&builder](const Members& members) {
        Head& head = builder.head;
        head.transport =
            head.transport.empty() ? members.text({"transport", "transport_type"}) : head.transport;
        head.name = head.name.empty() ? members.text({"name", "server_name"}) : head.name;
        head.endpoint =
            head.endpoint.empty() ? members.text({"server_url", "url", "target"}) : head.endpoint;
        builder.id = builder.id.empty() ? members.text({"id", "session_id"}) : builder.id;
        builder.attribute("protocol_version", members.text({"protocol_version"}));
        if (!builder.began) {
            const auto began = when_of(members.find({"recorded_at", "created_at", "timestamp"}));
            builder.began = began && !began->relative ? began : std::nullopt;
        }
    };
    const std::string whole = "{\"" + std::string(name) + "\":" + std::string(value) + "}";
    if (name == "metadata") {
        take(Members(value));
        builder.leave_out_others(
            Members(value), "metadata member",
            {"transport", "transport_type", "name", "server_name", "server_url", "url", "target",
             "id", "session_id", "protocol_version", "recorded_at", "created_at", "timestamp"});
    } else {
        take(Members(whole));
    }
}

}  // namespace

void read_mcpsnoop(Builder& builder) {
    builder.whole = scan_lines(builder, [&builder](std::string_view line, std::size_t offset) {
        take_snooped(builder, line, offset);
    });
}

void read_mcp_recorder(Builder& builder) {
    Interactions interactions(builder);
    builder.whole = scan_document(
        builder, "interactions",
        [&](std::string_view name, std::string_view value) {
            take_recorder_member(builder, name, value);
        },
        [&](std::string_view element, std::size_t offset) { interactions.take(element, offset); });
    interactions.finish();
}

}  // namespace turntable::inline v0::tape::capture
