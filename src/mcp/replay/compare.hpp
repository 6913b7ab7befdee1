#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/replay/comparable.hpp"
#include "turntable/tape/record.hpp"

namespace turntable::inline v0::mcp {

/// Bytes of a recorded frame in which each secret that was taken out shows as a placeholder, also
/// where the tape has nothing, `null` or another text for it.
std::string with_placeholders(std::string_view bytes,
                              const std::vector<tape::RedactedSpan>& redacted);
/// Whether a text has a placeholder in it.
bool has_placeholder(std::string_view text) noexcept;
/// Whether `now` is what `then` was before its secrets were taken out. Without a key any text may
/// have been the secret.
bool is_same_text(std::string_view then, std::string_view now, std::string_view key);

/// A place where two requests differ: a JSON pointer, and what is there; empty where nothing is.
struct Difference {
    std::string path;
    std::string recorded;
    std::string asked;
};

/// Whether elements of lists are compared by their number, or by their name where all have one.
enum class ListOrder : std::uint8_t { counts, by_name };

/// Where `now` differs from `then`, up to `most` places. Empty: they say the same.
std::vector<Difference> differences(const Json& then, const Json& now, std::string_view key,
                                    std::size_t most, ListOrder order = ListOrder::counts);

}  // namespace turntable::inline v0::mcp
