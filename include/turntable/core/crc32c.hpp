#pragma once

#include <cstdint>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// \file
/// The checksum of records in files: it finds accidents, not forgery.
/// Purpose: damage is named. Ownership: none. Threads: plain functions. Errors: none.

/// CRC-32C (Castagnoli) of bytes that follow those that gave `before`; zero begins. With the
/// instruction of the processor where it has one.
TURNTABLE_EXPORT std::uint32_t crc32c(std::uint32_t before, ByteView bytes) noexcept;

/// The same from a table; for processors without the instruction, and to compare with.
TURNTABLE_EXPORT std::uint32_t crc32c_by_table(std::uint32_t before, ByteView bytes) noexcept;

}  // namespace turntable::inline v0
