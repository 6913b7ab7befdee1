#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/kv/value.hpp"

namespace turntable_cli {

/// A whole number in decimal digits and nothing else; none for all other text.
std::optional<std::uint64_t> parse_whole(std::string_view text);

/// A duration as people write it: 250ms, 5s, 2m, 1h, 1d.
turntable::Result<std::chrono::milliseconds> parse_duration(std::string_view name,
                                                            std::string_view text);

/// A number of bytes as people write it: 1024, 64KiB, 2MiB, 10MB.
turntable::Result<std::uint64_t> parse_size(std::string_view name, std::string_view text);

/// How the text of a value is to be stored.
enum class ValueType { text, json, u64, hex };

/// A value from its text; errors say what was expected.
turntable::Result<turntable::kv::Value> parse_value(std::string_view text, ValueType type);

/// A value on one line for people: text as it is, JSON for everything else.
std::string print_value(const turntable::kv::Value& value);

/// Everything that a file, or with "-" the standard input, holds.
turntable::Result<std::string> read_all(const std::string& path);

/// Takes the first word off a line, none at its end; text between quotes stays together, and a
/// backslash takes the next character as it is.
turntable::Result<std::optional<std::string>> take_word(std::string_view& line);

/// All words of a line.
turntable::Result<std::vector<std::string>> split_words(std::string_view line);

/// A time span for people: "12 ms", "3.4 s".
std::string print_took(std::chrono::steady_clock::duration took);

/// 1234567 as "1,234,567".
std::string print_count(std::uint64_t count);

}  // namespace turntable_cli
