#include "tape/search/text_match.hpp"

#include <algorithm>

#include "tape/glob.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr bool same(char a, char b) noexcept { return lower(a) == lower(b); }

}  // namespace

bool equals_folded(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, same);
}

bool contains_folded(std::string_view text, std::string_view part) noexcept {
    return part.empty() || !std::ranges::search(text, part, same).empty();
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
