#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "turntable/core/result.hpp"
#include "turntable/kv/js_value.hpp"

// The facts of V8's serialisation format that reader and writer share.
namespace turntable::inline v0::kv::codec::v8 {

inline constexpr char version_tag = '\xFF';
inline constexpr std::uint32_t oldest_version = 13;
inline constexpr std::uint32_t newest_version = 16;
inline constexpr std::uint32_t written_version = 15;
/// From this version on, a view says whether its buffer can change its size.
inline constexpr std::uint32_t view_flags_version = 14;

namespace tag {
inline constexpr char padding = '\0';
inline constexpr char object_count = '?';  // followed by a number that readers skip
inline constexpr char hole = '-';
inline constexpr char undefined = '_';
inline constexpr char null = '0';
inline constexpr char yes = 'T';
inline constexpr char no = 'F';
inline constexpr char int32 = 'I';
inline constexpr char uint32 = 'U';
inline constexpr char number = 'N';
inline constexpr char big_integer = 'Z';
inline constexpr char latin1_text = '"';
inline constexpr char utf16_text = 'c';
inline constexpr char utf8_text = 'S';
inline constexpr char reference = '^';
inline constexpr char object = 'o';
inline constexpr char object_end = '{';
inline constexpr char dense_array = 'A';
inline constexpr char dense_array_end = '$';
inline constexpr char sparse_array = 'a';
inline constexpr char sparse_array_end = '@';
inline constexpr char date = 'D';
inline constexpr char boxed_true = 'y';
inline constexpr char boxed_false = 'x';
inline constexpr char boxed_number = 'n';
inline constexpr char boxed_big_integer = 'z';
inline constexpr char boxed_text = 's';
inline constexpr char regexp = 'R';
inline constexpr char map = ';';
inline constexpr char map_end = ':';
inline constexpr char set = '\'';
inline constexpr char set_end = ',';
inline constexpr char buffer = 'B';
inline constexpr char resizable_buffer = '~';
inline constexpr char view = 'V';
inline constexpr char error = 'r';
// What needs the program that wrote it.
inline constexpr char host_object = '\\';
inline constexpr char transferred_buffer = 't';
inline constexpr char shared_buffer = 'u';
inline constexpr char shared_object = 'p';
inline constexpr char wasm_module = 'w';
inline constexpr char wasm_memory = 'm';
}  // namespace tag

namespace error_tag {
inline constexpr char message = 'm';
inline constexpr char stack = 's';
inline constexpr char cause = 'c';
inline constexpr char end = '.';
/// By JsErrorKind; a plain Error has none.
inline constexpr std::string_view kinds("\0ERFSTU", 7);
}  // namespace error_tag

inline constexpr std::uint32_t view_tracks_length = 1;
inline constexpr std::uint32_t view_of_resizable = 2;

/// How the format names a kind of view, and the size of its elements.
struct ViewFacts {
    char tag;
    std::uint32_t element_size;
};
/// By JsViewKind.
inline constexpr std::array<ViewFacts, 13> view_facts{{{'b', 1},
                                                       {'B', 1},
                                                       {'C', 1},
                                                       {'w', 2},
                                                       {'W', 2},
                                                       {'d', 4},
                                                       {'D', 4},
                                                       {'h', 2},
                                                       {'f', 4},
                                                       {'F', 8},
                                                       {'q', 8},
                                                       {'Q', 8},
                                                       {'?', 1}}};

/// The letter and the bit of each flag of a regular expression, letters in order.
struct RegExpFlag {
    char letter;
    std::uint32_t bit;
};
inline constexpr std::array<RegExpFlag, 8> regexp_flags{
    {{'d', 128}, {'g', 1}, {'i', 2}, {'m', 4}, {'s', 32}, {'u', 16}, {'v', 256}, {'y', 8}}};

inline constexpr std::uint32_t not_an_index = std::numeric_limits<std::uint32_t>::max();

/// The array index that a name is ("7" but not "07"), or not_an_index.
inline std::uint32_t array_index(std::string_view name) {
    std::uint32_t index = not_an_index;
    if (name.empty() || (name[0] == '0' && name.size() > 1)) {
        return not_an_index;
    }
    const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
    return read.ec == std::errc() && read.ptr == name.data() + name.size() ? index : not_an_index;
}

inline Error malformed(std::string_view what) {
    return Error(ErrorCode::serialization, "V8 value: " + std::string(what));
}
inline Error too_deep() {
    return Error(ErrorCode::limit_exceeded,
                 "V8 value: nested deeper than " + std::to_string(max_js_depth) + " levels");
}

}  // namespace turntable::inline v0::kv::codec::v8
