#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/message.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::server {

/// Which web pages may ask the server from a browser (Fetch standard, CORS).
///
/// Purpose: without any origin no answer has a word of it, and browsers keep other pages away.
/// Ownership: a value. Threads: const use from any thread. Errors: `invalid_config`.
class TURNTABLE_EXPORT Cors {
  public:
    Cors() = default;
    /// `https://a.example,http://localhost:8000`, or `*` for every page; empty: none.
    static Result<Cors> parse(std::string_view origins);

    /// The answer to a preflight; none: this is no preflight, or nothing is allowed at all.
    std::optional<net::http::Response> preflight(const net::http::RequestHead& head) const;
    /// The value of access-control-allow-origin for a request, if its page may read the answer.
    std::optional<std::string> allowed(const net::http::Headers& request) const;
    /// Adds what lets the page read the answer.
    void add_headers(const std::optional<std::string>& allowed, net::http::Headers& response) const;

  private:
    bool is_off() const noexcept { return !any_ && origins_.empty(); }

    bool any_ = false;
    std::vector<std::string> origins_;
};

}  // namespace turntable::inline v0::server
