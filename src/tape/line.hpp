#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tape/json_scan.hpp"
#include "turntable/core/crc32c.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// A record as a line, without its checksum and line feed and with them.
namespace turntable::inline v0::tape {

/// What a file of a tape begins with; the version follows.
inline constexpr std::string_view head_begin =
    R"({"kind":"head","format":"turntable-tape","version":")";

/// `,"crc":"` digits `"}`
inline constexpr std::size_t crc_suffix_bytes = 18;

/// Appends the members of one line.
class LineBuilder {
  public:
    /// Goes on with a line that has members.
    explicit LineBuilder(std::string& out) : out_(out) {}
    LineBuilder(std::string& out, std::string_view kind) : out_(out) {
        out_ += R"({"kind":")";
        out_ += kind;
        out_ += '"';
    }
    void name(std::string_view name) {
        out_ += ",\"";
        out_ += name;
        out_ += "\":";
    }
    void text(std::string_view name_of, std::string_view text) {
        name(name_of);
        append_json_string(out_, text);
    }
    void text_if(std::string_view name_of, std::string_view value) {
        if (!value.empty()) {
            text(name_of, value);
        }
    }
    template <class Integer>
    void number(std::string_view name_of, Integer value) {
        name(name_of);
        append(value);
    }
    void number_if(std::string_view name_of, std::uint64_t value) {
        if (value != 0) {
            number(name_of, value);
        }
    }
    template <class Integer>
    void append(Integer value) {
        char digits[24];
        out_.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
    }
    void extra(std::string_view members) {
        if (!members.empty()) {
            out_ += ',';
            out_ += members;
        }
    }
    std::string& out() noexcept { return out_; }

  private:
    std::string& out_;
};

/// Appends the line of a record up to where the checksum begins. Errors: `limit_exceeded`;
/// `invalid_argument` for texts that are not UTF-8 and members that are not JSON.
TURNTABLE_EXPORT Result<void> append_record(std::string& out, const Record& record);
Result<void> append_frame(std::string& out, const Frame& frame, std::uint64_t number,
                          TapeTime time);

/// The record of a line. Its checksum is left out of `extra`, and not looked at.
TURNTABLE_EXPORT Result<Record> parse_record(std::string_view line);

/// The checksum of a line, if it ends with one.
std::optional<std::uint32_t> stored_crc(std::string_view line) noexcept;
/// The checksum that a line must have behind one with `before`.
inline std::uint32_t computed_crc(std::uint32_t before, std::string_view line) noexcept {
    return crc32c(before, line.size() < crc_suffix_bytes
                              ? line
                              : line.substr(0, line.size() - crc_suffix_bytes));
}
/// Appends checksum, bracket and line feed.
void append_crc(std::string& out, std::uint32_t crc);

/// What seeking looks at in a line.
struct LineKey {
    std::optional<std::uint64_t> number;
    std::optional<std::uint64_t> time;
};
LineKey key_of(std::string_view line) noexcept;

}  // namespace turntable::inline v0::tape
