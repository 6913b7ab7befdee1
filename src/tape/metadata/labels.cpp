#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "tape/json_scan.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/metadata.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::array<std::pair<TapeState, std::string_view>, 5> states{
    {{TapeState::recording, "recording"},
     {TapeState::complete, "complete"},
     {TapeState::incomplete, "incomplete"},
     {TapeState::interrupted, "interrupted"},
     {TapeState::damaged, "damaged"}}};

bool is_letter_or_digit(char sign) noexcept {
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') ||
           (sign >= '0' && sign <= '9');
}

Result<void> check_tag(std::string_view tag) {
    const bool right = !tag.empty() && is_utf8(tag) && std::ranges::none_of(tag, [](char sign) {
        return static_cast<unsigned char>(sign) <= 0x20 || sign == '"' || sign == '(' ||
               sign == ')' || sign == '\x7f';
    });
    if (!right) {
        return Error(ErrorCode::invalid_argument,
                     "a tag is a word without white space, quotes and brackets")
            .with("tag", std::string(tag));
    }
    if (tag.size() > limits::tag_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "a tag has at most " + std::to_string(limits::tag_bytes_max) + " bytes");
    }
    return {};
}

std::size_t bytes_of(const Labels& labels) {
    std::size_t bytes = labels.name.size() + labels.description.size();
    for (const std::string& tag : labels.tags) {
        bytes += tag.size();
    }
    for (const std::string& note : labels.notes) {
        bytes += note.size();
    }
    for (const auto& [name, value] : labels.attributes) {
        bytes += name.size() + value.size();
    }
    return bytes;
}

bool all_utf8(const Labels& labels) {
    return is_utf8(labels.name) && is_utf8(labels.description) &&
           std::ranges::all_of(labels.notes, is_utf8) &&
           std::ranges::all_of(labels.attributes, [](const auto& attribute) {
               return is_utf8(attribute.first) && is_utf8(attribute.second);
           });
}

}  // namespace

std::string_view to_string(TapeState state) noexcept {
    for (const auto& [value, name] : states) {
        if (value == state) {
            return name;
        }
    }
    return "unknown";
}

std::optional<TapeState> parse_tape_state(std::string_view text) noexcept {
    for (const auto& [value, name] : states) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

Result<Labels> changed(Labels labels, const LabelChange& change) {
    labels.name = change.name.value_or(std::move(labels.name));
    labels.description = change.description.value_or(std::move(labels.description));
    labels.pinned = change.pinned.value_or(labels.pinned);
    for (const std::string& tag : change.remove_tags) {
        std::erase(labels.tags, tag);
    }
    for (const std::string& tag : change.add_tags) {
        TURNTABLE_CHECK(check_tag(tag));
        const auto place = std::ranges::lower_bound(labels.tags, tag);
        if (place == labels.tags.end() || *place != tag) {
            labels.tags.insert(place, tag);
        }
    }
    labels.notes.insert(labels.notes.end(), change.add_notes.begin(), change.add_notes.end());
    for (const std::string& name : change.remove_attributes) {
        labels.attributes.erase(name);
    }
    for (const auto& [name, value] : change.set_attributes) {
        TURNTABLE_CHECK(check_tag(name));
        labels.attributes[name] = value;
    }
    if (!all_utf8(labels)) {
        return Error(ErrorCode::invalid_argument, "what is said of a tape is text in UTF-8");
    }
    if (bytes_of(labels) > limits::labels_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "name, description, tags, notes and attributes of a tape have at most " +
                         std::to_string(limits::labels_bytes_max) + " bytes together");
    }
    return labels;
}

Labels initial_labels(const TapeMetadata& metadata) {
    Labels labels;
    const auto found = metadata.head_attributes.find("tags");
    if (found == metadata.head_attributes.end()) {
        return labels;
    }
    std::string_view rest = found->second;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        // What is no tag is left out: a head may come from anywhere.
        if (auto more = changed(labels, {.add_tags = {std::string(rest.substr(0, comma))}})) {
            labels = *std::move(more);
        }
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return labels;
}

bool is_tape_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= limits::id_bytes_max && is_letter_or_digit(text[0]) &&
           std::ranges::all_of(text, [](char sign) {
               return is_letter_or_digit(sign) || sign == '-' || sign == '_';
           });
}

Result<void> check_tape_id(std::string_view text) {
    if (is_tape_id(text)) {
        return {};
    }
    return Error(ErrorCode::invalid_argument,
                 "the id of a tape in a library is 1 to 64 letters, digits, '-' and '_', the first "
                 "of them a letter or digit");
}

}  // namespace turntable::inline v0::tape
