#include "turntable/tape/storage.hpp"

#include <algorithm>

namespace turntable::inline v0::tape {

Sink::~Sink() = default;
Source::~Source() = default;

Result<std::uint64_t> MemorySource::size() { return std::uint64_t{bytes_.size()}; }

Result<std::size_t> MemorySource::read(std::uint64_t offset, char* buffer, std::size_t size) {
    if (offset >= bytes_.size()) {
        return std::size_t{0};
    }
    const ByteView part = bytes_.view().substr(static_cast<std::size_t>(offset), size);
    std::copy(part.begin(), part.end(), buffer);
    return part.size();
}

Result<void> MemorySink::append(ByteView bytes) {
    *text_ += bytes.text();
    return {};
}
Result<void> MemorySink::sync() { return {}; }
Result<void> MemorySink::truncate(std::uint64_t size) {
    text_->resize(std::min<std::size_t>(text_->size(), static_cast<std::size_t>(size)));
    return {};
}
std::uint64_t MemorySink::size() const noexcept { return text_->size(); }

}  // namespace turntable::inline v0::tape
