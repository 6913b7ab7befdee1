#pragma once

#include <cstddef>
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

/// Bytes of the id of a tape in a library.
inline constexpr std::size_t id_bytes_max = 64;
/// Bytes of a tag, and of the name of an attribute.
inline constexpr std::size_t tag_bytes_max = 128;
/// Bytes of all that people say of one tape.
inline constexpr std::size_t labels_bytes_max = std::size_t{64} << 10U;
/// Bytes of a query, its terms, and how deep its brackets go.
inline constexpr std::size_t query_bytes_max = std::size_t{64} << 10U;
inline constexpr std::size_t query_terms_max = 1000;
inline constexpr std::size_t query_depth_max = 64;
/// Tapes of one page of a listing.
inline constexpr std::uint32_t page_tapes_max = 10'000;

}  // namespace turntable::inline v0::tape::limits
