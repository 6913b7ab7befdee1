#pragma once

/// \file
/// The URL that picks and configures an engine.
/// Purpose: parse once, print without secrets. Ownership: values. Threads: values.
/// Errors: every failure is invalid_config (or limit_exceeded) and never quotes a secret.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// The longest text that Url::parse accepts, in bytes.
inline constexpr std::size_t url_bytes_max = 64 * 1024;

/// One `name=value` of a URL query, percent-decoded. `+` stays `+`.
struct QueryParameter {
    std::string name;
    std::string value;

    friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

/// A parsed URL, or a plain path (then the scheme is empty).
///
/// Purpose: what the registry dispatches on. A scheme is a letter and at least one more letter,
/// digit, `+`, `-` or `.` before the first `:`, so `C:\x`, `./a:b`, `a:b` and `:memory:` are plain
/// paths. A plain path is taken as it is: no decoding, no query. With a scheme the forms are
/// `memory:`, `sqlite:app.db?durability=full`, `sqlite:/abs`, `sqlite:///abs` and
/// `https://user:pw@[::1]:8080/path?a=b#fragment`.
/// Ownership: owns its text.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: parse() gives invalid_config for what is not a URL, limit_exceeded beyond url_bytes_max.
class [[nodiscard]] TURNTABLE_EXPORT Url {
  public:
    /// The empty path.
    Url() = default;

    static Result<Url> parse(std::string_view text);

    /// In lower case; empty for a plain path.
    const std::string& scheme() const noexcept { return scheme_; }
    /// Whether `//` followed the scheme, so that there is a host (perhaps an empty one).
    bool has_authority() const noexcept { return has_authority_; }
    const std::optional<std::string>& user() const noexcept { return user_; }
    const std::optional<std::string>& password() const noexcept { return password_; }
    /// In lower case, an IPv6 address without its brackets.
    const std::string& host() const noexcept { return host_; }
    std::optional<std::uint16_t> port() const noexcept { return port_; }
    /// Percent-decoded; for a plain path the text itself.
    const std::string& path() const noexcept { return path_; }
    /// The parameters in the order written; a name may occur more than once.
    const std::vector<QueryParameter>& query() const noexcept { return query_; }
    /// The first value of a query name.
    std::optional<std::string_view> query_value(std::string_view name) const noexcept;
    const std::string& fragment() const noexcept { return fragment_; }

    /// The text that was parsed, byte for byte, secrets included: never for a log or an error.
    const std::string& to_string() const noexcept { return text_; }
    /// `scheme://host:port/path`: no credentials, no query, no fragment. For network engines.
    std::string endpoint() const;
    /// The text with the password, and every query value whose name is secret, as `***`.
    /// Secret are the names of is_secret_name() and those in `more_secret_names`.
    std::string masked(std::span<const std::string> more_secret_names = {}) const;

    friend bool operator==(const Url& a, const Url& b) noexcept { return a.text_ == b.text_; }

  private:
    std::string text_;
    std::string scheme_;
    bool has_authority_ = false;
    std::optional<std::string> user_;
    std::optional<std::string> password_;
    std::string host_;
    std::optional<std::uint16_t> port_;
    std::string path_;
    std::vector<QueryParameter> query_;
    std::string fragment_;
};

/// Masks a text that may be no URL at all, or one with slips. It hides more than Url::masked does:
/// everything before the last `@`, and each `name=value` whose name looks secret, wherever it is.
TURNTABLE_EXPORT std::string mask_url(std::string_view text);
/// The origin of a URL whose path may be a secret, "https://example.org/***"; "***" for what has
/// none.
TURNTABLE_EXPORT std::string mask_url_path(std::string_view text);

/// Whether a query or setting name is taken for a secret. Letter case does not matter, `-` and `.`
/// count as `_`. Secret is what contains `password`, `passwd`, `passphrase`, `secret`, `token`,
/// `credential`, `signature`, `apikey`, `api_key`, `access_key`, `accesskey`, `private_key`,
/// `encryption_key` or `authorization`, and the whole names `auth`, `bearer`, `jwt`, `key`, `pass`,
/// `pw`, `pwd`, `sig`.
TURNTABLE_EXPORT bool is_secret_name(std::string_view name);

/// Decodes `%XX`; an incomplete escape or a zero byte is an error.
TURNTABLE_EXPORT Result<std::string> percent_decode(std::string_view text);

/// Encodes everything but letters, digits and `-._~`, and the characters in `keep`.
TURNTABLE_EXPORT std::string percent_encode(std::string_view text, std::string_view keep = {});

}  // namespace turntable::inline v0
