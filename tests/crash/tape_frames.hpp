#pragma once

#include <cstdint>
#include <string>

#include "turntable/tape/writer.hpp"

/// \file
/// What tape_writer writes, so that a test can tell whether it is there.
namespace turntable::test {

/// The bytes of frame `number`: most are small, some longer than what zstd packs at a time.
inline std::string frame_bytes(std::uint64_t number) {
    const std::size_t filling = number % 40 == 7 ? 150'000 : number % 90;
    std::string bytes = "{\"id\":" + std::to_string(number) + ",\"filling\":\"";
    std::uint64_t state = number;
    for (std::size_t i = 0; i < filling; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        bytes += static_cast<char>('a' + (state >> 40U) % 26);
    }
    return bytes + "\"}\n";
}

}  // namespace turntable::test
