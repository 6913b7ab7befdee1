#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// Which tapes a search gives, and in which order; docs/query.md has the language for people.
/// Purpose: what tape::Provider::list_tapes takes, and a reference of what it must answer.
/// Ownership: values own their texts. Threads: values, and functions without state.
/// Errors: see the functions.
namespace turntable::inline v0::tape {

/// What a term looks at; query_fields() describes each.
enum class Field : std::uint8_t {
    id,
    name,
    description,
    tag,
    note,
    attribute,
    state,
    pinned,
    created,
    duration,
    frames,
    size,
    stored,
    dropped,
    redacted,
    transport,
    protocol,
    version,
    client,
    server,
    recorder,
    command,
    endpoint,
    redaction,
    link,
    requests,
    notifications,
    errors,
    unanswered,
    noise,
    p50,
    p95,
    slowest,
    method,
    tool,
    resource,
    prompt,
    subject,
    error,
    message,
    direction,
    took,
    text,
};

/// How the values of a field are compared.
enum class FieldType : std::uint8_t { text, flag, count, bytes, duration, time };

/// What a term asks of a value.
enum class Compare : std::uint8_t {
    has,  ///< `:`, as FieldInfo::has says; of a flag: it is set
    equal,  ///< `=`, the whole of a text
    part,  ///< `~`, a part of a text
    less,
    less_equal,
    greater,
    greater_equal,
};

/// What Compare::has means for a text field.
enum class TextMatch : std::uint8_t { whole, prefix, part };

/// A row of the table of fields.
struct FieldInfo {
    Field field;
    std::string_view name;
    FieldType type;
    TextMatch has;
    /// It speaks of one call of the tape.
    bool of_call;
    /// A tape may have several values; one that matches is enough.
    bool several;
    bool sortable;
    std::string_view help;
};

/// All fields, in the order of the documentation.
TURNTABLE_EXPORT std::span<const FieldInfo> query_fields() noexcept;
TURNTABLE_EXPORT const FieldInfo& field_info(Field field) noexcept;

/// One condition. Texts are compared without regard to the case of ASCII letters.
struct Term {
    Field field = Field::text;
    Compare compare = Compare::has;
    /// Of a text field.
    std::string text = {};
    /// Of the others: a count, bytes, nanoseconds, or nanoseconds since 1970.
    std::int64_t number = 0;
    /// `*` and `?` in `text` stand for any signs and any one sign; then the whole must match.
    bool glob = false;
    /// Of Field::attribute: which one.
    std::string key = {};
    /// Of Field::error with Compare::has: any error.
    bool any = false;
    friend bool operator==(const Term&, const Term&) = default;
};

/// Conditions combined.
///
/// Purpose: the `where` of SearchCriteria. It holds for a tape if there is a call of the tape for
/// which it holds; terms that speak of the tape hold for each of its calls. So terms that stand
/// together speak of one call: `tool:search error` is a search that failed. What is negated is
/// asked of the tape as a whole: `-error` is a tape without any error.
/// Ownership: owns its parts. Threads: a value. Errors: told by check().
struct Expression {
    enum class Kind : std::uint8_t { all, any, negation, term };
    /// The default is `all` of nothing: every tape.
    Kind kind = Kind::all;
    std::vector<Expression> parts = {};
    Term term = {};

    static Expression of(Term term) { return {Kind::term, {}, std::move(term)}; }
    static Expression all(std::vector<Expression> parts) { return {Kind::all, std::move(parts)}; }
    static Expression any(std::vector<Expression> parts) { return {Kind::any, std::move(parts)}; }
    static Expression negation(Expression part) {
        Expression expression{Kind::negation, {}};
        expression.parts.push_back(std::move(part));
        return expression;
    }
    friend bool operator==(const Expression&, const Expression&) = default;
};

/// By what tapes are ordered; equal ones by id, so that no order depends on chance.
struct SortOrder {
    Field field = Field::created;
    bool descending = true;
    friend bool operator==(const SortOrder&, const SortOrder&) = default;
};

/// Which tapes, in which order, how many, from where.
struct SearchCriteria {
    Expression where = {};
    SortOrder sort = {};
    std::uint32_t limit = 100;
    /// TapePage::next of the page before; only with the same sort.
    std::string cursor = {};
    friend bool operator==(const SearchCriteria&, const SearchCriteria&) = default;
};

/// `invalid_argument` for what no provider can answer: a comparison that the field does not have, a
/// glob with white space, a negation of not one part, a wrong state, sort or cursor;
/// `limit_exceeded` beyond the limits.
TURNTABLE_EXPORT Result<void> check(const SearchCriteria& criteria);

/// How a page was found.
enum class Answered : std::uint8_t {
    index,  ///< from what is kept beside the tapes
    scan,  ///< contents were read too
};
TURNTABLE_EXPORT std::string_view to_string(Answered answered) noexcept;

/// Some tapes of a search.
struct TapePage {
    std::vector<TapeMetadata> tapes = {};
    /// Empty: no tape follows.
    std::string next = {};
    Answered answered = Answered::index;
    /// Of how many tapes the content was read.
    std::uint64_t scanned = 0;
};

/// What metadata alone tell of an expression.
enum class Verdict : std::uint8_t { no, yes, unknown };
TURNTABLE_EXPORT Verdict judge(const Expression& where, const TapeMetadata& metadata);

/// The content of one tape, for terms that metadata cannot answer.
///
/// Purpose: read only when asked. Ownership: borrowed for the length of a call. Threads: one.
/// Errors: those of the store.
struct SearchContent {
    /// Visits the calls in any order until `visit` gives false.
    std::function<Result<void>(const std::function<bool(const Call&)>& visit)> calls = {};
    /// Whether some frame holds this text, without regard to the case of ASCII letters.
    std::function<Result<bool>(std::string_view text)> contains = {};
};

/// Whether a tape is among what is searched for: the reference for all providers.
TURNTABLE_EXPORT Result<bool> matches(const Expression& where, const TapeMetadata& metadata,
                                      const SearchContent& content);

/// Less than 0 if `a` comes before `b`.
TURNTABLE_EXPORT int compare_tapes(const TapeMetadata& a, const TapeMetadata& b,
                                   const SortOrder& order);
/// Where a search goes on behind a tape.
TURNTABLE_EXPORT std::string cursor_after(const TapeMetadata& tape, const SortOrder& order);

/// A page of `tapes`, which come in any order. Reads contents only of tapes whose metadata leave it
/// open, and only until the page is full.
TURNTABLE_EXPORT Result<TapePage> select_page(
    const SearchCriteria& criteria, std::vector<TapeMetadata> tapes,
    const std::function<SearchContent(const TapeMetadata& tape)>& content);

/// Whether `part` stands in `text`, without regard to the case of ASCII letters.
TURNTABLE_EXPORT bool contains_folded(std::string_view text, std::string_view part) noexcept;

}  // namespace turntable::inline v0::tape
