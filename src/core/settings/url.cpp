#include "turntable/core/url.hpp"

#include <utility>

#include "core/settings/text.hpp"
#include "core/settings/url_split.hpp"

namespace turntable::inline v0 {
namespace {

using detail::UrlParts;

Error bad_url(std::string message) {
    return Error(ErrorCode::invalid_config, "not a valid URL: " + std::move(message));
}

/// Decodes one part; the error names the part, never its text.
Result<std::string> decode_part(std::string_view text, std::string_view part) {
    auto decoded = percent_decode(text);
    if (!decoded) {
        return bad_url(decoded.error().message() + " in the " + std::string(part));
    }
    return decoded;
}

Result<std::string> parse_ipv6(std::string_view inside) {
    std::size_t colons = 0;
    for (const char c : inside) {
        colons += c == ':' ? 1U : 0U;
        if (detail::hex_value(c) < 0 && c != ':' && c != '.') {
            return bad_url("the address in brackets is not IPv6");
        }
    }
    if (colons < 2) {
        return bad_url("the address in brackets is not IPv6");
    }
    return detail::lowered(inside);
}

Result<std::string> parse_host(std::string_view text) {
    if (text.starts_with('[')) {
        return parse_ipv6(text.substr(1, text.size() - 2));
    }
    TURNTABLE_TRY(std::string host, decode_part(text, "host"));
    for (const char c : host) {
        const bool wrong = std::string_view(" \"<>\\^`{|}[]:@/?#").find(c) != std::string::npos;
        if (wrong || detail::is_control(c)) {
            return bad_url("the host has a character that no host name has");
        }
    }
    return detail::lowered(host);
}

Result<std::optional<std::uint16_t>> parse_port(std::string_view text) {
    if (text.empty()) {
        return std::optional<std::uint16_t>();
    }
    const auto port = detail::number_of<std::uint16_t>(text);
    if (!port) {
        // The text is not quoted: after a slip in the URL it may be a part of the password.
        return bad_url(
            "the port is not a number from 0 to 65535 (a password with one of @ : / ? # "
            "in it has to be percent-encoded)");
    }
    return port;
}

Result<std::vector<QueryParameter>> parse_query(std::string_view text) {
    std::vector<QueryParameter> parameters;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) {
            continue;
        }
        const auto equals = std::min(pair.find('='), pair.size());
        TURNTABLE_TRY(std::string name, decode_part(pair.substr(0, equals), "query"));
        TURNTABLE_TRY(std::string value,
                      decode_part(pair.substr(std::min(equals + 1, pair.size())), "query"));
        parameters.push_back({std::move(name), std::move(value)});
    }
    return parameters;
}

Result<void> refuse_odd_characters(std::string_view text, bool plain_path) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\0' || (!plain_path && detail::is_control(text[at]))) {
            return bad_url("control character at byte " + std::to_string(at));
        }
    }
    return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > url_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "the URL is longer than " + std::to_string(url_bytes_max) + " bytes");
    }
    const UrlParts parts = detail::split_url(text);
    TURNTABLE_CHECK(refuse_odd_characters(text, parts.scheme.empty()));
    Url url;
    url.text_ = text;
    if (parts.scheme.empty()) {
        url.path_ = text;
        return url;
    }
    url.scheme_ = detail::lowered(parts.scheme);
    url.has_authority_ = parts.has_authority;
    if (parts.user) {
        TURNTABLE_TRY(url.user_, decode_part(*parts.user, "user name"));
    }
    if (parts.password) {
        TURNTABLE_TRY(url.password_, decode_part(*parts.password, "password"));
    }
    if (!parts.host_is_closed) {
        return bad_url("the bracket of the address is not closed");
    }
    TURNTABLE_TRY(url.host_, parse_host(parts.host));
    TURNTABLE_TRY(url.port_, parse_port(parts.port.value_or("")));
    if (url.host_.empty() && (parts.user || parts.port)) {
        return bad_url("there is no host");
    }
    TURNTABLE_TRY(url.path_, decode_part(parts.path, "path"));
    TURNTABLE_TRY(url.query_, parse_query(parts.query));
    TURNTABLE_TRY(url.fragment_, decode_part(parts.fragment, "fragment"));
    return url;
}

std::optional<std::string_view> Url::query_value(std::string_view name) const noexcept {
    for (const QueryParameter& parameter : query_) {
        if (parameter.name == name) {
            return parameter.value;
        }
    }
    return std::nullopt;
}

std::string Url::endpoint() const {
    std::string result = scheme_;
    if (!scheme_.empty()) {
        result += ':';
    }
    if (has_authority_) {
        const bool ipv6 = host_.find(':') != std::string::npos;
        result += "//";
        result += ipv6 ? "[" + host_ + "]" : percent_encode(host_, "!$&'()*+,;=");
        if (port_) {
            result += ":" + std::to_string(*port_);
        }
    }
    return result + (scheme_.empty() ? path_ : percent_encode(path_, "!$&'()*+,;=:@/"));
}

Result<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const int high = at + 2 < text.size() ? detail::hex_value(text[at + 1]) : -1;
        const int low = high < 0 ? -1 : detail::hex_value(text[at + 2]);
        if (low < 0) {
            return Error(ErrorCode::invalid_config, "'%' without two hexadecimal digits");
        }
        if (high == 0 && low == 0) {
            return Error(ErrorCode::invalid_config, "a zero byte (%00)");
        }
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return decoded;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        const bool plain = detail::is_alpha(c) || detail::is_digit(c) ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain || keep.find(c) != std::string_view::npos) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 15U];
    }
    return encoded;
}

}  // namespace turntable::inline v0
