#pragma once

#include <array>
#include <cstdint>

#include "kv/transfer/crc64.hpp"
#include "turntable/kv/entry.hpp"

namespace turntable::inline v0::kv::transfer {

/// One number for the entries of a range in key order: equal content gives equal sums, whatever
/// the engine. docs/formats/export.md says what is counted; versionstamps are not.
class ContentSum {
  public:
    void add(const EntryView& entry) noexcept {
        std::array<char, 17> fixed;
        put(fixed.data(), entry.key.size(), 4);
        put(fixed.data() + 4, entry.data.size(), 4);
        const std::int64_t expires = entry.expire_at_ms < 0 ? never_expires : entry.expire_at_ms;
        put(fixed.data() + 8, static_cast<std::uint64_t>(expires), 8);
        put(fixed.data() + 16, static_cast<std::uint64_t>(entry.encoding), 1);
        crc_.add(ByteView(fixed.data(), fixed.size()));
        crc_.add(entry.key);
        crc_.add(entry.data);
    }
    std::uint64_t value() const noexcept { return crc_.value(); }

  private:
    static void put(char* to, std::uint64_t number, unsigned bytes) noexcept {
        for (unsigned i = 0; i < bytes; ++i) {
            to[i] = static_cast<char>((number >> (8 * i)) & 0xFFU);
        }
    }

    Crc64 crc_;
};

}  // namespace turntable::inline v0::kv::transfer
