#include "tape/capture/builder.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "turntable/core/sha256.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape::capture {

namespace {

constexpr std::size_t problems_max = 100;
/// Bytes of a text in the head, which has a limit as a whole.
constexpr std::size_t head_text_max = 4096;

/// The beginning of a text, whole characters only.
std::string shortened(std::string text) {
    if (text.size() > head_text_max) {
        std::size_t size = head_text_max;
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
            --size;
        }
        text.resize(size);
    }
    return text;
}

/// A tag without what no tag may have.
std::string as_tag(std::string text) {
    for (char& c : text) {
        const bool odd = static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '(' ||
                         c == ')' || c == ',' || c == '\x7f';
        c = odd ? '-' : c;
    }
    return text;
}

/// Headers that tell of the protocol; all others stay out, for some are secrets.
bool is_known_header(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{"accept",    "contenttype", "contentlength",
                                                    "useragent", "lasteventid", "date"};
    const std::string word = plain_word(name);
    return word.starts_with("mcp") || std::ranges::find(names, word) != names.end();
}

/// Spans that some recorder put in place of a secret, such as `[REDACTED]`.
std::vector<RedactedSpan> placeholders(std::string_view text, std::string_view rule) {
    std::vector<RedactedSpan> spans;
    for (const std::string_view mark : {"[REDACTED", "[redacted"}) {
        for (std::size_t at = text.find(mark); at != std::string_view::npos;
             at = text.find(mark, at + 1)) {
            const std::size_t end = text.find(']', at);
            if (end != std::string_view::npos && spans.size() < problems_max) {
                spans.push_back({at, end + 1 - at, std::string(rule)});
            }
        }
    }
    std::ranges::sort(spans, {}, &RedactedSpan::offset);
    // Spans do not overlap.
    std::uint64_t end = 0;
    std::erase_if(spans, [&end](const RedactedSpan& span) {
        const bool inside = span.offset < end;
        end = inside ? end : span.offset + span.size;
        return inside;
    });
    return spans;
}

}  // namespace

Builder::Builder(CaptureFormat format, std::string_view text, const CaptureOptions& options)
    : identity(text), format_(format), text_(text), options_(options) {}

void Builder::attribute(std::string_view name, const std::string& value) {
    const bool there = std::ranges::any_of(
        head.attributes, [name](const auto& attribute) { return attribute.first == name; });
    if (!value.empty() && !there) {
        head.attributes.emplace_back(name, shortened(value));
    }
}

void Builder::problem(std::size_t offset, std::string what) {
    ++problem_count_;
    if (problems_.size() >= problems_max) {
        return;
    }
    if (offset < counted_to_) {
        counted_to_ = 0;
        line_ = 1;
    }
    const std::string_view between = text_.substr(counted_to_, offset - counted_to_);
    line_ += static_cast<std::uint64_t>(std::ranges::count(between, '\n'));
    counted_to_ = offset;
    problems_.push_back({offset, line_, std::move(what)});
}

void Builder::leave_out(const std::string& what, std::uint64_t count) {
    // A file of ever new names must not grow in here.
    constexpr std::size_t kinds_max = 100;
    const std::string kind = shortened(what);
    if (left_out_.size() < kinds_max || left_out_.contains(kind)) {
        left_out_[kind] += count;
    }
}

void Builder::leave_out_others(const Members& members, std::string_view where,
                               std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : members.all()) {
        if (std::ranges::find(known, name) == known.end() && value != "null" && value != "[]" &&
            value != "{}" && value != "\"\"") {
            leave_out(std::string(where) + " " + std::string(name));
        }
    }
}

void Builder::record(const std::optional<When>& when, Record record) {
    items_.push_back({when, std::move(record)});
}

std::uint64_t Builder::frame(const std::optional<When>& when, Frame frame, std::string text) {
    const bool on_pipe = head.transport.empty() || head.transport == "stdio";
    if (on_pipe && frame.truncated_from == 0) {
        text += text.ends_with('\n') ? "" : "\n";
    }
    if (text.size() > limits::frame_bytes_max) {
        frame.truncated_from = std::max<std::uint64_t>(frame.truncated_from, text.size());
        text.resize(limits::frame_bytes_max);
    }
    // Who cut it does not always say how long it was: longer than what there is.
    if (frame.truncated_from != 0) {
        frame.truncated_from = std::max<std::uint64_t>(frame.truncated_from, text.size() + 1);
    }
    frame.redacted = placeholders(text, to_string(format_));
    frame.payload = Bytes::copy(text);
    record(when, std::move(frame));
    return ++frames_;
}

void Builder::number(const std::optional<When>& when, const std::string& of,
                     std::optional<std::uint64_t> number) {
    if (!number) {
        return;
    }
    const auto [last, first] = numbers_.try_emplace(of, *number);
    if (!first && *number > last->second + 1) {
        const std::uint64_t missing = *number - last->second - 1;
        record(when, Gap{.frames = missing,
                         .why = "the capture has no frame between number " +
                                std::to_string(last->second) + " and " + std::to_string(*number)});
    }
    last->second = std::max(last->second, *number);
}

std::uint64_t Builder::connection(const std::optional<When>& when, const std::string& session) {
    if (session.empty()) {
        return 0;  // not told of this frame
    }
    const auto [found, added] = connections_.try_emplace(session, connections_.size());
    if (added && connections_.size() > 1) {
        record(when, Life{.event = "connect", .text = session, .connection = found->second});
    }
    return found->second;
}

WallNanoseconds Builder::start() const {
    std::optional<std::int64_t> earliest;
    const auto take = [&earliest](const std::optional<When>& when) {
        if (when && !when->relative) {
            earliest = std::min(earliest.value_or(when->nanoseconds), when->nanoseconds);
        }
    };
    take(began);
    for (const Item& item : items_) {
        take(item.when);
    }
    return WallNanoseconds(
        std::chrono::nanoseconds(std::max<std::int64_t>(0, earliest.value_or(0))));
}

std::string Builder::tape_id() const {
    if (is_tape_id(id)) {
        return id;
    }
    const std::string content = std::string(to_string(format_)) + "\n" + id + "\n" +
                                (id.empty() ? std::string(identity) : std::string());
    constexpr std::size_t digits = 32;
    return "imported-" + to_hex(Sha256::of(ByteView(content))).substr(0, digits);
}

void Builder::complete_head() {
    head.id = tape_id();
    head.name = shortened(std::move(head.name));
    head.endpoint = shortened(std::move(head.endpoint));
    head.transport = shortened(std::move(head.transport));
    head.recorder = shortened(head.recorder.empty() ? std::string(to_string(format_))
                                                    : std::move(head.recorder));
    head.created = start();
    if (!began && head.created == WallNanoseconds()) {
        leave_out("the time of the session: the capture has none");
    }
    attribute("imported_from", std::string(to_string(format_)));
    attribute("imported_file", options_.file);
    if (id != head.id) {
        attribute("imported_id", id);
    }
    std::vector<std::string> tags;
    std::string list;
    for (const std::string& tag : labels.tags) {
        std::string right = as_tag(tag);
        if (right.empty() || right.size() > limits::tag_bytes_max) {
            leave_out("a tag that is empty or too long");
            continue;
        }
        if (right != tag) {
            leave_out("signs of a tag that no tag may have");
        }
        list += (list.empty() ? "" : ",") + right;
        tags.push_back(std::move(right));
    }
    std::ranges::sort(tags);
    tags.erase(std::ranges::unique(tags).begin(), tags.end());
    labels.tags = std::move(tags);
    labels.description = shortened(std::move(labels.description));
    attribute("tags", list);
}

Result<std::string> Builder::written() {
    std::string out;
    if (options_.redactor != nullptr) {
        options_.redactor->redact(head);
        labels.description = options_.redactor->redacted(labels.description);
        head.redaction = options_.redactor->policy();
    }
    TURNTABLE_TRY(Writer writer,
                  Writer::create(std::make_unique<MemorySink>(out), head, {.flush_each = false}));
    const std::int64_t start = head.created.time_since_epoch().count();
    TapeTime time{};
    for (Item& item : items_) {
        if (item.when) {
            const std::int64_t nanoseconds =
                item.when->nanoseconds - (item.when->relative ? 0 : start);
            time = std::max(time, TapeTime(nanoseconds));
        }
        std::visit(
            [&](auto& record) {
                if constexpr (requires { record.time; }) {
                    record.time = time;
                }
            },
            item.record);
        if (options_.redactor != nullptr) {
            options_.redactor->redact(item.record);
        }
        TURNTABLE_CHECK(writer.append(item.record));
        item.record = Note();  // its bytes are in the tape now
    }
    if (whole) {
        TURNTABLE_CHECK(writer.end(time));
    }
    TURNTABLE_CHECK(writer.flush());
    return out;
}

Result<Capture> Builder::finish() {
    if (frames_ == 0 && problem_count_ > 0) {
        const CaptureProblem& first = problems_.front();
        return Error(ErrorCode::corrupt, "not one frame of this " +
                                             std::string(to_string(format_)) +
                                             " capture can be read: " + first.what)
            .with("line", std::to_string(first.line))
            .with("offset", std::to_string(first.offset));
    }
    complete_head();
    Capture out;
    TURNTABLE_TRY(std::string tape, written());
    out.format = format_;
    out.id = head.id;
    out.tape = Bytes::take(std::move(tape));
    out.labels = std::move(labels);
    out.problems = std::move(problems_);
    out.problem_count = problem_count_;
    for (const auto& [what, count] : left_out_) {
        out.left_out.push_back({what, count});
    }
    return out;
}

std::string message_text(Builder& builder, std::string_view value) {
    if (value.starts_with('"')) {
        return text_of(value);
    }
    Members members(value);
    if (const auto only = members.only()) {
        const std::string word = plain_word(only->first);
        if ((word == "request" || word == "response" || word == "notification") &&
            only->second.starts_with('{')) {
            value = only->second;
            members = Members(value);
        }
    }
    std::string text = compact(value);
    const bool message = !members.find({"method", "result", "error", "id"}).empty();
    if (message && members.find({"jsonrpc"}).empty()) {
        builder.leave_out("jsonrpc: the capture has none, it was put in again");
        text.insert(1, "\"jsonrpc\":\"2.0\",");
    }
    return text;
}

std::optional<Http> http_of(Builder& builder, std::string_view transport) {
    Members members(transport);
    if (const auto only = members.only(); only && only->second.starts_with('{')) {
        members = plain_word(only->first) == "http" ? Members(only->second) : Members();
    }
    Http http{.method = members.text({"method"}), .target = members.text({"uri", "url", "path"})};
    const auto status = number_of(members.find({"status", "status_code"}));
    constexpr double status_max = 999;
    if (status && *status >= 0 && *status <= status_max) {
        http.status = static_cast<std::uint64_t>(*status);
    }
    if (http.method.empty() && http.target.empty() && http.status == 0) {
        return std::nullopt;
    }
    http.exchange = builder.exchange();
    http.phase = http.status == 0 ? "open" : "response";
    const Members headers = members.object({"headers"});
    for (const auto& [name, value] : headers.all()) {
        if (is_known_header(name) && http.headers.size() < limits::members_max / 2) {
            http.headers.emplace_back(std::string(name), text_of(value));
        } else {
            builder.leave_out("http header " + std::string(name));
        }
    }
    return http;
}

}  // namespace turntable::inline v0::tape::capture
