#include "tape/search/text_match.hpp"

#include <algorithm>

namespace turntable::inline v0::tape {

namespace {

constexpr char folded(char sign) noexcept {
    return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + ('a' - 'A')) : sign;
}
constexpr bool same(char a, char b) noexcept { return folded(a) == folded(b); }

}  // namespace

bool equals_folded(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, same);
}

bool contains_folded(std::string_view text, std::string_view part) noexcept {
    return part.empty() || !std::ranges::search(text, part, same).empty();
}

// Goes back to the last star only: what earlier stars took is enough.
bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
    std::size_t at = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    std::size_t index = 0;
    while (index < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            star_text = index;
        } else if (at < pattern.size() && (pattern[at] == '?' || same(pattern[at], text[index]))) {
            ++at;
            ++index;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            index = ++star_text;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool text_matches(const Term& term, TextMatch has, std::string_view text) noexcept {
    if (term.any) {
        return !text.empty();
    }
    if (term.glob) {
        return glob_matches(term.text, text);
    }
    if (term.compare == Compare::equal ||
        (term.compare == Compare::has && has == TextMatch::whole)) {
        return equals_folded(text, term.text);
    }
    if (term.compare == Compare::has && has == TextMatch::prefix) {
        return equals_folded(text.substr(0, term.text.size()), term.text);
    }
    return contains_folded(text, term.text);
}

bool number_matches(const Term& term, std::int64_t number) noexcept {
    switch (term.compare) {
        case Compare::less:
            return number < term.number;
        case Compare::less_equal:
            return number <= term.number;
        case Compare::greater:
            return number > term.number;
        case Compare::greater_equal:
            return number >= term.number;
        default:
            return number == term.number;
    }
}

}  // namespace turntable::inline v0::tape
