#include "tape/search/values.hpp"

#include <algorithm>

#include "tape/metadata/calls.hpp"

namespace turntable::inline v0::tape {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : " ";
        text += word;
    }
    return text;
}

bool any_label(const TapeMetadata& tape, const std::function<bool(std::string_view)>& test) {
    return test(tape.name()) || test(tape.labels.description) ||
           std::ranges::any_of(tape.labels.tags, test) ||
           std::ranges::any_of(tape.labels.notes, test);
}

bool any_attribute(const TapeMetadata& tape, const std::string& key,
                   const std::function<bool(std::string_view)>& test) {
    const auto by_people = tape.labels.attributes.find(key);
    if (by_people != tape.labels.attributes.end()) {
        return test(by_people->second);
    }
    const auto of_head = tape.head_attributes.find(key);
    return of_head != tape.head_attributes.end() && test(of_head->second);
}

std::int64_t nanoseconds(TapeTime time) noexcept { return time.count(); }

}  // namespace

bool any_text(const TapeMetadata& tape, const Term& term,
              const std::function<bool(std::string_view)>& test) {
    switch (term.field) {
        case Field::id:
            return test(tape.id);
        case Field::name:
            return test(tape.name());
        case Field::description:
            return test(tape.labels.description);
        case Field::tag:
            return std::ranges::any_of(tape.labels.tags, test);
        case Field::note:
            return std::ranges::any_of(tape.labels.notes, test);
        case Field::attribute:
            return any_attribute(tape, term.key, test);
        case Field::state:
            return test(to_string(tape.state));
        case Field::transport:
            return test(tape.transport);
        case Field::protocol:
            return test(tape.facts.protocol);
        case Field::version:
            return std::ranges::any_of(tape.facts.versions, test);
        case Field::client:
            return test(tape.facts.client.name);
        case Field::server:
            return test(tape.facts.server.name);
        case Field::recorder:
            return test(tape.recorder);
        case Field::command:
            return test(joined(tape.command));
        case Field::endpoint:
            return test(tape.endpoint);
        case Field::redaction:
            return test(tape.redaction);
        case Field::link:
            return std::ranges::any_of(tape.links, test, &Link::id);
        case Field::text:
            return any_label(tape, test);
        default:
            return false;
    }
}

std::int64_t number_of(const TapeMetadata& tape, Field field) noexcept {
    const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    switch (field) {
        case Field::pinned:
            return tape.labels.pinned ? 1 : 0;
        case Field::created:
            return tape.created.time_since_epoch().count();
        case Field::duration:
            return nanoseconds(tape.duration);
        case Field::frames:
            return count(tape.frames);
        case Field::size:
            return count(tape.bytes);
        case Field::stored:
            return count(tape.stored_bytes);
        case Field::dropped:
            return count(tape.dropped);
        case Field::redacted:
            return count(tape.redacted);
        case Field::requests:
            return count(tape.facts.requests);
        case Field::notifications:
            return count(tape.facts.notifications);
        case Field::errors:
            return count(tape.facts.errors);
        case Field::unanswered:
            return count(tape.facts.unanswered);
        case Field::noise:
            return count(tape.facts.noise);
        case Field::p50:
            return nanoseconds(tape.latency.p50);
        case Field::p95:
            return nanoseconds(tape.latency.p95);
        case Field::slowest:
            return nanoseconds(tape.latency.most);
        default:
            return 0;
    }
}

const std::string& sort_text(const TapeMetadata& tape, Field field) noexcept {
    return field == Field::name ? tape.name() : tape.id;
}

std::string_view call_text(const Call& call, Field field) noexcept {
    switch (field) {
        case Field::method:
            return call.method;
        case Field::tool:
            return subject_of(call, tool_method);
        case Field::resource:
            return subject_of(call, resource_method);
        case Field::prompt:
            return subject_of(call, prompt_method);
        case Field::subject:
            return call.subject;
        case Field::error:
            return call.error;
        case Field::message:
            return call.error_text;
        case Field::direction:
            return to_string(call.direction);
        default:
            return {};
    }
}

}  // namespace turntable::inline v0::tape
