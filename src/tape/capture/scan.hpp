#pragma once

#include <string>
#include <string_view>

#include "tape/capture/builder.hpp"
#include "tape/json_scan.hpp"
#include "turntable/tape/limits.hpp"

/// \file
/// Going over the text of a capture, whole or not.
namespace turntable::inline v0::tape::capture {

/// A place in the text of a document.
class Cursor {
  public:
    explicit Cursor(std::string_view text) noexcept : text_(text) {}

    std::size_t at = 0;

    void space() noexcept {
        constexpr std::string_view spaces = " \t\r\n";
        at = std::min(text_.find_first_not_of(spaces, at), text_.size());
    }
    bool take(char c) noexcept {
        const bool there = at < text_.size() && text_[at] == c;
        at += there ? 1 : 0;
        return there;
    }
    bool ended() const noexcept { return at >= text_.size(); }
    /// The value here, and goes behind it; empty if there is none.
    std::string_view value() noexcept {
        const std::size_t end =
            ended() ? std::string_view::npos : json_value_end(text_, at, limits::json_depth_max);
        if (end == std::string_view::npos) {
            return {};
        }
        const std::string_view found = text_.substr(at, end - at);
        at = end;
        return found;
    }
    /// The white space before this place on its line; nothing if something else stands there.
    std::string_view indent() const noexcept {
        const std::size_t line = text_.rfind('\n', at) + 1;
        const std::string_view before = text_.substr(line, at - line);
        return line == 0 || before.find_first_not_of(" \t") != std::string_view::npos
                   ? std::string_view()
                   : before;
    }

  private:
    std::string_view text_;
};

/// Where the array of this name begins, just behind its `[`, from `from` on; npos if it is not
/// there. For a document whose members before it are damaged.
inline std::size_t find_array(std::string_view text, std::string_view name, std::size_t from) {
    const std::string quoted = "\"" + std::string(name) + "\"";
    for (std::size_t at = text.find(quoted, from); at != std::string_view::npos;
         at = text.find(quoted, at + 1)) {
        Cursor cursor(text);
        cursor.at = at + quoted.size();
        cursor.space();
        const bool named = cursor.take(':');
        cursor.space();
        if (named && cursor.take('[')) {
            return cursor.at;
        }
    }
    return std::string_view::npos;
}

/// Calls `on_element(element, offset)` for each element behind the `[`. What is damaged is left out
/// as far as the next that begins like the first. False if the array has no end.
template <class OnElement>
bool scan_elements(Builder& builder, Cursor& cursor, const OnElement& on_element) {
    const std::string_view text = builder.text();
    std::string next_element;
    while (true) {
        cursor.space();
        if (cursor.take(',')) {
            continue;
        }
        if (cursor.take(']')) {
            return true;
        }
        if (next_element.empty() && !cursor.indent().empty()) {
            next_element = "\n" + std::string(cursor.indent()) + "{";
        }
        const std::size_t begin = cursor.at;
        if (const std::string_view element = cursor.value(); !element.empty()) {
            on_element(element, begin);
            continue;
        }
        // What is printed with indents shows where the next one begins.
        const std::size_t next =
            next_element.empty() ? std::string_view::npos : text.find(next_element, begin);
        if (next == std::string_view::npos) {
            builder.problem(begin, "torn: the rest cannot be read");
            return false;
        }
        builder.problem(begin, "damaged: left out up to the next of its kind");
        cursor.at = next + next_element.size() - 1;
    }
}

/// Goes over the members of a document, `on_member(name, value)`, and over the elements of its
/// array of this name, also where some are damaged or the end is missing: what is wrong becomes
/// problems of the builder. False if the document has no end.
template <class OnMember, class OnElement>
bool scan_document(Builder& builder, std::string_view array, const OnMember& on_member,
                   const OnElement& on_element) {
    Cursor cursor(builder.text());
    cursor.space();
    if (!cursor.take('{')) {
        builder.problem(cursor.at, "no JSON object");
        return false;
    }
    bool array_seen = false;
    // What cannot be read costs what stands before the array at most.
    const auto go_on_in_array = [&](std::size_t begin) {
        const std::size_t next =
            array_seen ? std::string_view::npos : find_array(builder.text(), array, begin);
        const bool found = next != std::string_view::npos;
        builder.problem(begin, found ? "damaged: left out up to the " + std::string(array)
                                     : std::string("torn: the rest cannot be read"));
        array_seen = true;
        cursor.at = found ? next : cursor.at;
        return found && scan_elements(builder, cursor, on_element);
    };
    while (true) {
        cursor.space();
        if (cursor.take(',')) {
            continue;
        }
        if (cursor.take('}')) {
            cursor.space();
            if (!cursor.ended()) {
                builder.problem(cursor.at, "something stands behind the end");
            }
            if (!array_seen) {
                builder.problem(0, "it has no " + std::string(array));
            }
            return true;
        }
        const std::size_t begin = cursor.at;
        const std::string_view name = cursor.value();
        cursor.space();
        if (!name.starts_with('"') || !cursor.take(':')) {
            if (!go_on_in_array(begin)) {
                return false;
            }
            continue;
        }
        cursor.space();
        if (name.substr(1, name.size() - 2) == array && cursor.take('[')) {
            array_seen = true;
            if (!scan_elements(builder, cursor, on_element)) {
                return false;
            }
            continue;
        }
        const std::string_view value = cursor.value();
        if (value.empty()) {
            if (!go_on_in_array(begin)) {
                return false;
            }
            continue;
        }
        on_member(name.substr(1, name.size() - 2), value);
    }
}

/// Calls `on_line(object, offset)` for each line that is a JSON object; others become problems.
/// False if the last line is torn.
template <class OnLine>
bool scan_lines(Builder& builder, const OnLine& on_line) {
    const std::string_view text = builder.text();
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at);
        const bool last = end == std::string_view::npos;
        Cursor cursor(text.substr(0, last ? text.size() : end));
        cursor.at = at;
        cursor.space();
        const std::size_t begin = cursor.at;
        if (!cursor.ended()) {
            const std::string_view value = cursor.value();
            cursor.space();
            if (value.starts_with('{') && cursor.ended()) {
                on_line(value, begin);
            } else if (last) {
                builder.problem(begin, "torn: the last line cannot be read");
                return false;
            } else {
                builder.problem(begin, "no JSON object");
            }
        }
        at = last ? text.size() : end + 1;
    }
    return true;
}

}  // namespace turntable::inline v0::tape::capture
