#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "interop/differential/executor.hpp"
#include "interop/differential/operation.hpp"

namespace turntable::test {

/// The code that one of Deno's error messages stands for; none: a message nobody listed.
std::optional<ErrorCode> code_of_deno(std::string_view message);

/// The payload of messages that only Deno takes, see differences.cpp.
inline constexpr std::string_view only_in_deno = "\"only in deno\"";

/// Where the two may differ on purpose.
struct Difference {
    std::string_view name;
    std::string_view reason;
    bool (*covers)(const Operation&, const KeyPool&, std::string_view deno, const Outcome& ours);
};

/// The name of the difference that covers these outcomes, if one does.
std::optional<std::string> intended_difference(const Operation& operation, const KeyPool& pool,
                                               std::string_view deno, const Outcome& ours);

}  // namespace turntable::test
