#include "tape/redaction/patterns.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <vector>

namespace turntable::inline v0::tape {

namespace {

/// Bytes, not characters: what passes between two parties need not be UTF-8.
RE2::Options pattern_options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    return options;
}

}  // namespace

struct Patterns::State {
    struct Pattern {
        std::unique_ptr<RE2> expression;
        std::size_t rule;
    };
    std::vector<Pattern> patterns;
    RE2::Set all{pattern_options(), RE2::UNANCHORED};
};

Patterns::Patterns() : state_(std::make_unique<State>()) {}
Patterns::Patterns(Patterns&& other) noexcept = default;
Patterns& Patterns::operator=(Patterns&& other) noexcept = default;
Patterns::~Patterns() = default;

Result<void> Patterns::add(const std::string& expression, std::size_t rule) {
    auto compiled = std::make_unique<RE2>(expression, pattern_options());
    if (!compiled->ok()) {
        return Error(ErrorCode::invalid_argument,
                     "this is no regular expression of RE2: " + compiled->error());
    }
    if (state_->all.Add(expression, nullptr) < 0) {
        return Error(ErrorCode::invalid_argument, "this expression is too large");
    }
    state_->patterns.push_back({std::move(compiled), rule});
    return {};
}

Result<void> Patterns::prepare() {
    if (!state_->all.Compile()) {
        return Error(ErrorCode::limit_exceeded, "these expressions are too large together");
    }
    return {};
}

void Patterns::find(std::string_view text, const Found& found) const {
    if (state_->patterns.empty()) {
        return;
    }
    const re2::StringPiece piece(text.data(), text.size());
    std::vector<int> which;
    RE2::Set::ErrorInfo error{};
    if (!state_->all.Match(piece, &which, &error)) {
        if (error.kind == RE2::Set::kNoError) {
            return;
        }
        // The set ran out of memory for its states: each by itself then.
        which.resize(state_->patterns.size());
        for (std::size_t i = 0; i < which.size(); ++i) {
            which[i] = static_cast<int>(i);
        }
    }
    for (const int index : which) {
        const State::Pattern& pattern = state_->patterns[static_cast<std::size_t>(index)];
        const int groups = pattern.expression->NumberOfCapturingGroups() > 0 ? 2 : 1;
        re2::StringPiece parts[2];
        std::size_t at = 0;
        while (at <= text.size() &&
               pattern.expression->Match(piece, at, text.size(), RE2::UNANCHORED, parts, groups)) {
            const re2::StringPiece& secret = parts[groups - 1];
            const auto offset = [&](const re2::StringPiece& part) {
                return static_cast<std::size_t>(part.data() - text.data());
            };
            if (!secret.empty()) {
                found(offset(secret), offset(secret) + secret.size(), pattern.rule);
            }
            at = std::max(offset(parts[0]) + parts[0].size(), at + 1);
        }
    }
}

}  // namespace turntable::inline v0::tape
