#pragma once

#include <cstdint>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::kv::lmdb {

/// CRC-32C (Castagnoli) of bytes that follow those that gave `before`; zero begins. With the
/// instruction of the processor where it has one.
std::uint32_t crc32c(std::uint32_t before, ByteView bytes) noexcept;

/// The same from a table; for processors without the instruction, and to compare with.
std::uint32_t crc32c_by_table(std::uint32_t before, ByteView bytes) noexcept;

}  // namespace turntable::inline v0::kv::lmdb
