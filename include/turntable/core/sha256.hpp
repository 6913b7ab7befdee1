#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// 32 bytes.
using Sha256Digest = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
///
/// Purpose: names of contents, and chains that show a later change. With the instructions of the
/// processor where it has them.
/// Ownership: a value of 112 bytes; a copy goes on from the same point.
/// Threads: a value.
/// Errors: none.
class TURNTABLE_EXPORT Sha256 {
  public:
    Sha256() noexcept;
    void update(ByteView bytes) noexcept;
    /// The digest of all bytes so far; more may follow.
    Sha256Digest digest() const noexcept;

    static Sha256Digest of(ByteView bytes) noexcept;

  private:
    std::array<std::uint32_t, 8> state_;
    std::uint64_t size_ = 0;
    std::array<unsigned char, 64> block_{};
};

/// HMAC-SHA-256 (RFC 2104).
TURNTABLE_EXPORT Sha256Digest hmac_sha256(ByteView key, ByteView message) noexcept;

/// The bytes as lower-case hexadecimal digits.
TURNTABLE_EXPORT std::string to_hex(ByteView bytes);
TURNTABLE_EXPORT std::string to_hex(const Sha256Digest& digest);

namespace detail {
using Sha256State = std::array<std::uint32_t, 8>;
/// Takes in whole blocks of 64 bytes without special instructions; to compare with.
TURNTABLE_EXPORT void sha256_blocks_portable(Sha256State& state, const unsigned char* data,
                                             std::size_t blocks) noexcept;
/// The same as fast as this processor can.
TURNTABLE_EXPORT void sha256_blocks(Sha256State& state, const unsigned char* data,
                                    std::size_t blocks) noexcept;
}  // namespace detail

}  // namespace turntable::inline v0
