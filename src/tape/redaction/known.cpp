#include "tape/redaction/known.hpp"

#include <algorithm>

#include "tape/json_scan.hpp"
#include "turntable/core/base64.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::size_t secret_bytes_min = 6;
constexpr std::size_t secrets_max = 256;

bool is_base64(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

bool is_unreserved(char c) noexcept {
    return is_base64(c) ? c != '+' && c != '/' : c == '.' || c == '~';
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    return out;
}

/// The characters that base64 has for the secret wherever it lies, behind `before` bytes of a group
/// of three, and whatever stands around it.
std::string base64_inside(std::string_view secret, std::size_t before, Base64 form) {
    const std::string text = to_base64(std::string(before, '\0') + std::string(secret), form);
    constexpr std::size_t shared[] = {0, 2, 3};
    const std::size_t whole = (before + secret.size()) * 8 / 6;
    return text.substr(shared[before], whole - shared[before]);
}

}  // namespace

void KnownSecrets::add_needle(std::string text, std::size_t secret, bool base64) {
    const bool there = std::any_of(needles_.begin(), needles_.end(),
                                   [&](const Needle& needle) { return needle.text == text; });
    if (!there) {
        needles_.push_back({std::move(text), secret, base64});
    }
}

bool KnownSecrets::add(std::string_view secret) {
    if (secret.size() < secret_bytes_min || secrets_.size() == secrets_max ||
        std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end()) {
        return false;
    }
    const std::size_t number = secrets_.size();
    secrets_.emplace_back(secret);
    add_needle(std::string(secret), number, false);
    if (is_utf8(secret)) {
        std::string quoted;
        append_json_string(quoted, secret);
        add_needle(quoted.substr(1, quoted.size() - 2), number, false);
    }
    add_needle(percent_encoded(secret), number, false);
    for (const Base64 form : {Base64::standard, Base64::url}) {
        for (const std::size_t before : {0U, 1U, 2U}) {
            add_needle(base64_inside(secret, before, form), number, true);
        }
    }
    return true;
}

void KnownSecrets::find(std::string_view text, const Found& found) const {
    for (const Needle& needle : needles_) {
        for (std::size_t at = text.find(needle.text); at != std::string_view::npos;
             at = text.find(needle.text, at + needle.text.size())) {
            std::size_t begin = at;
            std::size_t end = at + needle.text.size();
            if (needle.base64) {
                begin -= begin > 0 && is_base64(text[begin - 1]) ? 1U : 0U;
                end += end < text.size() && is_base64(text[end]) ? 1U : 0U;
                while (end < text.size() && text[end] == '=') {
                    ++end;
                }
            }
            found(begin, end, secrets_[needle.secret]);
        }
    }
}

}  // namespace turntable::inline v0::tape
