#include "tape/line.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

/// A record has a few levels of its own around the JSON of a frame.
constexpr unsigned line_depth_max = limits::json_depth_max + 4;

Error damaged(std::string what) { return Error(ErrorCode::corrupt, std::move(what)); }

/// Takes the members of one object by name. What nobody takes is `extra`.
///
/// Each reader is asked in turn for the name and value of a member; the first error is kept.
class MemberReader {
  public:
    MemberReader(std::string_view name, std::string_view value) noexcept
        : name_(name), value_(value) {}

    bool taken() const noexcept { return taken_; }
    bool is(std::string_view name) noexcept {
        if (taken_ || name_ != name) {
            return false;
        }
        taken_ = true;
        return true;
    }
    std::string_view value() const noexcept { return value_; }

    Result<void> text(std::string_view name, std::string& to) {
        if (!is(name)) {
            return {};
        }
        auto text = value_.starts_with('"') ? json_string_text(value_) : std::nullopt;
        if (!text) {
            return wrong(name);
        }
        to = std::move(*text);
        return {};
    }
    Result<void> number(std::string_view name, std::uint64_t& to) {
        if (!is(name)) {
            return {};
        }
        const auto value = json_unsigned(value_);
        if (!value) {
            return wrong(name);
        }
        to = *value;
        return {};
    }
    Result<void> time(TapeTime& to) {
        std::uint64_t value = 0;
        const bool ours = name_ == "t";
        TURNTABLE_CHECK(number("t", value));
        if (value > static_cast<std::uint64_t>(TapeTime::max().count())) {
            return wrong("t");
        }
        if (ours) {
            to = TapeTime(static_cast<std::int64_t>(value));
        }
        return {};
    }
    static Error wrong(std::string_view name) {
        return damaged("the member " + std::string(name) + " of a record is not what it must be");
    }

  private:
    std::string_view name_;
    std::string_view value_;
    bool taken_ = false;
};

/// Calls `each` with every element of an array.
template <class Each>
Result<void> for_elements(std::string_view name, std::string_view array, const Each& each) {
    JsonWalk walk(array.starts_with('[') ? array : std::string_view(), line_depth_max);
    while (walk.next()) {
        TURNTABLE_CHECK(each(walk.value()));
    }
    return walk.complete() ? Result<void>() : MemberReader::wrong(name);
}

/// Calls `each` with a MemberReader for every member of an object.
template <class Each>
Result<void> for_members(std::string_view name, std::string_view object, const Each& each) {
    JsonWalk walk(object.starts_with('{') ? object : std::string_view(), line_depth_max);
    while (walk.next()) {
        MemberReader member(walk.name(), walk.value());
        TURNTABLE_CHECK(each(member));
    }
    return walk.complete() ? Result<void>() : MemberReader::wrong(name);
}

Result<std::string> text_of(std::string_view name, std::string_view value) {
    auto text = value.starts_with('"') ? json_string_text(value) : std::nullopt;
    if (!text) {
        return MemberReader::wrong(name);
    }
    return *std::move(text);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Result<void> read_headers(MemberReader& member, Pairs& to) {
    if (!member.is("headers")) {
        return {};
    }
    return for_elements("headers", member.value(), [&to](std::string_view pair) -> Result<void> {
        std::vector<std::string> texts;
        TURNTABLE_CHECK(for_elements("headers", pair, [&](std::string_view value) -> Result<void> {
            TURNTABLE_TRY(texts.emplace_back(), text_of("headers", value));
            return {};
        }));
        if (texts.size() != 2) {
            return MemberReader::wrong("headers");
        }
        to.emplace_back(std::move(texts[0]), std::move(texts[1]));
        return {};
    });
}

Result<void> read_attributes(MemberReader& member, Pairs& to) {
    if (!member.is("attributes")) {
        return {};
    }
    JsonWalk walk(member.value().starts_with('{') ? member.value() : "", line_depth_max);
    while (walk.next()) {
        TURNTABLE_TRY(std::string name,
                      text_of("attributes", '"' + std::string(walk.name()) + '"'));
        TURNTABLE_TRY(std::string value, text_of("attributes", walk.value()));
        to.emplace_back(std::move(name), std::move(value));
    }
    return walk.complete() ? Result<void>() : MemberReader::wrong("attributes");
}

Result<void> read_texts(MemberReader& member, std::string_view name, std::vector<std::string>& to) {
    if (!member.is(name)) {
        return {};
    }
    return for_elements(name, member.value(), [&](std::string_view value) -> Result<void> {
        TURNTABLE_TRY(to.emplace_back(), text_of(name, value));
        return {};
    });
}

Result<void> read_member(Head& head, MemberReader& member) {
    if (member.is("format") || member.is("version")) {
        return {};
    }
    TURNTABLE_CHECK(member.text("id", head.id));
    TURNTABLE_CHECK(member.text("name", head.name));
    TURNTABLE_CHECK(member.text("recorder", head.recorder));
    TURNTABLE_CHECK(member.text("transport", head.transport));
    TURNTABLE_CHECK(member.text("endpoint", head.endpoint));
    TURNTABLE_CHECK(member.text("redaction", head.redaction));
    TURNTABLE_CHECK(read_texts(member, "command", head.command));
    TURNTABLE_CHECK(read_attributes(member, head.attributes));
    if (member.is("created")) {
        TURNTABLE_TRY(const std::string text, text_of("created", member.value()));
        const auto time = parse_wall_time(text);
        if (!time) {
            return MemberReader::wrong("created");
        }
        head.created = *time;
    }
    if (member.is("segment")) {
        return for_members("segment", member.value(), [&](MemberReader& inner) -> Result<void> {
            TURNTABLE_CHECK(inner.number("number", head.segment.number));
            TURNTABLE_CHECK(inner.text("previous", head.segment.previous));
            return inner.number("frames_before", head.segment.frames_before);
        });
    }
    if (member.is("links")) {
        return for_elements("links", member.value(), [&](std::string_view link) {
            Link& to = head.links.emplace_back();
            return for_members("links", link, [&to](MemberReader& inner) -> Result<void> {
                TURNTABLE_CHECK(inner.text("relation", to.relation));
                return inner.text("id", to.id);
            });
        });
    }
    return {};
}

Result<void> read_member(Http& http, MemberReader& member) {
    TURNTABLE_CHECK(member.time(http.time));
    TURNTABLE_CHECK(member.number("exchange", http.exchange));
    TURNTABLE_CHECK(member.number("conn", http.connection));
    TURNTABLE_CHECK(member.text("phase", http.phase));
    TURNTABLE_CHECK(member.text("method", http.method));
    TURNTABLE_CHECK(member.text("target", http.target));
    TURNTABLE_CHECK(member.number("status", http.status));
    return read_headers(member, http.headers);
}

Result<void> read_member(Life& life, MemberReader& member) {
    TURNTABLE_CHECK(member.time(life.time));
    TURNTABLE_CHECK(member.number("conn", life.connection));
    TURNTABLE_CHECK(member.text("event", life.event));
    if (member.is("code")) {
        const std::string_view text = member.value();
        std::int64_t code = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
        if (error != std::errc() || end != text.data() + text.size()) {
            return MemberReader::wrong("code");
        }
        life.code = code;
    }
    return member.text("text", life.text);
}

Result<void> read_member(Gap& gap, MemberReader& member) {
    TURNTABLE_CHECK(member.time(gap.time));
    TURNTABLE_CHECK(member.number("frames", gap.frames));
    TURNTABLE_CHECK(member.number("bytes", gap.bytes));
    return member.text("why", gap.why);
}

Result<void> read_member(Note& note, MemberReader& member) {
    TURNTABLE_CHECK(member.time(note.time));
    TURNTABLE_CHECK(member.number("frame", note.frame));
    return member.text("text", note.text);
}

template <class Counts>
Result<void> read_counts(Counts& counts, MemberReader& member) {
    TURNTABLE_CHECK(member.time(counts.time));
    TURNTABLE_CHECK(member.number("records", counts.records));
    TURNTABLE_CHECK(member.number("frames", counts.frames));
    TURNTABLE_CHECK(member.number("bytes", counts.bytes));
    TURNTABLE_CHECK(member.number("dropped", counts.dropped));
    return member.text("chain", counts.chain);
}
Result<void> read_member(Check& check, MemberReader& member) { return read_counts(check, member); }
Result<void> read_member(End& end, MemberReader& member) {
    TURNTABLE_CHECK(member.text("reason", end.reason));
    return read_counts(end, member);
}

Result<void> read_member(Unknown& record, MemberReader& member) { return member.time(record.time); }

/// Which members of a frame held its bytes.
struct FrameForms {
    std::optional<std::string_view> json;
    std::string tail;
    int forms = 0;
};

Result<Part> read_part(std::string_view value) {
    Part part;
    if (value.starts_with('"')) {
        TURNTABLE_TRY(std::string text, text_of("parts", value));
        part.bytes = Bytes::take(std::move(text));
        return part;
    }
    PayloadRef stored;
    std::optional<std::string> plain;
    TURNTABLE_CHECK(for_members("parts", value, [&](MemberReader& member) -> Result<void> {
        if (member.is("base64")) {
            TURNTABLE_TRY(const std::string text, text_of("base64", member.value()));
            plain = from_base64(text);
            return plain ? Result<void>() : MemberReader::wrong("base64");
        }
        TURNTABLE_CHECK(member.text("sha256", stored.sha256));
        return member.number("size", stored.size);
    }));
    const bool named = stored.sha256.size() == 64 &&
                       stored.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (plain.has_value() == named) {
        return MemberReader::wrong("parts");
    }
    if (plain) {
        part.bytes = Bytes::take(std::move(*plain));
    } else {
        part.stored = std::move(stored);
    }
    return part;
}

Result<void> read_redacted(MemberReader& member, std::vector<RedactedSpan>& to) {
    return for_elements("redacted", member.value(), [&to](std::string_view span) -> Result<void> {
        std::vector<std::string_view> values;
        TURNTABLE_CHECK(for_elements("redacted", span, [&](std::string_view v) -> Result<void> {
            values.push_back(v);
            return {};
        }));
        const auto offset = values.size() == 3 ? json_unsigned(values[0]) : std::nullopt;
        const auto size = values.size() == 3 ? json_unsigned(values[1]) : std::nullopt;
        if (!offset || !size) {
            return MemberReader::wrong("redacted");
        }
        TURNTABLE_TRY(std::string rule, text_of("redacted", values[2]));
        to.push_back({*offset, *size, std::move(rule)});
        return {};
    });
}

Result<void> read_payload(Frame& frame, FrameForms& forms, MemberReader& member) {
    if (member.is("json")) {
        const std::string_view json = member.value();
        if (!json.starts_with('{') && !json.starts_with('[')) {
            return MemberReader::wrong("json");
        }
        forms.json = json;
        ++forms.forms;
    } else if (member.is("text")) {
        TURNTABLE_TRY(std::string text, text_of("text", member.value()));
        frame.payload = Bytes::take(std::move(text));
        ++forms.forms;
    } else if (member.is("base64")) {
        TURNTABLE_TRY(const std::string text, text_of("base64", member.value()));
        auto bytes = from_base64(text);
        if (!bytes) {
            return MemberReader::wrong("base64");
        }
        frame.payload = Bytes::take(std::move(*bytes));
        ++forms.forms;
    } else if (member.is("parts")) {
        ++forms.forms;
        return for_elements("parts", member.value(), [&](std::string_view value) -> Result<void> {
            TURNTABLE_TRY(frame.parts.emplace_back(), read_part(value));
            return {};
        });
    }
    return {};
}

Result<void> read_member(Frame& frame, FrameForms& forms, MemberReader& member) {
    TURNTABLE_CHECK(member.number("n", frame.number));
    TURNTABLE_CHECK(member.time(frame.time));
    TURNTABLE_CHECK(read_payload(frame, forms, member));
    if (member.taken()) {
        return {};
    }
    TURNTABLE_CHECK(member.text("tail", forms.tail));
    if (member.is("dir")) {
        const std::string_view value = member.value();
        const auto direction =
            value.size() >= 2 ? parse_direction(value.substr(1, value.size() - 2)) : std::nullopt;
        if (!direction) {
            return MemberReader::wrong("dir");
        }
        frame.direction = *direction;
    }
    TURNTABLE_CHECK(member.number("conn", frame.connection));
    TURNTABLE_CHECK(member.number("exchange", frame.exchange));
    TURNTABLE_CHECK(member.number("truncated", frame.truncated_from));
    return member.is("redacted") ? read_redacted(member, frame.redacted) : Result<void>();
}

void add_extra(std::string& extra, std::string_view line, const JsonWalk& walk) {
    const std::size_t end = walk.value_begin() + walk.value().size();
    extra += extra.empty() ? "" : ",";
    extra += line.substr(walk.begin(), end - walk.begin());
}

/// Reads all members but `kind` and `crc` with `read`; `walk` stands on the first.
template <class R, class Read>
Result<Record> read_record(R record, std::string_view line, JsonWalk& walk, const Read& read) {
    // The names seen, to refuse one that comes twice: two readers might take different ones.
    constexpr std::size_t members_max = limits::members_max - 1;  // one is the kind
    std::vector<std::string_view> seen;
    while (walk.next()) {
        const std::string_view name = walk.name();
        for (const std::string_view before : seen) {
            if (before == name) {
                return damaged("the member " + std::string(name) + " is there twice");
            }
        }
        if (seen.size() == members_max) {
            return damaged("a record has at most 256 members");
        }
        seen.push_back(name);
        if (name == "crc") {
            continue;
        }
        MemberReader member(name, walk.value());
        TURNTABLE_CHECK(read(record, member));
        if (!member.taken()) {
            add_extra(record.extra, line, walk);
        }
    }
    if (!walk.complete() || walk.end() != line.size()) {
        return damaged("a line is not an object of JSON");
    }
    return Record(std::move(record));
}

template <class R>
Result<Record> read_plain(std::string_view line, JsonWalk& walk) {
    return read_record(R{}, line, walk,
                       [](R& record, MemberReader& member) { return read_member(record, member); });
}

Result<Record> read_frame(std::string_view line, JsonWalk& walk) {
    FrameForms forms;
    TURNTABLE_TRY(Record record,
                  read_record(Frame{}, line, walk, [&forms](Frame& frame, MemberReader& member) {
                      return read_member(frame, forms, member);
                  }));
    auto& frame = std::get<Frame>(record);
    if (forms.forms != 1) {
        return damaged("a frame has its bytes in one of json, text, base64, parts");
    }
    if (forms.json) {
        frame.payload = Bytes::joined(*forms.json, forms.tail);
    }
    std::uint64_t size = frame.payload.size();
    for (const Part& part : frame.parts) {
        const std::uint64_t more = part.stored ? part.stored->size : part.bytes.size();
        size = more > limits::frame_bytes_max ? limits::frame_bytes_max + 1 : size + more;
        if (size > limits::frame_bytes_max) {
            break;
        }
    }
    if (size > limits::frame_bytes_max) {
        return damaged("a frame has at most 32 MiB");
    }
    return record;
}

}  // namespace

Result<Record> parse_record(std::string_view line) {
    JsonWalk walk(line, line_depth_max);
    if (!walk.next() || walk.name() != "kind" || !walk.value().starts_with('"')) {
        return damaged("a line does not begin with the kind of a record");
    }
    const std::string_view kind = walk.value().substr(1, walk.value().size() - 2);
    if (kind == "frame") {
        return read_frame(line, walk);
    }
    if (kind == "http") {
        return read_plain<Http>(line, walk);
    }
    if (kind == "life") {
        return read_plain<Life>(line, walk);
    }
    if (kind == "gap") {
        return read_plain<Gap>(line, walk);
    }
    if (kind == "note") {
        return read_plain<Note>(line, walk);
    }
    if (kind == "check") {
        return read_plain<Check>(line, walk);
    }
    if (kind == "end") {
        return read_plain<End>(line, walk);
    }
    if (kind == "head") {
        return read_plain<Head>(line, walk);
    }
    Unknown unknown;
    unknown.kind = kind;
    return read_record(std::move(unknown), line, walk, [](Unknown& record, MemberReader& member) {
        return read_member(record, member);
    });
}

LineKey key_of(std::string_view line) noexcept {
    LineKey key;
    JsonWalk walk(line, line_depth_max);
    bool frame = false;
    while (!(key.time && (key.number || !frame)) && walk.next()) {
        if (walk.name() == "kind") {
            frame = walk.value() == "\"frame\"";
        } else if (walk.name() == "t") {
            key.time = json_unsigned(walk.value());
        } else if (walk.name() == "n" && frame) {
            key.number = json_unsigned(walk.value());
        }
    }
    return key;
}

}  // namespace turntable::inline v0::tape
