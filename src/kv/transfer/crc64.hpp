#pragma once

#include <cstdint>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::kv::transfer {

/// The CRC-64 of .xz files (polynomial of ECMA-182, reflected), byte after byte.
/// Of "123456789" it is 995dc9bbdf1939fa.
class Crc64 {
  public:
    void add(ByteView bytes) noexcept;
    std::uint64_t value() const noexcept { return ~state_; }

  private:
    std::uint64_t state_ = ~std::uint64_t{0};
};

}  // namespace turntable::inline v0::kv::transfer
