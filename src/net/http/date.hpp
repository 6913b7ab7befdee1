#pragma once

#include <string>

#include "turntable/core/clock.hpp"

namespace turntable::inline v0::net::http {

/// The time as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(WallTime time);

}  // namespace turntable::inline v0::net::http
