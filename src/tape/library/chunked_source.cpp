#include "tape/library/chunked_source.hpp"

#include <algorithm>

namespace turntable::inline v0::tape {

namespace {
constexpr std::uint64_t chunk_bytes = std::uint64_t{256} << 10U;
}  // namespace

Result<std::size_t> ChunkedSource::read(std::uint64_t offset, char* buffer, std::size_t size) {
    std::size_t done = 0;
    // Each turn copies at least a byte, or ends.
    while (done < size) {
        const std::uint64_t at = offset + done;
        if (at < chunk_offset_ || at - chunk_offset_ >= chunk_.size()) {
            TURNTABLE_TRY(chunk_, fetch_(at, std::max<std::uint64_t>(size - done, chunk_bytes)));
            chunk_offset_ = at;
            if (chunk_.empty()) {
                break;
            }
        }
        const ByteView part =
            chunk_.view().substr(static_cast<std::size_t>(at - chunk_offset_), size - done);
        std::copy(part.begin(), part.end(), buffer + done);
        done += part.size();
    }
    return done;
}

}  // namespace turntable::inline v0::tape
