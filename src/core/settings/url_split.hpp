#pragma once

#include <optional>
#include <string_view>

namespace turntable::inline v0::detail {

/// Where the parts of a URL lie in its text, nothing decoded. Parsing and masking share it.
struct UrlParts {
    std::string_view scheme;  ///< empty for a plain path; then only `path` is set
    bool has_authority = false;
    bool host_is_closed = true;  ///< false for `[` without `]`
    std::optional<std::string_view> user;
    std::optional<std::string_view> password;
    std::string_view host;  ///< with brackets, if any
    std::optional<std::string_view> port;
    std::string_view path;
    std::string_view query;
    std::string_view fragment;
};

/// Never fails: every text has parts, if perhaps wrong ones.
UrlParts split_url(std::string_view text) noexcept;

/// The scheme before the first ':', as written, or nothing for a plain path.
std::string_view scheme_of(std::string_view text) noexcept;

}  // namespace turntable::inline v0::detail
