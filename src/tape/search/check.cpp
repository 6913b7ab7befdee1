#include <algorithm>
#include <string>

#include "tape/search/check.hpp"
#include "turntable/tape/criteria.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

using Kind = Expression::Kind;

Error wrong(std::string message) { return Error(ErrorCode::invalid_argument, std::move(message)); }

/// What an unquoted word of a query can hold.
bool is_plain_word(std::string_view text) {
    return std::ranges::none_of(text, [](char sign) {
        return static_cast<unsigned char>(sign) <= 0x20 || sign == '"' || sign == '(' ||
               sign == ')';
    });
}

Result<void> check_text(const Term& term, const FieldInfo& info) {
    const std::string name(info.name);
    if (term.any) {
        return term.field == Field::error && term.compare == Compare::has && term.text.empty()
                   ? Result<void>()
                   : wrong("only 'error' asks for anything");
    }
    if (term.compare > Compare::part) {
        return wrong("'" + name + "' is a text: it is compared with ':', '=' or '~'");
    }
    if (term.text.empty()) {
        return wrong("'" + name + "' needs a text to look for");
    }
    if (term.glob && (!is_plain_word(term.text) || term.compare == Compare::part)) {
        return wrong(
            "a pattern with '*' or '?' has no white space, quotes or brackets, and meets "
            "the whole of a text");
    }
    if (term.field == Field::state && !term.glob && term.compare != Compare::part &&
        !parse_tape_state(term.text)) {
        return wrong("a tape is 'recording', 'complete', 'incomplete', 'interrupted' or 'damaged'");
    }
    if (term.field == Field::direction && !term.glob && term.compare != Compare::part &&
        !parse_direction(term.text)) {
        return wrong("a direction is 'c2s' or 's2c'");
    }
    return {};
}

}  // namespace

bool is_attribute_name(std::string_view key) noexcept {
    return !key.empty() && key.size() <= limits::tag_bytes_max && is_plain_word(key) &&
           key.find_first_of(":=<>~") == std::string_view::npos;
}

Result<void> check_term(const Term& term) {
    if (term.field > Field::text) {
        return wrong("this is no field");
    }
    const FieldInfo& info = field_info(term.field);
    const std::string name(info.name);
    if (term.field == Field::attribute && !is_attribute_name(term.key)) {
        return wrong("an attribute is asked for by its name: attr.NAME:VALUE");
    }
    if (term.field == Field::text && (term.compare != Compare::has || term.glob)) {
        return wrong("'text' looks for a part: text:WORD");
    }
    switch (info.type) {
        case FieldType::text:
            return check_text(term, info);
        case FieldType::flag:
            return term.compare == Compare::has
                       ? Result<void>()
                       : wrong("'" + name + "' stands alone, without a value");
        case FieldType::time:
            return term.compare > Compare::part
                       ? Result<void>()
                       : wrong("'" + name +
                               "' is a time: it is compared with '<', '<=', '>' or "
                               "'>=', or with since: and until:");
        default:
            if (term.number < 0) {
                return wrong("'" + name + "' is never less than 0");
            }
            return term.compare == Compare::part
                       ? wrong("'" + name + "' is a number: it has no parts to compare with '~'")
                       : Result<void>();
    }
}

namespace {

Result<void> check_expression(const Expression& where, std::size_t depth, std::size_t& terms) {
    // A bracket in a text is a choice of conjunctions: two levels, and the whole is one too.
    if (depth > 2 * limits::query_depth_max + 3) {
        return Error(ErrorCode::limit_exceeded, "an expression is nested too deep");
    }
    if (where.kind == Kind::term) {
        if (++terms > limits::query_terms_max) {
            return Error(
                ErrorCode::limit_exceeded,
                "a query has at most " + std::to_string(limits::query_terms_max) + " terms");
        }
        return check_term(where.term);
    }
    if (where.kind == Kind::negation && where.parts.size() != 1) {
        return wrong("a negation is of one expression");
    }
    if (where.kind == Kind::any && where.parts.empty()) {
        return wrong("an 'or' needs something to choose from");
    }
    for (const Expression& part : where.parts) {
        TURNTABLE_CHECK(check_expression(part, depth + 1, terms));
    }
    return {};
}

}  // namespace

Result<void> check_sort(const SortOrder& order) {
    if (order.field <= Field::text && field_info(order.field).sortable) {
        return {};
    }
    std::string names;
    for (const FieldInfo& info : query_fields()) {
        if (info.sortable) {
            names += names.empty() ? "" : ", ";
            names += info.name;
        }
    }
    return wrong("tapes can be ordered by " + names);
}

Result<void> check(const SearchCriteria& criteria) {
    if (criteria.limit == 0 || criteria.limit > limits::page_tapes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "a page has 1 to " + std::to_string(limits::page_tapes_max) + " tapes");
    }
    TURNTABLE_CHECK(check_sort(criteria.sort));
    TURNTABLE_CHECK(check_cursor(criteria.cursor, criteria.sort));
    std::size_t terms = 0;
    return check_expression(criteria.where, 0, terms);
}

}  // namespace turntable::inline v0::tape
