#include "backends/sqlite/tape/conditions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "backends/sqlite/tape/grams.hpp"
#include "tape/glob.hpp"
#include "tape/metadata/calls.hpp"
#include "tape/search/place.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

using Kind = Expression::Kind;

/// SQLite bounds the depth and size of an expression; what is beyond these is left to the judge.
constexpr std::size_t parts_max = 64;
constexpr std::size_t terms_max = 256;
constexpr int depth_max = 12;

/// Which side a condition may err on.
enum class Side : std::uint8_t {
    may,  ///< it holds wherever the expression does
    sure,  ///< the expression holds wherever it does
};

constexpr const char* growing = "t.n in (select tape from growing)";

std::string small_letters(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

/// The longest part of a glob that stands for itself.
std::string longest_literal(std::string_view glob) {
    std::string_view longest;
    while (!glob.empty()) {
        const std::string_view part = glob.substr(0, glob.find_first_of("*?"));
        longest = part.size() > longest.size() ? part : longest;
        glob.remove_prefix(std::min(glob.size(), part.size() + 1));
    }
    return small_letters(longest);
}

const char* operator_of(Compare compare) {
    switch (compare) {
        case Compare::less:
            return " < ?";
        case Compare::less_equal:
            return " <= ?";
        case Compare::greater:
            return " > ?";
        case Compare::greater_equal:
            return " >= ?";
        default:
            return " = ?";
    }
}

bool of_call(const Expression& part) {
    return part.kind == Kind::term && field_info(part.term.field).of_call;
}

bool speaks_of_a_call(const Expression& where) {
    return of_call(where) || (where.kind != Kind::negation && where.kind != Kind::term &&
                              std::ranges::any_of(where.parts, speaks_of_a_call));
}

/// Writes the condition of an expression.
class Conditions {
  public:
    Conditions(Query& query, const IsCommon& is_common) : query_(query), is_common_(is_common) {}

    void write(const Expression& where, Side side, int depth) {
        if (depth > depth_max) {
            return give_up(side);
        }
        switch (where.kind) {
            case Kind::term:
                return term(where.term, side);
            case Kind::negation:
                put("not (");
                write(where.parts[0], side == Side::may ? Side::sure : Side::may, depth + 1);
                return put(")");
            case Kind::all:
                return all(where.parts, side, depth);
            case Kind::any:
                return any(where.parts, side, depth);
        }
    }

  private:
    void put(std::string_view text) { query_.text += text; }
    void bind(std::string_view text) { query_.values.emplace_back(std::string(text)); }
    void bind(std::int64_t number) { query_.values.emplace_back(number); }
    void give_up(Side side) { put(side == Side::may ? "1" : "0"); }

    void all(const std::vector<Expression>& parts, Side side, int depth) {
        // Two terms that hold for a call each need not hold for the same one.
        const auto of_calls = std::ranges::count_if(parts, speaks_of_a_call);
        if (side == Side::sure && (of_calls > 1 || parts.size() > parts_max)) {
            return give_up(side);
        }
        put("(1");
        for (const Expression& part : std::span(parts).first(std::min(parts.size(), parts_max))) {
            put(" and ");
            write(part, side, depth + 1);
        }
        if (std::ranges::count_if(parts, of_call) > 1) {
            put(" and ");
            one_call(parts);
        }
        put(")");
    }
    void any(const std::vector<Expression>& parts, Side side, int depth) {
        if (side == Side::may && parts.size() > parts_max) {
            return give_up(side);
        }
        put("(0");
        for (const Expression& part : std::span(parts).first(std::min(parts.size(), parts_max))) {
            put(" or ");
            write(part, side, depth + 1);
        }
        put(")");
    }

    void term(const Term& term, Side side) {
        if (++terms_ > terms_max) {
            return give_up(side);
        }
        const FieldInfo& info = field_info(term.field);
        if (term.field == Field::text) {
            text(term.text, side);
        } else if (term.field == Field::took) {
            took(term, side);
        } else if (info.type == FieldType::flag) {
            put("t." + std::string(info.name) + " <> 0");
        } else if (info.type != FieldType::text) {
            put("t." + std::string(info.name) + operator_of(term.compare));
            bind(term.number);
        } else if (info.of_call) {
            call_term(term, side);
        } else {
            const std::string field =
                term.field == Field::attribute ? "attr." + term.key : std::string(info.name);
            value(field, term, side);
        }
    }

    /// Some value of the field is as the term wants it.
    void value(const std::string& field, const Term& term, Side side) {
        if (term.glob && (side == Side::sure || longest_literal(term.text).empty())) {
            return give_up(side);
        }
        const bool whole = term.any || (!term.glob && is_whole(term));
        const std::string text = small_letters(term.text);
        // SQLite takes no list behind a plus to begin with: it goes through the tapes in their
        // order and ends with the page.
        put(whole && is_common_ && is_common_(field, term.any ? nullptr : &text) ? "+" : "");
        put("t.n in (select tape from value where field = ?");
        bind(field);
        if (!term.any) {
            put(" and ");
            compare("value", term);
        }
        put(")");
    }
    static bool is_whole(const Term& term) {
        return term.compare == Compare::equal ||
               (term.compare == Compare::has && field_info(term.field).has == TextMatch::whole);
    }
    /// Of a glob only a part that it has.
    void compare(const std::string& column, const Term& term) {
        const TextMatch has = field_info(term.field).has;
        const std::string text = term.glob ? longest_literal(term.text) : small_letters(term.text);
        if (!term.glob && is_whole(term)) {
            put(column + " = ?");
            bind(text);
        } else if (!term.glob && term.compare == Compare::has && has == TextMatch::prefix) {
            prefix(column, text);
        } else if (text.empty()) {
            put("1");
        } else {
            // As bytes: what is no UTF-8 is compared too.
            put("instr(cast(" + column + " as blob), cast(? as blob)) > 0");
            bind(text);
        }
    }
    void prefix(const std::string& column, const std::string& text) {
        std::string behind = text;
        while (!behind.empty() && static_cast<unsigned char>(behind.back()) == 0xff) {
            behind.pop_back();
        }
        put(column + " >= ?");
        bind(text);
        if (!behind.empty()) {
            behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
            put(" and " + column + " < ?");
            bind(behind);
        }
    }

    /// Some call is as the term wants it.
    void call_term(const Term& term, Side side) {
        switch (term.field) {
            case Field::method:
            case Field::tool:
            case Field::resource:
            case Field::prompt:
            case Field::error:
                put("(");
                value(std::string(field_info(term.field).name), term, side);
                put(side == Side::may ? " or t.names_cut <> 0)" : ")");
                return;
            default:
                break;
        }
        if (side == Side::sure) {
            return give_up(side);
        }
        put("(exists (select 1 from call c where c.tape = t.n and ");
        of_one_call(term);
        put(std::string(") or ") + growing + ")");
    }
    /// The fastest and the slowest call tell.
    void took(const Term& term, Side side) {
        const bool greater =
            term.compare == Compare::greater || term.compare == Compare::greater_equal;
        const bool less = term.compare == Compare::less || term.compare == Compare::less_equal;
        put("(t.answered > 0 and ");
        if (greater || less) {
            put((greater ? "t.slowest" : "t.fastest") + std::string(operator_of(term.compare)));
            bind(term.number);
        } else {
            // What a growing tape has by now is looked up in its content.
            put(side == Side::may
                    ? "((t.fastest <= ? and t.slowest >= ?) or " + std::string(growing) + ")"
                    : "(t.fastest = ? or t.slowest = ?)");
            bind(term.number);
            bind(term.number);
        }
        put(")");
    }
    /// One call is as all the terms want it that stand together.
    void one_call(const std::vector<Expression>& parts) {
        put("(exists (select 1 from call c where c.tape = t.n");
        for (const Expression& part : parts) {
            if (of_call(part) && ++terms_ <= terms_max) {
                put(" and ");
                of_one_call(part.term);
            }
        }
        put(std::string(") or ") + growing + ")");
    }
    void of_one_call(const Term& term) {
        switch (term.field) {
            case Field::tool:
                return subject(tool_method, term);
            case Field::resource:
                return subject(resource_method, term);
            case Field::prompt:
                return subject(prompt_method, term);
            case Field::took:
                put("c.took" + std::string(operator_of(term.compare)));
                return bind(term.number);
            case Field::error:
                return term.any ? put("c.error <> ''") : compare("c.error", term);
            case Field::method:
                return compare("lower(c.method)", term);
            default:
                return compare("c." + std::string(field_info(term.field).name), term);
        }
    }
    void subject(std::string_view method, const Term& term) {
        put("c.method = ? and ");
        bind(method);
        compare("c.subject", term);
    }

    void text(const std::string& text, Side side) {
        const std::string words = gram_query(text);
        if (side == Side::sure || words.empty()) {
            return give_up(side);
        }
        put("t.n in (select p.tape from piece p where p.n in "
            "(select rowid from words where words match ?) union all select tape from growing)");
        bind(words);
    }

    Query& query_;
    const IsCommon& is_common_;
    std::size_t terms_ = 0;
};

std::string column_of(Field field) { return "t." + std::string(field_info(field).name); }

}  // namespace

Result<Query> query_for(const SearchCriteria& criteria, const IsCommon& is_common) {
    Query query;
    query.text = "select t.n from tape t where ";
    Conditions(query, is_common).write(criteria.where, Side::may, 0);
    const SortOrder& order = criteria.sort;
    const std::string column = column_of(order.field);
    const bool by_id = order.field == Field::id;
    if (!criteria.cursor.empty()) {
        TURNTABLE_TRY(const Place last, parse_cursor(criteria.cursor, order));
        const char* const beyond = order.descending ? " < " : " > ";
        if (by_id) {
            query.text += " and t.id" + std::string(beyond) + "?";
        } else {
            query.text += " and (" + column + ", t.id)" + beyond + "(?, ?)";
            if (order.field == Field::name) {
                query.values.emplace_back(last.text);
            } else {
                query.values.emplace_back(last.number);
            }
        }
        query.values.emplace_back(last.id);
    }
    const char* const direction = order.descending ? " desc" : "";
    query.text += " order by " + column + direction;
    if (!by_id) {
        query.text += std::string(", t.id") + direction;
    }
    return query;
}

}  // namespace turntable::inline v0::tape::sqlite
