#include <cstring>

#include "tape/line.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

Error not_utf8(std::string_view what) {
    return Error(ErrorCode::invalid_argument, std::string(what) + " is not valid UTF-8");
}

/// Texts of records other than the bytes of frames come from programs, not from the wire; what is
/// not UTF-8 in them is the program's mistake.
Result<void> check_texts(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
        if (!is_utf8(text)) {
            return not_utf8("a text of a record");
        }
    }
    return {};
}

/// `extra` stands in the line as it is, so it must be members and nothing else.
Result<void> check_extra(std::string_view extra) {
    if (extra.empty()) {
        return {};
    }
    const std::string object = '{' + std::string(extra) + '}';
    if (extra.find_first_of("\n\r") != std::string_view::npos ||
        json_value_end(object, 0, limits::json_depth_max) != object.size()) {
        return Error(ErrorCode::invalid_argument, "extra is not members of a JSON object");
    }
    return {};
}

void append_texts(LineBuilder& line, std::string_view name, const std::vector<std::string>& texts) {
    line.name(name);
    char before = '[';
    for (const std::string& text : texts) {
        line.out() += before;
        append_json_string(line.out(), text);
        before = ',';
    }
    line.out() += ']';
}

/// `[["name","value"],...]` or `{"name":"value",...}`.
void append_pairs(std::string& out, const std::vector<std::pair<std::string, std::string>>& pairs,
                  bool as_object) {
    char before = as_object ? '{' : '[';
    for (const auto& [name, value] : pairs) {
        out += before;
        out += as_object ? "" : "[";
        append_json_string(out, name);
        out += as_object ? ':' : ',';
        append_json_string(out, value);
        out += as_object ? "" : "]";
        before = ',';
    }
    out += as_object ? '}' : ']';
}

Result<void> check_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    for (const auto& [name, value] : pairs) {
        TURNTABLE_CHECK(check_texts({name, value}));
    }
    return {};
}

Result<void> append(std::string& out, const Head& head) {
    TURNTABLE_CHECK(check_texts({head.id, head.name, head.recorder, head.transport, head.endpoint,
                                 head.redaction, head.segment.previous}));
    TURNTABLE_CHECK(check_pairs(head.attributes));
    const std::size_t start = out.size();
    out += head_begin;
    out += "1.0\"";
    LineBuilder line(out);
    line.text("id", head.id);
    line.text_if("name", head.name);
    line.text("created", to_string(head.created));
    line.text_if("recorder", head.recorder);
    line.text_if("transport", head.transport);
    if (!head.command.empty()) {
        for (const std::string& word : head.command) {
            TURNTABLE_CHECK(check_texts({word}));
        }
        append_texts(line, "command", head.command);
    }
    line.text_if("endpoint", head.endpoint);
    if (head.segment != Segment()) {
        line.name("segment");
        out += "{\"number\":";
        line.append(head.segment.number);
        line.text("previous", head.segment.previous);
        line.number("frames_before", head.segment.frames_before);
        out += '}';
    }
    if (!head.links.empty()) {
        line.name("links");
        char before = '[';
        for (const Link& link : head.links) {
            TURNTABLE_CHECK(check_texts({link.relation, link.id}));
            out += before;
            out += "{\"relation\":";
            append_json_string(out, link.relation);
            line.text("id", link.id);
            out += '}';
            before = ',';
        }
        out += ']';
    }
    line.text_if("redaction", head.redaction);
    if (!head.attributes.empty()) {
        line.name("attributes");
        append_pairs(out, head.attributes, true);
    }
    line.extra(head.extra);
    if (out.size() - start + crc_suffix_bytes + 1 > limits::head_bytes_max) {
        return Error(ErrorCode::limit_exceeded, "the head of a tape has at most 1 MiB");
    }
    return {};
}

Result<void> append(std::string& out, const Http& http) {
    TURNTABLE_CHECK(check_texts({http.phase, http.method, http.target}));
    TURNTABLE_CHECK(check_pairs(http.headers));
    LineBuilder line(out, "http");
    line.number("t", http.time.count());
    line.number("exchange", http.exchange);
    line.number_if("conn", http.connection);
    line.text("phase", http.phase);
    line.text_if("method", http.method);
    line.text_if("target", http.target);
    line.number_if("status", http.status);
    if (!http.headers.empty()) {
        line.name("headers");
        append_pairs(out, http.headers, false);
    }
    line.extra(http.extra);
    return {};
}

Result<void> append(std::string& out, const Life& life) {
    TURNTABLE_CHECK(check_texts({life.event, life.text}));
    LineBuilder line(out, "life");
    line.number("t", life.time.count());
    line.number_if("conn", life.connection);
    line.text("event", life.event);
    if (life.code) {
        line.number("code", *life.code);
    }
    line.text_if("text", life.text);
    line.extra(life.extra);
    return {};
}

Result<void> append(std::string& out, const Gap& gap) {
    TURNTABLE_CHECK(check_texts({gap.why}));
    LineBuilder line(out, "gap");
    line.number("t", gap.time.count());
    line.number("frames", gap.frames);
    line.number("bytes", gap.bytes);
    line.text_if("why", gap.why);
    line.extra(gap.extra);
    return {};
}

Result<void> append(std::string& out, const Note& note) {
    TURNTABLE_CHECK(check_texts({note.text}));
    LineBuilder line(out, "note");
    line.number("t", note.time.count());
    line.number_if("frame", note.frame);
    line.text("text", note.text);
    line.extra(note.extra);
    return {};
}

template <class Counts>
void append_counts(LineBuilder& line, const Counts& counts) {
    line.number("t", counts.time.count());
    line.number("records", counts.records);
    line.number("frames", counts.frames);
    line.number("bytes", counts.bytes);
    line.number("dropped", counts.dropped);
}

Result<void> append(std::string& out, const Check& check) {
    LineBuilder line(out, "check");
    append_counts(line, check);
    line.text("chain", check.chain);
    line.extra(check.extra);
    return {};
}

Result<void> append(std::string& out, const End& end) {
    TURNTABLE_CHECK(check_texts({end.reason}));
    LineBuilder line(out, "end");
    append_counts(line, end);
    line.text("reason", end.reason);
    line.text("chain", end.chain);
    line.extra(end.extra);
    return {};
}

Result<void> append(std::string& out, const Frame& frame) {
    return append_frame(out, frame, frame.number, frame.time);
}

Result<void> append(std::string& out, const Unknown& record) {
    const bool plain = !record.kind.empty() &&
                       record.kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") ==
                           std::string::npos;
    if (!plain) {
        return Error(ErrorCode::invalid_argument, "a kind is a word of small letters");
    }
    LineBuilder line(out, record.kind);
    line.number("t", record.time.count());
    line.extra(record.extra);
    return {};
}

/// Bytes that stand as JSON: where the object ends, behind which there is only white space.
std::size_t end_of_json(std::string_view payload) noexcept {
    constexpr std::string_view space = " \t\r\n";
    if (payload.empty() || (payload[0] != '{' && payload[0] != '[')) {
        return std::string_view::npos;
    }
    const std::size_t last = payload.find_last_not_of(space);
    const std::string_view object = payload.substr(0, last + 1);
    if (std::memchr(object.data(), '\n', object.size()) != nullptr ||
        std::memchr(object.data(), '\r', object.size()) != nullptr ||
        json_value_end(object, 0, limits::json_depth_max) != object.size()) {
        return std::string_view::npos;
    }
    return object.size();
}

void append_payload(LineBuilder& line, std::string_view payload) {
    const std::size_t json = end_of_json(payload);
    if (json != std::string_view::npos) {
        line.name("json");
        line.out() += payload.substr(0, json);
        line.text_if("tail", payload.substr(json));
    } else if (is_utf8(payload)) {
        line.text("text", payload);
    } else {
        line.name("base64");
        line.out() += '"';
        line.out() += to_base64(payload);
        line.out() += '"';
    }
}

Result<std::uint64_t> append_parts(LineBuilder& line, const std::vector<Part>& parts) {
    std::string& out = line.out();
    line.name("parts");
    char before = '[';
    std::uint64_t size = 0;
    for (const Part& part : parts) {
        out += before;
        before = ',';
        if (part.stored) {
            if (part.stored->sha256.size() != 64 || !is_utf8(part.stored->sha256)) {
                return Error(ErrorCode::invalid_argument,
                             "a stored payload is named by 64 hexadecimal digits");
            }
            out += "{\"sha256\":";
            append_json_string(out, part.stored->sha256);
            line.number("size", part.stored->size);
            out += '}';
            size += part.stored->size;
        } else if (is_utf8(part.bytes.text())) {
            append_json_string(out, part.bytes.text());
            size += part.bytes.size();
        } else {
            out += "{\"base64\":\"" + to_base64(part.bytes) + "\"}";
            size += part.bytes.size();
        }
    }
    out += ']';
    return size;
}

Result<void> append_redacted(LineBuilder& line, const std::vector<RedactedSpan>& spans) {
    if (spans.empty()) {
        return {};
    }
    line.name("redacted");
    char before = '[';
    for (const RedactedSpan& span : spans) {
        TURNTABLE_CHECK(check_texts({span.rule}));
        line.out() += before;
        line.out() += '[';
        line.append(span.offset);
        line.out() += ',';
        line.append(span.size);
        line.out() += ',';
        append_json_string(line.out(), span.rule);
        line.out() += ']';
        before = ',';
    }
    line.out() += ']';
    return {};
}

}  // namespace

Result<void> append_frame(std::string& out, const Frame& frame, std::uint64_t number,
                          TapeTime time) {
    if (frame.payload.size() > limits::frame_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "a frame has at most 32 MiB; record its beginning, or put its texts into a "
                     "payload store")
            .with("bytes", std::to_string(frame.payload.size()));
    }
    LineBuilder line(out, "frame");
    line.number("n", number);
    line.number("t", time.count());
    line.text("dir", to_string(frame.direction));
    line.number_if("conn", frame.connection);
    line.number_if("exchange", frame.exchange);
    line.number_if("truncated", frame.truncated_from);
    TURNTABLE_CHECK(append_redacted(line, frame.redacted));
    if (frame.parts.empty()) {
        append_payload(line, frame.payload.text());
    } else {
        TURNTABLE_TRY(const std::uint64_t size, append_parts(line, frame.parts));
        if (size > limits::frame_bytes_max) {
            return Error(ErrorCode::limit_exceeded, "a frame has at most 32 MiB");
        }
    }
    line.extra(frame.extra);
    return check_extra(frame.extra);
}

Result<void> append_record(std::string& out, const Record& record) {
    TURNTABLE_CHECK(std::visit([](const auto& typed) { return check_extra(typed.extra); }, record));
    return std::visit([&out](const auto& typed) { return append(out, typed); }, record);
}

std::optional<std::uint32_t> stored_crc(std::string_view line) noexcept {
    if (line.size() < crc_suffix_bytes) {
        return std::nullopt;
    }
    const std::string_view suffix = line.substr(line.size() - crc_suffix_bytes);
    const std::string_view digits = suffix.substr(8, 8);
    if (!suffix.starts_with(",\"crc\":\"") || !suffix.ends_with("\"}") ||
        digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    std::uint32_t crc = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), crc, 16);
    return crc;
}

void append_crc(std::string& out, std::uint32_t crc) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += ",\"crc\":\"";
    for (unsigned shift = 32; shift > 0; shift -= 4) {
        out += digits[(crc >> (shift - 4)) & 0xFU];
    }
    out += "\"}\n";
}

}  // namespace turntable::inline v0::tape
