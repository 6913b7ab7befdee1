#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "net/http/limits.hpp"
#include "net/http/message.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/clock.hpp"

/// \file
/// What both ends of HTTP/2 need of libnghttp2.
/// Purpose: owners and conversions. Ownership: as std::unique_ptr. Threads: one at a time.
/// Errors: none.
namespace turntable::inline v0::net::http {

struct Http2Delete {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
    void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
        nghttp2_session_callbacks_del(callbacks);
    }
    void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};
using Http2Session = std::unique_ptr<nghttp2_session, Http2Delete>;
using Http2Callbacks = std::unique_ptr<nghttp2_session_callbacks, Http2Delete>;
using Http2Options = std::unique_ptr<nghttp2_option, Http2Delete>;

inline std::string_view http2_text(nghttp2_rcbuf* buffer) noexcept {
    const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
    return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

/// A field as nghttp2 takes it; both texts must live as long, and are not changed.
inline nghttp2_nv http2_field(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// A body on its way out: bytes that are there, and whether more come.
struct Http2Outgoing {
    Bytes rest;
    /// More pieces come, on request.
    bool streamed = false;
    bool ended = false;
    bool broken = false;
    /// nghttp2 has been told to wait.
    bool deferred = false;
    bool room_told = false;
    /// Since when the other end has taken less than the least rate, and how much it took.
    Instant slow_since{};
    std::uint64_t taken = 0;

    /// Copies what fits to nghttp2's buffer; the answer of a data source.
    ssize_t read(std::uint8_t* out, std::size_t room, std::uint32_t* flags) {
        if (broken) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
        }
        const std::size_t count = std::min(room, rest.size());
        std::copy_n(rest.data(), count, reinterpret_cast<char*>(out));
        rest = rest.slice(count);
        taken += count;
        if (rest.empty() && (!streamed || ended)) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        } else if (count == 0) {
            deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(count);
    }
};

}  // namespace turntable::inline v0::net::http
