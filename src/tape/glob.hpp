#pragma once

#include <string_view>

namespace turntable::inline v0::tape {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether a text matches a glob of `*` and `?`, in any case of letters.
constexpr bool glob_matches(std::string_view glob, std::string_view text) noexcept {
    std::size_t at = 0;
    std::size_t in_glob = 0;
    // Where to go on when a star takes one more.
    std::size_t star = std::string_view::npos;
    std::size_t after_star = 0;
    while (at < text.size()) {
        if (in_glob < glob.size() && glob[in_glob] == '*') {
            star = in_glob++;
            after_star = at;
        } else if (in_glob < glob.size() &&
                   (glob[in_glob] == '?' || lower(glob[in_glob]) == lower(text[at]))) {
            ++in_glob;
            ++at;
        } else if (star != std::string_view::npos) {
            in_glob = star + 1;
            at = ++after_star;
        } else {
            return false;
        }
    }
    while (in_glob < glob.size() && glob[in_glob] == '*') {
        ++in_glob;
    }
    return in_glob == glob.size();
}

}  // namespace turntable::inline v0::tape
