#include <array>
#include <utility>

#include "turntable/tape/criteria.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr FieldInfo text(Field field, std::string_view name, TextMatch has, std::string_view help,
                         bool sortable = false) {
    return {field, name, FieldType::text, has, false, false, sortable, help};
}
constexpr FieldInfo several(Field field, std::string_view name, TextMatch has,
                            std::string_view help) {
    return {field, name, FieldType::text, has, false, true, false, help};
}
constexpr FieldInfo number(Field field, std::string_view name, FieldType type,
                           std::string_view help) {
    return {field, name, type, TextMatch::whole, false, false, true, help};
}
constexpr FieldInfo of_call(Field field, std::string_view name, TextMatch has,
                            std::string_view help) {
    return {field, name, FieldType::text, has, true, true, false, help};
}

constexpr std::array all_fields{
    text(Field::id, "id", TextMatch::prefix, "its id, by the first signs", true),
    text(Field::name, "name", TextMatch::part, "its name", true),
    text(Field::description, "description", TextMatch::part, "what people say of it"),
    several(Field::tag, "tag", TextMatch::whole, "a tag"),
    several(Field::note, "note", TextMatch::part, "a note"),
    several(Field::attribute, "attr.NAME", TextMatch::whole,
            "an attribute, of people or of the head"),
    text(Field::state, "state", TextMatch::whole,
         "`recording`, `complete`, `incomplete`, `interrupted`, `damaged`"),
    FieldInfo{Field::pinned, "pinned", FieldType::flag, TextMatch::whole, false, false, false,
              "it is pinned"},
    number(Field::created, "created", FieldType::time, "when it began"),
    number(Field::duration, "duration", FieldType::duration, "how long it is"),
    number(Field::frames, "frames", FieldType::count, "how many frames it has"),
    number(Field::size, "size", FieldType::bytes, "bytes in frames"),
    number(Field::stored, "stored", FieldType::bytes, "bytes as stored"),
    number(Field::dropped, "dropped", FieldType::count, "frames that were not recorded"),
    number(Field::redacted, "redacted", FieldType::count, "secrets that were taken out"),
    text(Field::transport, "transport", TextMatch::whole, "such as `stdio`"),
    text(Field::protocol, "protocol", TextMatch::whole, "such as `mcp`"),
    several(Field::version, "version", TextMatch::whole, "a version of the protocol"),
    text(Field::client, "client", TextMatch::part, "the name that the client gives itself"),
    text(Field::server, "server", TextMatch::part, "the name that the server gives itself"),
    text(Field::recorder, "recorder", TextMatch::part, "which program recorded it"),
    text(Field::command, "command", TextMatch::part, "the command that was recorded"),
    text(Field::endpoint, "endpoint", TextMatch::part, "where the server was"),
    text(Field::redaction, "redaction", TextMatch::part, "the rules of its redaction"),
    several(Field::link, "link", TextMatch::whole, "the id of a tape that it refers to"),
    number(Field::requests, "requests", FieldType::count, "how many requests it has"),
    number(Field::notifications, "notifications", FieldType::count, "how many notifications"),
    number(Field::errors, "errors", FieldType::count, "how many calls failed"),
    number(Field::unanswered, "unanswered", FieldType::count, "how many got no answer"),
    number(Field::noise, "noise", FieldType::count, "frames that are no messages"),
    number(Field::p50, "p50", FieldType::duration, "half of its calls took at most this long"),
    number(Field::p95, "p95", FieldType::duration, "95 of 100 calls took at most this long"),
    number(Field::slowest, "slowest", FieldType::duration, "how long its slowest call took"),
    of_call(Field::method, "method", TextMatch::whole, "the method, such as `tools/call`"),
    of_call(Field::tool, "tool", TextMatch::whole, "the name of a tool that was called"),
    of_call(Field::resource, "resource", TextMatch::whole, "the URI of a resource that was read"),
    of_call(Field::prompt, "prompt", TextMatch::whole, "the name of a prompt that was asked for"),
    of_call(Field::subject, "subject", TextMatch::whole, "what the method was applied to"),
    of_call(Field::error, "error", TextMatch::whole,
            "it failed, with this code; alone: with any code"),
    of_call(Field::message, "message", TextMatch::part, "the message of the error"),
    of_call(Field::direction, "direction", TextMatch::whole, "who asked: `c2s`, `s2c`"),
    FieldInfo{Field::took, "took", FieldType::duration, TextMatch::whole, true, true, false,
              "how long the answer took"},
    several(Field::text, "text", TextMatch::part,
            "a frame, the name, the description, a tag or a note holds it"),
};

constexpr bool in_order() {
    for (std::size_t index = 0; index < all_fields.size(); ++index) {
        if (static_cast<std::size_t>(all_fields[index].field) != index) {
            return false;
        }
    }
    return true;
}
static_assert(in_order() && all_fields.size() == static_cast<std::size_t>(Field::text) + 1);

}  // namespace

std::span<const FieldInfo> query_fields() noexcept { return all_fields; }

const FieldInfo& field_info(Field field) noexcept {
    return all_fields[static_cast<std::size_t>(field)];
}

std::string_view to_string(Answered answered) noexcept {
    return answered == Answered::index ? "index" : "scan";
}

}  // namespace turntable::inline v0::tape
