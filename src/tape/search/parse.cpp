#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tape/json_scan.hpp"
#include "tape/search/check.hpp"
#include "tape/search/literals.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/query.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::string_view attribute_prefix = "attr.";

/// The names that may stand before a comparison, for the nearest one to a slip.
std::vector<std::string> known_names() {
    std::vector<std::string> names{"since", "until", "sort", "limit"};
    for (const FieldInfo& info : query_fields()) {
        names.emplace_back(info.name);
    }
    return names;
}

const FieldInfo* find_field(std::string_view name) {
    if (name.starts_with(attribute_prefix)) {
        return &field_info(Field::attribute);
    }
    const auto fields = query_fields();
    const auto found = std::ranges::find(fields, name, &FieldInfo::name);
    return found == fields.end() ? nullptr : &*found;
}

/// A word of the query: where it stands and its parts.
struct Word {
    std::size_t at = 0;
    /// Before the comparison; empty for a text alone.
    std::string_view name = {};
    std::string_view compare = {};
    std::string value = {};
    bool quoted = false;
};

Compare compare_of(std::string_view text) noexcept {
    if (text == "=") {
        return Compare::equal;
    }
    if (text == "~") {
        return Compare::part;
    }
    if (text == "<") {
        return Compare::less;
    }
    if (text == "<=") {
        return Compare::less_equal;
    }
    if (text == ">") {
        return Compare::greater;
    }
    return text == ">=" ? Compare::greater_equal : Compare::has;
}

/// Reads a query by descending.
class Parser {
  public:
    Parser(std::string_view text, WallTime now) : text_(text), now_(now) {}

    Result<SearchCriteria> parse() {
        skip_space();
        if (at_ < text_.size()) {
            TURNTABLE_TRY(criteria_.where, any(0));
            if (at_ < text_.size()) {
                return error(at_, "this ')' closes nothing");
            }
        }
        return std::move(criteria_);
    }

  private:
    using Kind = Expression::Kind;

    Error error(std::size_t at, const std::string& message) const {
        // Columns count characters, not the bytes of UTF-8.
        const auto before = text_.substr(0, at);
        const auto column = 1 + std::ranges::count_if(before, [](char sign) {
                                return (static_cast<unsigned char>(sign) & 0xC0U) != 0x80U;
                            });
        return Error(ErrorCode::invalid_argument,
                     "column " + std::to_string(column) + ": " + message)
            .during("query");
    }
    static bool is_space(char sign) noexcept { return static_cast<unsigned char>(sign) <= 0x20; }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) {
            ++at_;
        }
    }
    char sign() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    std::string_view rest() const noexcept { return text_.substr(at_); }

    /// A keyword as a word of its own, in small or capital letters.
    bool keyword(std::string_view lower, std::string_view upper) {
        if (!rest().starts_with(lower) && !rest().starts_with(upper)) {
            return false;
        }
        const std::size_t end = at_ + lower.size();
        if (end < text_.size() && !is_space(text_[end]) && text_[end] != '(' && text_[end] != ')' &&
            text_[end] != '"') {
            return false;
        }
        at_ = end;
        skip_space();
        return true;
    }

    /// Puts parts together; one of the same kind inside is no bracket worth keeping.
    static Expression joined(Kind kind, std::vector<Expression> parts) {
        std::vector<Expression> flat;
        for (Expression& part : parts) {
            if (part.kind == kind) {
                std::ranges::move(part.parts, std::back_inserter(flat));
            } else {
                flat.push_back(std::move(part));
            }
        }
        if (flat.size() == 1) {
            return std::move(flat.front());
        }
        return {kind, std::move(flat)};
    }

    Result<Expression> any(std::size_t depth) {
        if (depth > limits::query_depth_max) {
            return Error(ErrorCode::limit_exceeded, "a query has at most " +
                                                        std::to_string(limits::query_depth_max) +
                                                        " levels of brackets")
                .during("query");
        }
        const std::size_t outside = std::exchange(directives_allowed_, depth == 0 ? 1 : 0);
        std::vector<Expression> choices;
        do {
            const std::size_t begin = at_;
            TURNTABLE_TRY(Expression choice, all(depth));
            if (choice.kind == Kind::all && choice.parts.empty() &&
                (depth > 0 || !choices.empty() || keyword_follows())) {
                return error(begin, "there is nothing to choose from here");
            }
            choices.push_back(std::move(choice));
        } while (keyword("or", "OR"));
        directives_allowed_ = outside;
        return joined(Kind::any, std::move(choices));
    }
    bool keyword_follows() {
        const std::size_t here = at_;
        const bool follows = keyword("or", "OR");
        at_ = here;
        return follows;
    }
    bool ends_all() { return at_ >= text_.size() || sign() == ')' || keyword_follows(); }

    Result<Expression> all(std::size_t depth) {
        std::vector<Expression> parts;
        while (!ends_all()) {
            const std::size_t begin = at_;
            if (!parts.empty() && keyword("and", "AND") && ends_all()) {
                return error(begin, "nothing follows this 'and'");
            }
            TURNTABLE_TRY(auto part, one(depth));
            if (part) {
                parts.push_back(*std::move(part));
            }
            skip_space();
        }
        return joined(Kind::all, std::move(parts));
    }

    /// A term, a negation or a bracket; nothing for what is no condition, such as `limit:10`.
    Result<std::optional<Expression>> one(std::size_t depth) {
        const std::size_t begin = at_;
        if (sign() == '-') {
            ++at_;
            return negation(begin, depth);
        }
        if (keyword("not", "NOT")) {
            return negation(begin, depth);
        }
        if (sign() == '(') {
            ++at_;
            skip_space();
            TURNTABLE_TRY(Expression inside, any(depth + 1));
            if (sign() != ')') {
                return error(begin, "this '(' is not closed");
            }
            ++at_;
            return std::optional(std::move(inside));
        }
        TURNTABLE_TRY(const Word word, read_word());
        return term(word);
    }
    Result<std::optional<Expression>> negation(std::size_t begin, std::size_t depth) {
        if (at_ >= text_.size() || is_space(sign()) || sign() == ')') {
            return error(begin, "nothing follows that could be negated");
        }
        if (depth > limits::query_depth_max) {
            return Error(ErrorCode::limit_exceeded, "a query is negated too often").during("query");
        }
        const std::size_t outside = std::exchange(directives_allowed_, 0);
        TURNTABLE_TRY(auto part, one(depth + 1));
        directives_allowed_ = outside;
        return std::optional(Expression::negation(*std::move(part)));
    }

    Result<std::string> quoted() {
        const std::size_t begin = at_++;
        std::string value;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\') {
                ++at_;
            }
            if (at_ < text_.size()) {
                value += text_[at_++];
            }
        }
        if (at_ >= text_.size()) {
            return error(begin, "this quote is not closed");
        }
        ++at_;
        return value;
    }
    std::string_view plain(std::string_view stops) {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '(' &&
               text_[at_] != ')' && text_[at_] != '"' &&
               stops.find(text_[at_]) == std::string_view::npos) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }
    Result<Word> read_word() {
        Word word{.at = at_};
        if (sign() == '"') {
            word.quoted = true;
            TURNTABLE_TRY(word.value, quoted());
            return word;
        }
        const std::string_view first = plain(":=<>~");
        const std::size_t compare = at_;
        if (sign() == ':' || sign() == '=' || sign() == '~' || sign() == '<' || sign() == '>') {
            const bool wide =
                (sign() == '<' || sign() == '>') && at_ + 1 < text_.size() && text_[at_ + 1] == '=';
            at_ += wide ? 2 : 1;
            word.name = first;
            word.compare = text_.substr(compare, at_ - compare);
            word.quoted = sign() == '"';
            if (word.quoted) {
                TURNTABLE_TRY(word.value, quoted());
            } else {
                word.value = std::string(plain({}));
            }
            return word;
        }
        word.value = std::string(first);
        return word;
    }

    Result<std::optional<Expression>> term(const Word& word) {
        if (++terms_ > limits::query_terms_max) {
            return Error(
                       ErrorCode::limit_exceeded,
                       "a query has at most " + std::to_string(limits::query_terms_max) + " terms")
                .during("query");
        }
        if (word.compare.empty()) {
            return made(word, alone(word));
        }
        if (word.name == "sort" || word.name == "limit") {
            TURNTABLE_CHECK(directive(word));
            return std::optional<Expression>();
        }
        if (word.name == "since" || word.name == "until") {
            return time_bound(word);
        }
        const FieldInfo* info = find_field(word.name);
        if (info == nullptr) {
            const std::string name(word.name);
            return error(word.at, "there is no field \"" + name + "\"" +
                                      did_you_mean(name, known_names()) +
                                      " (to look for it as text, put it in quotes)");
        }
        return value(word, *info);
    }
    static Term alone(const Word& word) {
        if (!word.quoted && word.value == "pinned") {
            return {.field = Field::pinned};
        }
        if (!word.quoted && word.value == "error") {
            return {.field = Field::error, .any = true};
        }
        for (const Field field : {Field::unanswered, Field::dropped, Field::redacted}) {
            if (!word.quoted && word.value == field_info(field).name) {
                return {.field = field, .compare = Compare::greater};
            }
        }
        return {.field = Field::text, .text = word.value};
    }
    Result<std::optional<Expression>> value(const Word& word, const FieldInfo& info) {
        Term term{.field = info.field, .compare = compare_of(word.compare)};
        if (info.field == Field::attribute) {
            term.key = std::string(word.name.substr(attribute_prefix.size()));
        }
        if (info.type == FieldType::text) {
            term.text = word.value;
            term.glob = !word.quoted && info.field != Field::text &&
                        term.compare != Compare::part &&
                        word.value.find_first_of("*?") != std::string::npos;
        } else if (info.type == FieldType::flag) {
            return error(word.at, "'" + std::string(info.name) + "' stands alone, without a value");
        } else {
            TURNTABLE_CHECK(check_at(word, term));
            TURNTABLE_TRY(term.number, number(word, info.type));
        }
        return made(word, std::move(term));
    }
    Result<std::int64_t> number(const Word& word, FieldType type) const {
        const auto value = parse_literal(type, word.value, now_);
        if (!value) {
            return error(word.at, "'" + word.value + "' is not " + std::string(literal_help(type)));
        }
        return *value;
    }
    Result<std::optional<Expression>> time_bound(const Word& word) {
        if (word.compare != ":") {
            return error(word.at, "'" + std::string(word.name) + "' is followed by ':' and a time");
        }
        Term term{.field = Field::created,
                  .compare = word.name == "since" ? Compare::greater_equal : Compare::less};
        TURNTABLE_TRY(term.number, number(word, FieldType::time));
        return made(word, std::move(term));
    }
    Result<void> check_at(const Word& word, const Term& term) const {
        if (auto right = check_term(term); !right) {
            return error(word.at, right.error().message());
        }
        return {};
    }
    Result<std::optional<Expression>> made(const Word& word, Term term) const {
        TURNTABLE_CHECK(check_at(word, term));
        if (!is_utf8(term.text) || !is_utf8(term.key)) {
            return error(word.at, "this is not UTF-8");
        }
        return std::optional(Expression::of(std::move(term)));
    }

    /// `sort:-created` and `limit:20`, which hold for the whole search.
    Result<void> directive(const Word& word) {
        const std::string name(word.name);
        if (directives_allowed_ == 0 || word.compare != ":") {
            return error(word.at, "'" + name +
                                      ":' holds for the whole search: it stands outside "
                                      "of brackets and negations");
        }
        if (name == "limit") {
            TURNTABLE_TRY(const std::int64_t limit, number(word, FieldType::count));
            if (limit < 1 || limit > limits::page_tapes_max) {
                return error(word.at, "a page has 1 to " + std::to_string(limits::page_tapes_max) +
                                          " tapes");
            }
            criteria_.limit = static_cast<std::uint32_t>(limit);
            return {};
        }
        const bool descending = word.value.starts_with('-');
        const std::string_view field = std::string_view(word.value).substr(descending ? 1 : 0);
        const FieldInfo* info = find_field(field);
        const SortOrder order{info == nullptr ? Field::text : info->field, descending};
        if (auto right = check_sort(order); !right) {
            return error(word.at,
                         right.error().message() + did_you_mean(std::string(field), known_names()));
        }
        criteria_.sort = order;
        return {};
    }

    std::string_view text_;
    WallTime now_;
    std::size_t at_ = 0;
    std::size_t terms_ = 0;
    std::size_t directives_allowed_ = 1;
    SearchCriteria criteria_;
};

}  // namespace

Result<SearchCriteria> parse_query(std::string_view text, WallTime now) {
    if (text.size() > limits::query_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "a query has at most " + std::to_string(limits::query_bytes_max) + " bytes")
            .during("query");
    }
    return Parser(text, now).parse();
}

}  // namespace turntable::inline v0::tape
