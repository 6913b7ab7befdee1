#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::detail {

/// A place in a text, both counted from one.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(const Position&, const Position&) = default;
};

/// "file:3:7: ", the beginning of a message.
inline std::string place(std::string_view origin, Position at) {
    return std::string(origin) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
           ": ";
}

/// What is wrong, sorted by its place; at one place in the order of finding.
using Problems = std::multimap<Position, Error>;

struct Member;

/// A TOML document without the TOML library: what the rest of the component works on.
struct Node {
    enum class Kind : std::uint8_t { table, array, text, scalar, other };
    Kind kind = Kind::other;
    Position at;
    std::string text;  ///< of a text; of a scalar (number, boolean) as TOML writes it
    std::vector<Member> members;  ///< of a table, in the order of the file
    std::vector<Node> items;  ///< of an array
};

struct Member {
    std::string key;
    Position at;
    Node value;
};

/// The one function that knows the TOML library.
Result<Node> parse_toml(std::string_view text, std::string_view origin);

}  // namespace turntable::inline v0::detail
