#pragma once

#include <string>
#include <string_view>

#include "turntable/core/provider_config.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::detail {

/// A text with its variables put in.
struct Interpolated {
    std::string text;
    /// Whether a variable whose name looks like a secret's is in it: then it is not for showing.
    bool secret = false;
};

/// Puts in `${NAME}` and `${NAME:-default}`, and makes `$$` a dollar sign. What is put in is not
/// looked at again. Errors name the variable, never its value.
Result<Interpolated> interpolate(std::string_view text, const EnvironmentLookup& variables);

}  // namespace turntable::inline v0::detail
