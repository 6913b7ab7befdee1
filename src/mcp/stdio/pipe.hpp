#pragma once

#include <cstddef>
#include <span>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::mcp {

/// As much as a pipe holds.
inline constexpr std::size_t pipe_bytes = 65'536;

/// Waits until there is something to read; false when there is something in `stop` instead.
bool wait_readable(int file, int stop);
/// The number of bytes, 0 at the end; what cannot be read has ended.
std::size_t read_some(int file, std::span<char> buffer);
/// False: nobody reads any more.
bool write_all(int file, ByteView bytes);

}  // namespace turntable::inline v0::mcp
