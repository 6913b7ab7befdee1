#pragma once

#include <cstdlib>

/// \file
/// How often a crash test kills its process.
namespace turntable::test {

/// As often as TURNTABLE_CRASH_ROUNDS says, or else `usual` times.
inline int rounds_asked(int usual = 20) {
    const char* text = std::getenv("TURNTABLE_CRASH_ROUNDS");
    return text == nullptr ? usual : static_cast<int>(std::strtol(text, nullptr, 10));
}

}  // namespace turntable::test
