#pragma once

#include <string>
#include <string_view>

#include "net/http/message.hpp"
#include "turntable/core/error.hpp"
#include "turntable/core/runtime.hpp"

/// \file
/// Answers that all endpoints give, and which status an error is.
///
/// Purpose: clients of KV Connect make a call again for ever when the status is 5xx, and give up
/// at any other; so the status says one thing only: whether the same call may pass later.
/// Ownership: values. Threads: plain functions. Errors: none.
namespace turntable::inline v0::server {

/// Words for people, as text/plain. They name what is wrong and what to do, and hold no secret.
net::http::Response text_response(int status, std::string_view text);
/// Bytes of a content type that is sent exactly as given.
net::http::Response bytes_response(std::string body, std::string_view content_type);
/// 405: the endpoint takes only this method.
net::http::Response method_refused(std::string_view allowed, std::string_view text);

/// 503 for what may pass later; 403, 404, 409 or 400 for the caller's own faults; 409 for a write
/// whose fate is not known, which must not be made again blindly; 422 for a database that cannot
/// answer this, however often it is asked.
int status_of(const Error& error) noexcept;
/// The caller's own faults are told as they are. Of the store's troubles only the kind is told: the
/// rest, which may name files and hosts, goes to the log of the runtime.
net::http::Response error_response(Runtime& runtime, std::string_view operation,
                                   const Error& error);

}  // namespace turntable::inline v0::server
