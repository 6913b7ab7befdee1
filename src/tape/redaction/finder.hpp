#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tape/redaction/known.hpp"
#include "tape/redaction/leaves.hpp"
#include "tape/redaction/patterns.hpp"
#include "turntable/tape/redaction.hpp"

namespace turntable::inline v0::tape {

/// A secret in a text.
struct Secret {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t rule = 0;
    /// What it is without escapes: the same wherever it stands.
    std::string plain = {};
    /// A number of JSON: what stands there instead must be a value.
    bool number = false;
};

/// Whether a text is what stands for a secret.
bool is_placeholder(std::string_view text) noexcept;

/// Finds secrets by rules.
class Finder {
  public:
    static Result<Finder> create(std::vector<RedactRule> rules, bool remember);

    /// All secrets in a text, in order, none over another.
    std::vector<Secret> find(std::string_view text);
    /// The rule of this kind that takes a name.
    std::optional<std::size_t> rule_for(RedactWhere where, std::string_view name);
    /// Looks for a secret everywhere from now on; one that a rule found must not be a plain word.
    void learn(std::string_view secret) { known_.add(secret); }
    void remember(std::string_view secret);

    const std::vector<RedactRule>& rules() const noexcept { return rules_; }

  private:
    struct Pointer {
        std::size_t rule;
        std::vector<std::string> steps;
    };
    using Methods = std::vector<std::pair<std::vector<std::size_t>, std::string>>;

    explicit Finder(std::vector<RedactRule> rules) : rules_(std::move(rules)) {}
    Result<void> prepare(const RedactRule& rule, std::size_t number);
    void find_in(std::string_view text, unsigned depth, std::vector<Secret>& found);
    void find_leaves(std::string_view text, unsigned depth, std::vector<Secret>& found);
    void find_nested(const Leaf& leaf, std::string_view text, unsigned depth,
                     std::vector<Secret>& found);
    void find_assignments(std::string_view text, std::vector<Secret>& found);
    std::optional<std::size_t> rule_of(const Leaf& leaf, const Methods& methods, bool outermost);
    bool points_at(const Pointer& pointer, const Leaf& leaf) const;
    Methods methods_in(std::string_view text) const;

    std::vector<RedactRule> rules_;
    std::vector<Pointer> pointers_;
    bool by_method_ = false;
    Patterns patterns_;
    KnownSecrets known_;
    bool remember_ = true;
    /// Names that were looked up: messages repeat theirs. Rules count from one, zero is none.
    std::unordered_map<std::string, std::size_t> names_;
};

}  // namespace turntable::inline v0::tape
