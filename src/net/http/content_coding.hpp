#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

/// \file
/// Bodies in gzip (RFC 9110, 8.4).
/// Purpose: smaller answers, and requests that come so. Ownership: values. Threads: no state.
/// Errors: `serialization` for what is no gzip, `limit_exceeded` for what would grow too large.
namespace turntable::inline v0::net::http {

/// Whether a list of accepted codings ("gzip, br;q=0.5") has gzip in it.
bool accepts_gzip(std::string_view accept_encoding) noexcept;
/// The body in gzip; nothing when it would not be smaller.
std::optional<std::string> gzip(ByteView body);
/// What a body in gzip holds, if that is at most `limit` bytes.
Result<std::string> gunzip(ByteView body, std::uint64_t limit);

}  // namespace turntable::inline v0::net::http
