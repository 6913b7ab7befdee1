#pragma once

// Frames of HTTP/2 by hand, so that a test can send what no library would.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "net/http/message.hpp"

namespace turntable::test {

struct Frame {
    unsigned type = 0;
    unsigned flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
};

inline std::string big_endian(std::uint32_t number, int bytes = 4) {
    std::string out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((number >> shift) & 0xFF);
    }
    return out;
}

inline std::uint32_t from_big_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char byte : bytes) {
        number = number << 8 | static_cast<unsigned char>(byte);
    }
    return number;
}

inline std::string frame(unsigned type, unsigned flags, std::uint32_t stream,
                         const std::string& payload = "") {
    return big_endian(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
           static_cast<char>(flags) + big_endian(stream) + payload;
}

inline constexpr unsigned end_stream = 1;
inline constexpr unsigned ack = 1;
inline constexpr unsigned end_headers = 4;

/// A field in HPACK: literal, without index and without Huffman.
inline std::string hpack(const std::string& name, const std::string& value) {
    const auto text = [](const std::string& bytes) {
        std::string out;
        std::size_t rest = bytes.size();
        if (rest < 127) {
            out += static_cast<char>(rest);
        } else {
            out += static_cast<char>(127);
            for (rest -= 127; rest >= 128; rest /= 128) {
                out += static_cast<char>(rest % 128 + 128);
            }
            out += static_cast<char>(rest);
        }
        return out + bytes;
    };
    return std::string(1, '\0') + text(name) + text(value);
}

inline std::string head_of(const std::string& method, const std::string& path) {
    return hpack(":method", method) + hpack(":scheme", "http") + hpack(":path", path) +
           hpack(":authority", "h");
}

/// A whole request without a body.
inline std::string get_frame(std::uint32_t stream, const std::string& path = "/",
                             const std::string& more_fields = "") {
    return frame(NGHTTP2_HEADERS, end_headers | end_stream, stream,
                 head_of("GET", path) + more_fields);
}
/// The head of a request whose body follows.
inline std::string post_frame(std::uint32_t stream, const std::string& more_fields = "") {
    return frame(NGHTTP2_HEADERS, end_headers, stream, head_of("POST", "/") + more_fields);
}

/// What a client begins with.
inline std::string http2_hello(const std::string& settings = "") {
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, settings);
}

inline std::string setting(unsigned id, std::uint32_t value) {
    return big_endian(id, 2) + big_endian(value);
}

/// Reads the frames that a server sends, and what its answers say.
class FrameReader {
  public:
    FrameReader() { nghttp2_hd_inflate_new(&inflater_); }
    ~FrameReader() { nghttp2_hd_inflate_del(inflater_); }
    FrameReader(const FrameReader&) = delete;
    FrameReader& operator=(const FrameReader&) = delete;

    struct Answer {
        std::string status;
        net::http::Headers headers;
        std::string body;
        bool complete = false;
        bool reset = false;
        std::uint32_t reset_code = 0;
    };

    /// The new frames.
    std::vector<Frame> read(const std::string& bytes) {
        rest_ += bytes;
        std::vector<Frame> frames;
        while (rest_.size() >= 9) {
            const std::size_t size = from_big_endian(std::string_view(rest_).substr(0, 3));
            if (rest_.size() < 9 + size) {
                break;
            }
            Frame next{.type = static_cast<unsigned char>(rest_[3]),
                       .flags = static_cast<unsigned char>(rest_[4]),
                       .stream = from_big_endian(std::string_view(rest_).substr(5, 4)),
                       .payload = rest_.substr(9, size)};
            rest_.erase(0, 9 + size);
            note(next);
            frames.push_back(std::move(next));
        }
        return frames;
    }
    Answer& answer(std::uint32_t stream) { return answers_[stream]; }
    bool has_answer(std::uint32_t stream) const { return answers_.contains(stream); }
    /// The code of the GOAWAY that came last, or nothing.
    std::optional<std::uint32_t> goaway;

  private:
    void note(const Frame& one) {
        if (one.type == NGHTTP2_HEADERS) {
            inflate(one);
        } else if (one.type == NGHTTP2_DATA) {
            answers_[one.stream].body += one.payload;
        } else if (one.type == NGHTTP2_RST_STREAM) {
            answers_[one.stream].reset = true;
            answers_[one.stream].reset_code = from_big_endian(one.payload);
        } else if (one.type == NGHTTP2_GOAWAY) {
            goaway = from_big_endian(std::string_view(one.payload).substr(4, 4));
        }
        if (one.type <= NGHTTP2_HEADERS && (one.flags & end_stream) != 0) {
            answers_[one.stream].complete = true;
        }
    }
    void inflate(const Frame& one) {
        const auto* in = reinterpret_cast<const std::uint8_t*>(one.payload.data());
        std::size_t left = one.payload.size();
        int flags = 0;
        while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
            nghttp2_nv field;
            const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
            if (used < 0) {
                return;
            }
            in += used;
            left -= static_cast<std::size_t>(used);
            if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
                const std::string_view name(reinterpret_cast<char*>(field.name), field.namelen);
                const std::string_view value(reinterpret_cast<char*>(field.value), field.valuelen);
                if (name == ":status") {
                    answers_[one.stream].status = value;
                } else {
                    answers_[one.stream].headers.add(name, value);
                }
            }
        }
        nghttp2_hd_inflate_end_headers(inflater_);
    }

    nghttp2_hd_inflater* inflater_ = nullptr;
    std::string rest_;
    std::map<std::uint32_t, Answer> answers_;
};

}  // namespace turntable::test
