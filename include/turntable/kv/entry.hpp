#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/kv/value.hpp"
#include "turntable/kv/versionstamp.hpp"

namespace turntable::inline v0::kv {

/// No expiry, where an expiry time is asked for.
inline constexpr std::int64_t never_expires = -1;

/// What is stored under a key; the key itself is known to whoever asked.
///
/// Purpose: the answer of a point read. Ownership: shares the bytes. Threads: a value.
/// Errors: none.
struct Entry {
    Value value;
    Versionstamp versionstamp;
};

/// One entry inside an EntryBatch.
///
/// Purpose: reading a batch without copying. Ownership: borrows from the batch.
/// Threads: a value. Errors: none.
struct EntryView {
    ByteView key;
    ByteView data;
    ValueEncoding encoding = ValueEncoding::bytes;
    Versionstamp versionstamp;
    /// Unix milliseconds from which it is absent, if capabilities().expiry_times.
    std::int64_t expire_at_ms = never_expires;
};

/// The entries of one range, in one buffer.
///
/// Purpose: a read of many entries costs a few allocations, not two an entry; keys stay encoded
/// until somebody wants their parts.
/// Ownership: owns its bytes; indexing gives views that live as long as the batch is unchanged.
/// Threads: as a vector.
/// Errors: a batch ends at 4 GiB of bytes; `append` then gives false.
class EntryBatch {
  public:
    std::size_t size() const noexcept { return slots_.size(); }
    bool empty() const noexcept { return slots_.empty(); }
    /// Bytes of keys and values held.
    std::size_t size_bytes() const noexcept { return buffer_.size(); }

    /// The entry at `index`, which must be below size().
    EntryView operator[](std::size_t index) const noexcept {
        const Slot& slot = slots_[index];
        const char* start = buffer_.data() + slot.offset;
        return {ByteView(start, slot.key_size), ByteView(start + slot.key_size, slot.data_size),
                slot.encoding, slot.versionstamp, slot.expire_at_ms};
    }

    /// False when the batch is full: the entry was not added.
    bool append(ByteView key, ByteView data, ValueEncoding encoding, Versionstamp versionstamp,
                std::int64_t expire_at_ms = never_expires) {
        if (buffer_.size() + key.size() + data.size() > bytes_max) {
            return false;
        }
        slots_.push_back(
            {static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(key.size()),
             static_cast<std::uint32_t>(data.size()), encoding, versionstamp, expire_at_ms});
        buffer_.append(key.data(), key.size());
        buffer_.append(data.data(), data.size());
        return true;
    }
    /// Shortens each key by its first `count` bytes, which it must have.
    void drop_key_prefix(std::size_t count) noexcept {
        for (Slot& slot : slots_) {
            slot.offset += static_cast<std::uint32_t>(count);
            slot.key_size -= static_cast<std::uint32_t>(count);
        }
    }
    void reserve(std::size_t entries, std::size_t bytes) {
        slots_.reserve(entries);
        buffer_.reserve(bytes);
    }

  private:
    static constexpr std::size_t bytes_max = UINT32_MAX;
    struct Slot {
        std::uint32_t offset;
        std::uint32_t key_size;
        std::uint32_t data_size;
        ValueEncoding encoding;
        Versionstamp versionstamp;
        std::int64_t expire_at_ms;
    };
    std::string buffer_;
    std::vector<Slot> slots_;
};

}  // namespace turntable::inline v0::kv
