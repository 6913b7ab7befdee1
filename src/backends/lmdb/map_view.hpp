#pragma once

#include <lmdb.h>

#include <atomic>
#include <cstddef>

namespace turntable::inline v0::kv::lmdb {

/// Where the file lies in memory, and how much of that is file. A value that a damaged page puts
/// elsewhere is not touched.
class MapView {
  public:
    /// With nobody inside the gate.
    void set(const char* start, std::size_t map_bytes, int file) noexcept;

    const char* start() const noexcept { return start_; }
    std::size_t map_bytes() const noexcept { return map_bytes_; }
    bool holds(const MDB_val& value) const noexcept {
        const auto* data = static_cast<const char*>(value.mv_data);
        if (data < start_ || data >= start_ + map_bytes_) {
            return true;  // a page that the transaction has changed lies on the heap
        }
        const auto end = static_cast<std::size_t>(data - start_) + value.mv_size;
        return end <= file_bytes_.load(std::memory_order_relaxed) || grown_to(end);
    }

  private:
    /// Others may have made the file longer.
    bool grown_to(std::size_t end) const noexcept;

    const char* start_ = nullptr;
    std::size_t map_bytes_ = 0;
    int file_ = -1;
    mutable std::atomic<std::size_t> file_bytes_{0};
};

}  // namespace turntable::inline v0::kv::lmdb
