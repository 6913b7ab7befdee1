#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/blob/contract.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/runtime.hpp"

/// \file
/// What is stored under the name of a blob; docs/formats/kv-blobs.md is its page.
namespace turntable::inline v0::blob::chunked {

/// Names a sequence of chunks; never used for another one.
using ContentId = std::array<char, 16>;
ContentId new_content_id(Random& random);
/// Another one for each version of a blob.
std::string new_etag(Random& random);

/// A run of chunks. All but the last one have `chunk_bytes`.
struct Part {
    ContentId id{};
    std::uint64_t size = 0;
    std::uint32_t chunk_bytes = 0;

    std::uint64_t chunks() const noexcept { return (size + chunk_bytes - 1) / chunk_bytes; }
    friend bool operator==(const Part&, const Part&) = default;
};

/// A blob without its bytes, or the mark of a directory.
struct Manifest {
    Metadata metadata;
    /// One, but for blobs that large pieces were appended to.
    std::vector<Part> parts = {};
};

/// So that a manifest is a small value.
inline constexpr std::size_t parts_max = 1000;
inline constexpr std::uint32_t chunk_bytes_min = 1024;
inline constexpr std::uint32_t chunk_bytes_max = std::uint32_t{16} << 20U;

std::string encode(const Manifest& manifest);
/// `corrupt` for what is none, `unsupported` for a later version of the form.
Result<Manifest> decode_manifest(ByteView value);

/// A chunk as it is stored: its bytes and their checksum.
std::string seal_chunk(std::string_view bytes);
/// The bytes; `corrupt` if the checksum does not fit.
Result<ByteView> open_chunk(ByteView value);

/// Content that is not, or no longer, part of a blob: so many chunks, and since when.
struct Pending {
    std::int64_t since_ms = 0;
    std::uint64_t chunks = 0;
};
std::string encode(const Pending& pending);
Result<Pending> decode_pending(ByteView value);

}  // namespace turntable::inline v0::blob::chunked
