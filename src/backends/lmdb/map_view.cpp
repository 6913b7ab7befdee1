#include "backends/lmdb/map_view.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace turntable::inline v0::kv::lmdb {

void MapView::set(const char* start, std::size_t map_bytes, int file) noexcept {
    start_ = start;
    map_bytes_ = map_bytes;
    file_ = file;
    file_bytes_.store(0, std::memory_order_relaxed);
}

bool MapView::grown_to(std::size_t end) const noexcept {
    struct stat status{};
    if (::fstat(file_, &status) != 0) {
        return false;
    }
    const std::size_t bytes = std::min(map_bytes_, static_cast<std::size_t>(status.st_size));
    file_bytes_.store(bytes, std::memory_order_relaxed);
    return end <= bytes;
}

}  // namespace turntable::inline v0::kv::lmdb
