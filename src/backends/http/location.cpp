#include "backends/http/location.hpp"

#include <algorithm>
#include <vector>

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::string_view plain = "http://";
constexpr std::string_view secure = "https://";

Error no_location(std::string_view what) {
    return {ErrorCode::serialization, "a URL of the server " + std::string(what)};
}

char lowered(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() &&
           std::ranges::equal(text.substr(0, prefix.size()), prefix,
                              [](char a, char b) { return lowered(a) == b; });
}

/// Whether a scheme and a colon stand at the beginning.
bool has_scheme(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && colon > 0 && text.find_first_of("/?#") >= colon &&
           text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789+-.") == colon;
}

bool is_printable(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

/// Takes `.` and `..` out of a path that begins with a slash.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> parts;
    bool ends_with_slash = false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        ends_with_slash = part.empty() || part == "." || part == "..";
        if (part == "..") {
            if (!parts.empty()) {
                parts.pop_back();
            }
        } else if (part != "." && (!part.empty() || !path.empty())) {
            parts.push_back(part);
        }
    }
    std::string out;
    for (const std::string_view part : parts) {
        out.append("/").append(part);
    }
    return ends_with_slash || out.empty() ? out + "/" : out;
}

}  // namespace

std::string_view Location::host() const noexcept {
    std::string_view rest = origin;
    rest.remove_prefix(std::min(rest.size(), is_secure() ? secure.size() : plain.size()));
    const std::size_t bracket = rest.find(']');
    return rest.substr(0, bracket == std::string_view::npos ? rest.find(':') : bracket + 1);
}

Result<Location> parse_location(std::string_view url) {
    const bool is_secure = begins_with(url, secure);
    if (!is_secure && !begins_with(url, plain)) {
        return no_location("must begin with http:// or https://");
    }
    if (!is_printable(url)) {
        return no_location("has characters that no URL has");
    }
    url.remove_prefix(is_secure ? secure.size() : plain.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    std::string_view target = url.substr(authority.size());
    if (authority.empty() || authority.front() == ':') {
        return no_location("names no host");
    }
    if (authority.find('@') != std::string_view::npos) {
        return no_location("must not have a user name or a password in it");
    }
    if (target.find('#') != std::string_view::npos) {
        return no_location("has a # part, which means nothing here");
    }
    Location location{std::string(is_secure ? secure : plain), {}};
    for (const char c : authority) {
        location.origin += lowered(c);
    }
    const std::string_view path = target.substr(0, target.find('?'));
    location.target = without_dots(path.empty() ? "/" : path);
    location.target += target.substr(path.size());
    return location;
}

Result<Location> resolve_location(const Location& base, std::string_view reference) {
    if (has_scheme(reference)) {
        return parse_location(reference);
    }
    if (reference.starts_with("//")) {
        return parse_location((base.is_secure() ? "https:" : "http:") + std::string(reference));
    }
    if (reference.starts_with('/')) {
        return parse_location(base.origin + std::string(reference));
    }
    const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
    if (reference.empty() || reference.front() == '?') {
        return parse_location(base.origin + std::string(path) + std::string(reference));
    }
    return parse_location(base.origin + std::string(path.substr(0, path.rfind('/') + 1)) +
                          std::string(reference));
}

bool may_follow(const Location& from, const Location& to) noexcept {
    return from.host() == to.host() && (to.is_secure() || !from.is_secure());
}

}  // namespace turntable::inline v0::kv::http
