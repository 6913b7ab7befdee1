#pragma once

#include <string>
#include <string_view>

#include "net/http/message.hpp"

/// \file
/// Header fields whose case and white space do not matter.
/// Purpose: content types and words. Ownership: values. Threads: plain functions. Errors: none.
namespace turntable::inline v0::server {

/// A field's value without white space around it, in lower case.
std::string lowered(std::string_view text);

/// Whether the content type is this one, whatever parameters it has; false without one.
bool has_media_type(const net::http::Headers& headers, std::string_view wanted);

}  // namespace turntable::inline v0::server
