#include <algorithm>
#include <array>

#include "core/settings/text.hpp"
#include "core/settings/url_split.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0 {
namespace {

constexpr std::string_view mask = "***";

/// Decodes what it can and keeps the rest: a name is judged even in a text that does not parse.
std::string decoded_leniently(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size()) {
            const int high = detail::hex_value(text[at + 1]);
            const int low = detail::hex_value(text[at + 2]);
            if (high >= 0 && low >= 0) {
                result += static_cast<char>(high * 16 + low);
                at += 2;
                continue;
            }
        }
        result += text[at];
    }
    return result;
}

bool is_masked_name(std::string_view raw, std::span<const std::string> more) {
    const std::string name = decoded_leniently(raw);
    return is_secret_name(name) || std::find(more.begin(), more.end(), name) != more.end();
}

/// Copies `text`, a list of name=value with any of `separators` between, secret values masked. A
/// secret value runs up to the next '&': the other separators may be characters of the secret.
std::string masked_pairs(std::string_view text, std::string_view separators,
                         std::span<const std::string> more) {
    std::string result;
    for (std::size_t from = 0; from <= text.size();) {
        std::size_t end = std::min(text.find_first_of(separators, from), text.size());
        const std::string_view pair = text.substr(from, end - from);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && is_masked_name(pair.substr(0, equals), more)) {
            result += pair.substr(0, equals + 1);
            result += mask;
            end = std::min(text.find('&', from), text.size());
        } else {
            result += pair;
        }
        if (end < text.size()) {
            result += text[end];
        }
        from = end + 1;
    }
    return result;
}

/// `https://user:12/34@host` reads as host "user", port 12 and a path, yet is a password with a
/// slash. An '@' behind a port, and before any '=', is therefore taken for the end of a password.
bool port_may_be_password(const detail::UrlParts& parts, std::string_view behind) {
    const auto at = behind.find('@');
    return parts.port && !parts.user && at != std::string_view::npos && at < behind.find('=');
}

/// Hides what stands before the last '@', and every secret-looking pair.
std::string mask_strictly(std::string_view text) {
    const std::string_view scheme = detail::scheme_of(text);
    const std::size_t from = scheme.empty() ? 0 : scheme.size() + 1;
    std::string result(text.substr(0, from));
    std::string_view rest = text.substr(from);
    if (rest.starts_with("//")) {
        result += "//";
        rest.remove_prefix(2);
    }
    // An '@' at the very front hides nothing: "@name" is a named store.
    if (const auto at = rest.rfind('@'); at != std::string_view::npos && at != 0) {
        result += mask;
        rest.remove_prefix(at);
    }
    return result + masked_pairs(rest, "?&;#/ \t\r\n", {});
}

std::string masked_plain_path(std::string_view text) {
    const auto colon = text.find(':');
    const auto at = text.rfind('@');
    const bool has_login = colon != std::string_view::npos && at != std::string_view::npos;
    return has_login && colon < at ? mask_strictly(text) : masked_pairs(text, "?&;#/ \t\r\n", {});
}

}  // namespace

std::string Url::masked(std::span<const std::string> more_secret_names) const {
    const detail::UrlParts parts = detail::split_url(text_);
    if (parts.scheme.empty()) {
        return masked_plain_path(text_);
    }
    // All parts are views of text_, so their distances tell what lies between them.
    const auto offset = [this](std::string_view part) {
        return static_cast<std::size_t>(part.data() - text_.data());
    };
    const std::size_t path_end = offset(parts.path) + parts.path.size();
    if (port_may_be_password(parts, std::string_view(text_).substr(offset(parts.path)))) {
        return mask_strictly(text_);
    }
    std::string result;
    if (parts.password) {
        result = text_.substr(0, offset(*parts.password));
        result += mask;
        const std::size_t from = offset(*parts.password) + parts.password->size();
        result += text_.substr(from, path_end - from);
    } else {
        result = text_.substr(0, path_end);
    }
    return result +
           masked_pairs(std::string_view(text_).substr(path_end), "?&;#", more_secret_names);
}

std::string mask_url(std::string_view text) {
    std::string shown = mask_strictly(text.substr(0, url_bytes_max));
    std::replace_if(shown.begin(), shown.end(), detail::is_control, '?');
    return shown;
}

std::string mask_url_path(std::string_view text) {
    std::string shown = mask_url(text);
    const std::size_t scheme = shown.find("://");
    if (scheme == std::string::npos) {
        return shown.empty() ? shown : std::string(mask);
    }
    const std::size_t path = shown.find_first_of("/?#", scheme + 3);
    if (path != std::string::npos && shown.substr(path) != "/") {
        shown.replace(path, std::string::npos, "/" + std::string(mask));
    }
    return shown;
}

bool is_secret_name(std::string_view name) {
    static constexpr std::array parts{
        std::string_view("password"),       std::string_view("passwd"),
        std::string_view("passphrase"),     std::string_view("secret"),
        std::string_view("token"),          std::string_view("credential"),
        std::string_view("signature"),      std::string_view("apikey"),
        std::string_view("api_key"),        std::string_view("access_key"),
        std::string_view("accesskey"),      std::string_view("private_key"),
        std::string_view("encryption_key"), std::string_view("authorization")};
    static constexpr std::array whole{std::string_view("auth"), std::string_view("bearer"),
                                      std::string_view("jwt"),  std::string_view("key"),
                                      std::string_view("pass"), std::string_view("pw"),
                                      std::string_view("pwd"),  std::string_view("sig")};
    std::string plain = detail::lowered(name);
    std::replace_if(plain.begin(), plain.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    const auto contained = [&plain](std::string_view part) {
        return plain.find(part) != std::string::npos;
    };
    return std::any_of(parts.begin(), parts.end(), contained) ||
           std::find(whole.begin(), whole.end(), plain) != whole.end();
}

}  // namespace turntable::inline v0
