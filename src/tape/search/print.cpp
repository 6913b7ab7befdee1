#include <algorithm>

#include "tape/search/literals.hpp"
#include "turntable/tape/query.hpp"

namespace turntable::inline v0::tape {

namespace {

using Kind = Expression::Kind;

std::string_view sign_of(Compare compare) noexcept {
    switch (compare) {
        case Compare::equal:
            return "=";
        case Compare::part:
            return "~";
        case Compare::less:
            return "<";
        case Compare::less_equal:
            return "<=";
        case Compare::greater:
            return ">";
        case Compare::greater_equal:
            return ">=";
        default:
            return ":";
    }
}

std::string quoted_value(std::string_view text) {
    std::string out = "\"";
    for (const char sign : text) {
        out += sign == '"' || sign == '\\' ? "\\" : "";
        out += sign;
    }
    return out + "\"";
}

/// As it is where that reads well and means the same.
std::string value_text(const Term& term) {
    const bool plain = std::ranges::all_of(term.text, [](char sign) {
        return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') ||
               (sign >= '0' && sign <= '9') ||
               std::string_view("_-./@+%,").find(sign) != std::string_view::npos;
    });
    return term.glob || plain ? term.text : quoted_value(term.text);
}

std::string term_text(const Term& term) {
    const FieldInfo& info = field_info(term.field);
    if (info.type == FieldType::flag || term.any) {
        return std::string(info.name);
    }
    if (term.field == Field::text) {
        return quoted_value(term.text);
    }
    const std::string name =
        term.field == Field::attribute ? "attr." + term.key : std::string(info.name);
    const std::string value =
        info.type == FieldType::text ? value_text(term) : print_literal(info.type, term.number);
    return name + std::string(sign_of(term.compare)) + value;
}

std::string print(const Expression& where, Kind outside) {
    if (where.kind == Kind::term) {
        return term_text(where.term);
    }
    if (where.kind == Kind::negation) {
        return "-" + print(where.parts[0], Kind::negation);
    }
    const std::string_view between = where.kind == Kind::any ? " or " : " ";
    std::string text;
    for (const Expression& part : where.parts) {
        text += text.empty() ? std::string_view() : between;
        text += print(part, where.kind);
    }
    const bool bracket =
        outside == Kind::negation || (where.kind == Kind::any && outside != where.kind);
    return bracket ? "(" + text + ")" : text;
}

}  // namespace

std::string to_text(const Expression& where) {
    // Outside of all, nothing needs brackets.
    return print(where, where.kind == Kind::any ? Kind::any : Kind::all);
}

std::string to_text(const SearchCriteria& criteria) {
    const SearchCriteria unset;
    // Beside the last choice of an `or` these are still of the whole.
    std::string text = to_text(criteria.where);
    const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
    if (criteria.sort != unset.sort) {
        add(std::string("sort:") + (criteria.sort.descending ? "-" : "") +
            std::string(field_info(criteria.sort.field).name));
    }
    if (criteria.limit != unset.limit) {
        add("limit:" + std::to_string(criteria.limit));
    }
    return text;
}

}  // namespace turntable::inline v0::tape
