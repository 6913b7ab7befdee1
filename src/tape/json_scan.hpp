#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"

/// \file
/// JSON by position: what a tape needs is where values begin and end, not their tree.
namespace turntable::inline v0::tape {

/// Where the value that begins at `from` ends, without white space around it; npos if it is not
/// strict JSON in valid UTF-8 or has more than `depth_max` levels.
TURNTABLE_EXPORT std::size_t json_value_end(std::string_view text, std::size_t from,
                                            unsigned depth_max) noexcept;

TURNTABLE_EXPORT bool is_utf8(std::string_view text) noexcept;

/// Appends a JSON string; `text` must be valid UTF-8.
TURNTABLE_EXPORT void append_json_string(std::string& out, std::string_view text);

/// The text of a JSON string that json_value_end went over, quotes included; nothing if it names
/// half a surrogate pair.
TURNTABLE_EXPORT std::optional<std::string> json_string_text(std::string_view quoted);

/// An integer without sign, fraction or exponent.
TURNTABLE_EXPORT std::optional<std::uint64_t> json_unsigned(std::string_view text) noexcept;

/// Walks over the members of an object or the elements of an array.
class TURNTABLE_EXPORT JsonWalk {
  public:
    /// `text` begins with `{` or `[`; levels below count against `depth_max`.
    JsonWalk(std::string_view text, unsigned depth_max) noexcept;

    /// False at the end, and when the text is not JSON.
    bool next() noexcept;
    /// Of an object: the name between its quotes, as it stands.
    std::string_view name() const noexcept { return name_; }
    std::string_view value() const noexcept { return value_; }
    /// Where the member or element begins: its name or value.
    std::size_t begin() const noexcept { return begin_; }
    std::size_t value_begin() const noexcept { return value_begin_; }
    /// After next() gave false: whether the text was JSON to its closing bracket.
    bool complete() const noexcept { return complete_; }
    /// Just behind the closing bracket, if complete().
    std::size_t end() const noexcept { return at_; }

  private:
    bool fail() noexcept;

    std::string_view text_;
    unsigned depth_max_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;
    std::size_t value_begin_ = 0;
    std::string_view name_;
    std::string_view value_;
    bool object_ = false;
    bool started_ = false;
    bool ended_ = false;
    bool complete_ = false;
};

}  // namespace turntable::inline v0::tape
