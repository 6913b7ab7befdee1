#include <algorithm>
#include <map>
#include <optional>

#include "tape/search/text_match.hpp"
#include "tape/search/values.hpp"
#include "turntable/tape/criteria.hpp"

namespace turntable::inline v0::tape {

namespace {

using Kind = Expression::Kind;

bool speaks_of_calls(const Expression& where) {
    if (where.kind == Kind::term) {
        return field_info(where.term.field).of_call;
    }
    return where.kind != Kind::negation && std::ranges::any_of(where.parts, speaks_of_calls);
}

bool tape_term(const Term& term, const TapeMetadata& tape) {
    const FieldInfo& info = field_info(term.field);
    if (info.type == FieldType::flag) {
        return number_of(tape, term.field) != 0;
    }
    if (info.type != FieldType::text) {
        return number_matches(term, number_of(tape, term.field));
    }
    return any_text(tape, term, [&term, &info](std::string_view text) {
        return text_matches(term, info.has, text);
    });
}

bool call_term(const Term& term, const Call& call) {
    if (term.field == Field::took) {
        return call.took && number_matches(term, call.took->count());
    }
    const std::string_view text = call_text(call, term.field);
    return !text.empty() && text_matches(term, field_info(term.field).has, text);
}

Verdict verdict(bool holds) noexcept { return holds ? Verdict::yes : Verdict::no; }

Verdict judge_names(const Term& term, const TapeMetadata& tape,
                    const std::vector<NameCount>& names) {
    const TextMatch has = field_info(term.field).has;
    const bool found = std::ranges::any_of(
        names, [&term, has](const NameCount& name) { return text_matches(term, has, name.name); });
    return found ? Verdict::yes : tape.names_cut ? Verdict::unknown : Verdict::no;
}

/// Whether some call is as the term says.
Verdict judge_call(const Term& term, const TapeMetadata& tape) {
    switch (term.field) {
        case Field::method:
            return judge_names(term, tape, tape.methods);
        case Field::tool:
            return judge_names(term, tape, tape.tools);
        case Field::resource:
            return judge_names(term, tape, tape.resources);
        case Field::prompt:
            return judge_names(term, tape, tape.prompts);
        case Field::error:
            return judge_names(term, tape, tape.error_codes);
        case Field::message:
            return tape.error_codes.empty() ? Verdict::no : Verdict::unknown;
        case Field::took: {
            if (tape.latency.calls == 0) {
                return Verdict::no;
            }
            const bool least = number_matches(term, tape.latency.least.count());
            const bool most = number_matches(term, tape.latency.most.count());
            if (least || most) {
                return Verdict::yes;
            }
            return term.compare == Compare::has || term.compare == Compare::equal ? Verdict::unknown
                                                                                  : Verdict::no;
        }
        default:
            return tape.methods.empty() ? Verdict::no : Verdict::unknown;
    }
}

/// Evaluates an expression for one tape, with its content.
class Matcher {
  public:
    Matcher(const TapeMetadata& tape, const SearchContent& content)
        : tape_(tape), content_(content) {}

    /// Whether there is a call for which it holds, or no call is needed.
    Result<bool> holds(const Expression& where) {
        const Verdict known = judge(where, tape_);
        if (known != Verdict::unknown) {
            return known == Verdict::yes;
        }
        TURNTABLE_TRY(bool found, holds_for(where, nullptr));
        if (found || !speaks_of_calls(where) || !content_.calls) {
            return found;
        }
        std::optional<Error> error;
        TURNTABLE_CHECK(content_.calls([&](const Call& call) {
            auto answer = holds_for(where, &call);
            if (!answer) {
                error = std::move(answer).error();
                return false;
            }
            found = *answer;
            return !found;
        }));
        if (error) {
            return *std::move(error);
        }
        return found;
    }

  private:
    Result<bool> holds_for(const Expression& where, const Call* call) {
        switch (where.kind) {
            case Kind::term:
                return term(where.term, call);
            case Kind::negation:
                return negation(where);
            case Kind::all:
            case Kind::any:
                break;
        }
        const bool ends_at = where.kind == Kind::any;
        // What reads contents comes last.
        for (const bool costly : {false, true}) {
            for (const Expression& part : where.parts) {
                if (reads_content(part) == costly) {
                    TURNTABLE_TRY(const bool holds, holds_for(part, call));
                    if (holds == ends_at) {
                        return ends_at;
                    }
                }
            }
        }
        return !ends_at;
    }
    static bool reads_content(const Expression& part) {
        return part.kind == Kind::negation ||
               (part.kind == Kind::term ? part.term.field == Field::text
                                        : std::ranges::any_of(part.parts, reads_content));
    }
    Result<bool> term(const Term& term, const Call* call) {
        if (field_info(term.field).of_call) {
            return call != nullptr && call_term(term, *call);
        }
        if (tape_term(term, tape_)) {
            return true;
        }
        return term.field == Field::text ? text(term.text) : Result<bool>(false);
    }
    /// Asked once of each text, however many calls there are.
    Result<bool> text(const std::string& part) {
        if (const auto known = texts_.find(part); known != texts_.end()) {
            return known->second;
        }
        bool found = false;
        if (content_.contains) {
            TURNTABLE_TRY(found, content_.contains(part));
        }
        texts_.emplace(part, found);
        return found;
    }
    Result<bool> negation(const Expression& where) {
        if (const auto known = negations_.find(&where); known != negations_.end()) {
            return known->second;
        }
        TURNTABLE_TRY(const bool holds, this->holds(where.parts[0]));
        negations_.emplace(&where, !holds);
        return !holds;
    }

    const TapeMetadata& tape_;
    const SearchContent& content_;
    std::map<std::string, bool, std::less<>> texts_;
    std::map<const Expression*, bool> negations_;
};

}  // namespace

Verdict judge(const Expression& where, const TapeMetadata& metadata) {
    if (where.kind == Kind::term) {
        if (field_info(where.term.field).of_call) {
            return judge_call(where.term, metadata);
        }
        const bool holds = tape_term(where.term, metadata);
        const bool open = where.term.field == Field::text && !holds && metadata.frames > 0;
        return open ? Verdict::unknown : verdict(holds);
    }
    if (where.kind == Kind::negation) {
        const Verdict part = judge(where.parts[0], metadata);
        return part == Verdict::unknown ? part : verdict(part == Verdict::no);
    }
    const Verdict ends_at = where.kind == Kind::any ? Verdict::yes : Verdict::no;
    Verdict whole = where.kind == Kind::any ? Verdict::no : Verdict::yes;
    std::size_t of_calls = 0;
    for (const Expression& part : where.parts) {
        const Verdict known = judge(part, metadata);
        if (known == ends_at) {
            return ends_at;
        }
        of_calls += speaks_of_calls(part) ? 1 : 0;
        if (known == Verdict::unknown) {
            whole = Verdict::unknown;
        }
    }
    // Two terms that hold for a call each need not hold for the same one.
    return where.kind == Kind::all && of_calls > 1 ? Verdict::unknown : whole;
}

Result<bool> matches(const Expression& where, const TapeMetadata& metadata,
                     const SearchContent& content) {
    return Matcher(metadata, content).holds(where);
}

}  // namespace turntable::inline v0::tape
