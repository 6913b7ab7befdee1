#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <string>

// A finite double as people and JSON write it: the shortest text that reads back as the same
// number, with all digits for whole numbers up to 2^53, as JavaScript prints them.
namespace turntable::inline v0::kv::codec {

inline std::string number_text(double number) {
    constexpr double whole_max = 9007199254740992.0;
    std::array<char, 32> buffer;
    char* const first = buffer.data();
    char* const last = first + buffer.size();
    const bool is_whole = std::abs(number) <= whole_max && std::trunc(number) == number;
    const auto end = is_whole ? std::to_chars(first, last, number, std::chars_format::fixed).ptr
                              : std::to_chars(first, last, number).ptr;
    return {first, end};
}

}  // namespace turntable::inline v0::kv::codec
