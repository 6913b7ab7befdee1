#include "core/settings/url_split.hpp"

#include <algorithm>

#include "core/settings/text.hpp"

namespace turntable::inline v0::detail {
namespace {

void split_host(std::string_view text, UrlParts& parts) noexcept {
    std::size_t host_end = 0;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        parts.host_is_closed = close != std::string_view::npos;
        host_end = parts.host_is_closed ? close + 1 : text.size();
        // Anything but a port after the bracket makes the host wrong, which the parser reports.
        if (host_end < text.size() && text[host_end] != ':') {
            parts.host_is_closed = false;
        }
    } else {
        host_end = std::min(text.find(':'), text.size());
    }
    parts.host = text.substr(0, host_end);
    if (host_end < text.size()) {
        parts.port = text.substr(host_end + 1);
    }
}

void split_authority(std::string_view text, UrlParts& parts) noexcept {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) {
        split_host(text, parts);
        return;
    }
    const std::string_view who = text.substr(0, at);
    const auto colon = who.find(':');
    parts.user = who.substr(0, colon);
    if (colon != std::string_view::npos) {
        parts.password = who.substr(colon + 1);
    }
    split_host(text.substr(at + 1), parts);
}

}  // namespace

std::string_view scheme_of(std::string_view text) noexcept {
    if (text.empty() || !is_alpha(text.front())) {
        return {};
    }
    for (std::size_t at = 1; at < text.size(); ++at) {
        const char c = text[at];
        if (c == ':') {
            return at >= 2 ? text.substr(0, at) : std::string_view{};
        }
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return {};
        }
    }
    return {};
}

UrlParts split_url(std::string_view text) noexcept {
    UrlParts parts;
    parts.scheme = scheme_of(text);
    if (parts.scheme.empty()) {
        parts.path = text;
        return parts;
    }
    std::string_view rest = text.substr(parts.scheme.size() + 1);
    if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
        parts.fragment = rest.substr(hash + 1);
        rest = rest.substr(0, hash);
    }
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        parts.query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        parts.has_authority = true;
        const auto slash = std::min(rest.find('/'), rest.size());
        split_authority(rest.substr(0, slash), parts);
        rest.remove_prefix(slash);
    }
    parts.path = rest;
    return parts;
}

}  // namespace turntable::inline v0::detail
