#pragma once

#include <cstdint>

/// \file
/// The limits of tapes, which docs/tape-format.md names too.
/// Purpose: one place for them. Ownership, threads: constants. Errors: more than a limit is
/// `limit_exceeded` when written and `corrupt` when read.
namespace turntable::inline v0::tape::limits {

/// Bytes of one frame.
inline constexpr std::uint64_t frame_bytes_max = 32ULL << 20U;
/// Bytes of one line, with its line feed. A frame of control characters grows sixfold.
inline constexpr std::uint64_t line_bytes_max = 256ULL << 20U;
/// Bytes of the first line, with its line feed.
inline constexpr std::uint64_t head_bytes_max = 1ULL << 20U;
/// Levels of JSON that are kept as JSON.
inline constexpr unsigned json_depth_max = 256;
/// Members of a record, of all that it has.
inline constexpr unsigned members_max = 256;

}  // namespace turntable::inline v0::tape::limits
