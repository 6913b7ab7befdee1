#pragma once

#include <cstddef>
#include <cstdint>

namespace turntable::inline v0::blob {

/// What a backend accepts at most.
///
/// Purpose: every limit is public and tested on both sides. The defaults are what every object
/// store and file system takes, so that blobs can be copied from anywhere to anywhere.
/// Ownership, threads: a value. Errors: more than this is `limit_exceeded`.
struct Limits {
    /// A whole path, as normalised.
    std::size_t path_bytes_max = 1024;
    /// What stands between two slashes.
    std::size_t segment_bytes_max = 255;
    /// Names and values of user metadata together.
    std::size_t user_metadata_bytes_max = 2048;
    std::uint64_t blob_bytes_max = std::uint64_t{1} << 62;
};

}  // namespace turntable::inline v0::blob
