#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv {

/// Which commit wrote an entry: 10 opaque bytes, strictly ordered in commit order within one
/// database. Engines of ours put a 64-bit counter in the first 8 bytes, big-endian, and zeros in
/// the rest, as Deno KV does.
///
/// Purpose: what checks compare. Ownership: a value. Threads: a value.
/// Errors: `parse` and `from_bytes` refuse what has the wrong length or digits.
class TURNTABLE_EXPORT Versionstamp {
  public:
    static constexpr std::size_t size_bytes = 10;

    constexpr Versionstamp() noexcept = default;
    static constexpr Versionstamp from_version(std::uint64_t version) noexcept {
        Versionstamp stamp;
        for (std::size_t i = 0; i < 8; ++i) {
            stamp.bytes_[i] = static_cast<unsigned char>(version >> (56 - 8 * i));
        }
        return stamp;
    }
    static Result<Versionstamp> from_bytes(ByteView bytes);
    /// From the 20 hexadecimal digits that `to_string` writes; either case.
    static Result<Versionstamp> parse(std::string_view hex);

    /// The first 8 bytes as a number.
    constexpr std::uint64_t version() const noexcept {
        std::uint64_t version = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            version = version << 8U | bytes_[i];
        }
        return version;
    }
    /// 20 lowercase hexadecimal digits.
    std::string to_string() const;
    ByteView view() const noexcept { return std::span<const unsigned char>(bytes_); }

    friend constexpr auto operator<=>(const Versionstamp&, const Versionstamp&) noexcept = default;

  private:
    std::array<unsigned char, size_bytes> bytes_{};
};

}  // namespace turntable::inline v0::kv
