#pragma once

#include <cstddef>
#include <cstdint>

// Numbers of the export format; see docs/formats/export.md.
namespace turntable::inline v0::kv::transfer {

inline constexpr std::uint32_t export_version = 1;
inline constexpr std::uint32_t export_minor = 0;
/// A check stands after so many entries, or when they have more bytes of text than this.
inline constexpr std::uint64_t check_entries = 1000;
inline constexpr std::size_t check_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t line_bytes_max = std::size_t{512} << 20U;
/// The largest integer that every reader of JSON takes as it is.
inline constexpr std::int64_t plain_integer_max = (std::int64_t{1} << 53U) - 1;

}  // namespace turntable::inline v0::kv::transfer
