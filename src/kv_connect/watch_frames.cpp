#include "kv_connect/watch_frames.hpp"

#include <cstdint>

namespace turntable::inline v0::kv::connect {

namespace {

constexpr std::size_t length_bytes = 4;

std::string length_text(std::size_t size) {
    std::string text(length_bytes, '\0');
    for (char& byte : text) {
        byte = static_cast<char>(size & 0xFFU);
        size >>= 8U;
    }
    return text;
}

std::size_t length_at(ByteView bytes) {
    std::size_t size = 0;
    for (std::size_t i = length_bytes; i-- > 0;) {
        size = size << 8U | bytes[i];
    }
    return size;
}

}  // namespace

std::string keep_alive_frame() { return length_text(0); }

std::string watch_frame(ByteView message) {
    std::string frame = length_text(message.size());
    frame.append(message.data(), message.size());
    return frame;
}

Result<std::optional<std::string>> WatchFrames::next() {
    using Found = std::optional<std::string>;
    while (buffer_.size() - read_ >= length_bytes) {
        const ByteView rest = ByteView(buffer_).substr(read_);
        const std::size_t size = length_at(rest);
        if (size > frame_bytes_max) {
            return Error(ErrorCode::serialization,
                         "the server began a frame of " + std::to_string(size) +
                             " bytes; at most " + std::to_string(frame_bytes_max) + " are taken");
        }
        if (rest.size() - length_bytes < size) {
            break;
        }
        read_ += length_bytes + size;
        if (size > 0) {
            return Found(rest.substr(length_bytes, size).to_string());
        }
    }
    buffer_.erase(0, read_);
    read_ = 0;
    return Found();
}

}  // namespace turntable::inline v0::kv::connect
