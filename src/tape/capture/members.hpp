#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/tape/record.hpp"

/// \file
/// JSON of other programs, by position: values stay the bytes that they are.
namespace turntable::inline v0::tape::capture {

/// The members of an object, or none for anything else. Names and values point into its text.
class Members {
  public:
    Members() = default;
    explicit Members(std::string_view object);

    /// The value of the first of these names that is there and not null; empty: none.
    std::string_view find(std::initializer_list<std::string_view> names) const noexcept;
    /// The same, as an object.
    Members object(std::initializer_list<std::string_view> names) const;
    /// The same, if it is a string.
    std::string text(std::initializer_list<std::string_view> names) const;
    const std::vector<std::pair<std::string_view, std::string_view>>& all() const noexcept {
        return all_;
    }
    bool empty() const noexcept { return all_.empty(); }
    /// For an object of one member, as enums are written: its name and value.
    std::optional<std::pair<std::string_view, std::string_view>> only() const noexcept;

  private:
    std::vector<std::pair<std::string_view, std::string_view>> all_;
};

/// The elements of an array, or none.
std::vector<std::string_view> elements(std::string_view array);
/// The text of a JSON string; of any other value, the value as it stands.
std::string text_of(std::string_view value);
bool is_true(std::string_view value) noexcept;
std::optional<double> number_of(std::string_view value) noexcept;

/// A value without the white space between its parts; nothing else changes.
std::string compact(std::string_view value);

/// A moment, or a time since the session began.
struct When {
    bool relative = false;
    std::int64_t nanoseconds = 0;
};
/// RFC 3339 with any offset and fraction; a number of seconds, milliseconds, microseconds or
/// nanoseconds since 1970, told apart by its size; a smaller number is milliseconds since the
/// session began; `{"secs_since_epoch", "nanos_since_epoch"}`.
std::optional<When> when_of(std::string_view value);

/// `clientToServer`, `client-to-server`, `C2S`: letters and digits alone, in lower case.
std::string plain_word(std::string_view text);
/// Which way, of the words that recorders use; nothing for others.
std::optional<Direction> direction_of(std::string_view value);

}  // namespace turntable::inline v0::tape::capture
