#include "tape/redaction/finder.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "tape/glob.hpp"
#include "tape/json_scan.hpp"

namespace turntable::inline v0::tape {

namespace {

/// Secrets that no rule of a program names.
constexpr std::string_view known_rule_name = "known";

/// JSON in texts of JSON in texts of JSON.
constexpr unsigned depth_max = 4;

Error wrong_rule(const RedactRule& rule, std::string_view why) {
    return Error(ErrorCode::invalid_argument, "a rule for redaction " + std::string(why))
        .with("rule", rule.name);
}

bool is_rule_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 32 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string_view::npos;
}

bool is_plain_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

/// The steps of a JSON pointer (RFC 6901); nothing if it is none.
std::optional<std::vector<std::string>> pointer_steps(std::string_view pointer) {
    std::vector<std::string> steps;
    if (!pointer.empty() && pointer[0] != '/') {
        return std::nullopt;
    }
    for (std::size_t at = 0; at < pointer.size();) {
        const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
        std::string& step = steps.emplace_back();
        for (std::size_t i = at + 1; i < end; ++i) {
            if (pointer[i] != '~') {
                step += pointer[i];
            } else if (i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
                step += pointer[++i] == '0' ? '~' : '/';
            } else {
                return std::nullopt;
            }
        }
        at = end;
    }
    return steps;
}

}  // namespace

bool is_placeholder(std::string_view text) noexcept {
    constexpr std::string_view begin = "[redacted:";
    if (!text.starts_with(begin) || !text.ends_with(']')) {
        return false;
    }
    const std::string_view inside = text.substr(begin.size(), text.size() - begin.size() - 1);
    const std::size_t colon = inside.find(':');
    if (!is_rule_name(inside.substr(0, colon))) {
        return false;
    }
    const std::string_view hash =
        colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
    return hash.size() <= 16 &&
           hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Finder> Finder::create(std::vector<RedactRule> rules, bool remember) {
    // The last one stands for what was learned.
    const RedactAction action = rules.empty() ? RedactAction::mask : rules.back().action;
    rules.push_back({std::string(known_rule_name), RedactWhere::value, "", "",
                     action == RedactAction::hash ? action : RedactAction::mask, ""});
    Finder finder(std::move(rules));
    finder.remember_ = remember;
    for (std::size_t i = 0; i + 1 < finder.rules_.size(); ++i) {
        TURNTABLE_CHECK(finder.prepare(finder.rules_[i], i));
    }
    TURNTABLE_CHECK(finder.patterns_.prepare());
    return finder;
}

Result<void> Finder::prepare(const RedactRule& rule, std::size_t number) {
    if (!is_rule_name(rule.name)) {
        return wrong_rule(rule, "has a name of small letters, digits, - and _");
    }
    if (rule.action == RedactAction::replace && !is_plain_ascii(rule.replacement)) {
        return wrong_rule(rule, "replaces by printable ASCII without quote and backslash");
    }
    if (rule.where == RedactWhere::value) {
        auto added = patterns_.add(rule.pattern, number);
        return added ? std::move(added) : std::move(added.error().with("rule", rule.name));
    }
    if (rule.where == RedactWhere::pointer || rule.where == RedactWhere::parameter) {
        auto steps = pointer_steps(rule.pattern);
        if (!steps) {
            return wrong_rule(rule, "has a JSON pointer, such as /params/arguments/pin");
        }
        if (rule.where == RedactWhere::parameter) {
            if (rule.method.empty()) {
                return wrong_rule(rule, "for parameters names a method, such as tools/call");
            }
            by_method_ = true;
            steps->insert(steps->begin(), "params");
        }
        pointers_.push_back({number, std::move(*steps)});
    } else if (rule.pattern.empty()) {
        return wrong_rule(rule, "has a glob for names");
    }
    return {};
}

std::optional<std::size_t> Finder::rule_for(RedactWhere where, std::string_view name) {
    constexpr std::size_t names_max = 4096;
    constexpr std::size_t rule_name_bytes_max = 128;
    if (name.empty() || name.size() > rule_name_bytes_max) {
        return std::nullopt;
    }
    const std::string called = (where == RedactWhere::key ? 'k' : 'h') + std::string(name);
    const auto known = names_.find(called);
    if (known != names_.end()) {
        return known->second == 0 ? std::nullopt : std::optional(known->second - 1);
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < rules_.size() && found == 0; ++i) {
        if (rules_[i].where == where && glob_matches(rules_[i].pattern, name)) {
            found = i + 1;
        }
    }
    if (names_.size() == names_max) {
        names_.clear();
    }
    names_.emplace(called, found);
    return found == 0 ? std::nullopt : std::optional(found - 1);
}

void Finder::remember(std::string_view secret) {
    constexpr std::size_t least = 8;
    constexpr std::size_t long_enough = 16;
    const bool word = secret.find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                          "XYZ_- ") == std::string_view::npos;
    if (remember_ && secret.size() >= (word ? long_enough : least) && !is_placeholder(secret)) {
        known_.add(secret);
    }
}

std::vector<Secret> Finder::find(std::string_view text) {
    std::vector<Secret> found;
    find_in(text, 0, found);
    known_.find(text, [&](std::size_t begin, std::size_t end, std::string_view secret) {
        found.push_back({begin, end, rules_.size() - 1, std::string(secret), false});
    });
    std::sort(found.begin(), found.end(), [](const Secret& a, const Secret& b) {
        return std::tuple(a.begin, b.end, a.rule) < std::tuple(b.begin, a.end, b.rule);
    });
    std::vector<Secret> apart;
    for (Secret& secret : found) {
        if (apart.empty() || secret.begin >= apart.back().end) {
            apart.push_back(std::move(secret));
        } else if (secret.end > apart.back().end) {
            apart.back().end = secret.end;
            apart.back().plain = text.substr(apart.back().begin, secret.end - apart.back().begin);
            apart.back().number = false;
        }
    }
    return apart;
}

void Finder::find_in(std::string_view text, unsigned depth, std::vector<Secret>& found) {
    find_leaves(text, depth, found);
    find_assignments(text, found);
    patterns_.find(text, [&](std::size_t begin, std::size_t end, std::size_t rule) {
        const std::string_view secret = text.substr(begin, end - begin);
        if (!is_placeholder(secret)) {
            found.push_back({begin, end, rule, std::string(secret), false});
        }
    });
}

void Finder::find_leaves(std::string_view text, unsigned depth, std::vector<Secret>& found) {
    if (text.find_first_of("\"{[") == std::string_view::npos) {
        return;
    }
    const Methods methods = by_method_ && depth == 0 ? methods_in(text) : Methods();
    LeafWalk walk(text);
    Leaf leaf;
    while (walk.next(leaf)) {
        const std::string_view value = text.substr(leaf.begin, leaf.end - leaf.begin);
        const auto rule = rule_of(leaf, methods, depth == 0);
        if (!rule) {
            if (leaf.text && depth < depth_max) {
                find_nested(leaf, text, depth, found);
            }
            continue;
        }
        if (value.empty() || is_placeholder(value)) {
            continue;
        }
        Secret secret{leaf.begin, leaf.end, *rule, "", !leaf.text};
        secret.plain = leaf.text ? unescape(value).text : std::string(value);
        remember(secret.plain);
        found.push_back(std::move(secret));
    }
}

/// What escapes hide: JSON in a text, and secrets that were spelled with escapes.
void Finder::find_nested(const Leaf& leaf, std::string_view text, unsigned depth,
                         std::vector<Secret>& found) {
    const std::string_view value = text.substr(leaf.begin, leaf.end - leaf.begin);
    if (value.find('\\') == std::string_view::npos) {
        return;
    }
    const Unescaped inner = unescape(value);
    std::vector<Secret> nested;
    find_in(inner.text, depth + 1, nested);
    known_.find(inner.text, [&](std::size_t begin, std::size_t end, std::string_view secret) {
        nested.push_back({begin, end, rules_.size() - 1, std::string(secret), false});
    });
    for (Secret& secret : nested) {
        secret.begin = leaf.begin + inner.begins[secret.begin];
        secret.end = leaf.begin + inner.begins[secret.end];
        found.push_back(std::move(secret));
    }
}

/// `NAME=VALUE` in command lines, environments, logs and queries.
void Finder::find_assignments(std::string_view text, std::vector<Secret>& found) {
    constexpr std::string_view ends = " \t\r\n\"'&,;\\<>)]}`";
    const auto in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    for (std::size_t at = text.find('='); at != std::string_view::npos;
         at = text.find('=', at + 1)) {
        std::size_t begin = at;
        while (begin > 0 && at - begin <= 128 && in_name(text[begin - 1])) {
            --begin;
        }
        const std::string_view name = text.substr(begin, at - begin);
        const std::size_t end = std::min(text.find_first_of(ends, at + 1), text.size());
        const std::string_view value = text.substr(at + 1, end - at - 1);
        const auto rule = value.size() < 4 || is_placeholder(text.substr(at + 1, end + 1 - at - 1))
                              ? std::nullopt
                              : rule_for(RedactWhere::key, name);
        if (rule) {
            found.push_back({at + 1, end, *rule, std::string(value), false});
        }
    }
}

std::optional<std::size_t> Finder::rule_of(const Leaf& leaf, const Methods& methods,
                                           bool outermost) {
    std::optional<std::size_t> rule = leaf.key.find('\\') == std::string_view::npos
                                          ? rule_for(RedactWhere::key, leaf.key)
                                          : rule_for(RedactWhere::key, unescape(leaf.key).text);
    if (rule || !outermost) {
        return rule;
    }
    for (const Pointer& pointer : pointers_) {
        const RedactRule& of = rules_[pointer.rule];
        if (!points_at(pointer, leaf)) {
            continue;
        }
        if (of.where == RedactWhere::pointer) {
            return pointer.rule;
        }
        const bool batch = !leaf.path->empty() && !leaf.path->front().object;
        const std::vector<std::size_t> message = {leaf.message,
                                                  batch ? leaf.path->front().index : 0};
        for (const auto& [place, method] : methods) {
            if (place == message && glob_matches(of.method, method)) {
                return pointer.rule;
            }
        }
    }
    return std::nullopt;
}

bool Finder::points_at(const Pointer& pointer, const Leaf& leaf) const {
    const std::vector<LeafStep>& path = *leaf.path;
    // Of a batch, each message by itself.
    const std::size_t skipped = !path.empty() && !path.front().object ? 1 : 0;
    if (path.size() - skipped < pointer.steps.size()) {
        return false;
    }
    for (std::size_t i = 0; i < pointer.steps.size(); ++i) {
        const LeafStep& step = path[skipped + i];
        const std::string& wanted = pointer.steps[i];
        if (wanted == "*") {
            continue;
        }
        const bool same = step.object ? step.key == wanted || unescape(step.key).text == wanted
                                      : std::to_string(step.index) == wanted;
        if (!same) {
            return false;
        }
    }
    return true;
}

Finder::Methods Finder::methods_in(std::string_view text) const {
    Methods methods;
    LeafWalk walk(text);
    Leaf leaf;
    while (walk.next(leaf)) {
        const std::vector<LeafStep>& path = *leaf.path;
        const bool batch = !path.empty() && !path.front().object;
        if (path.size() == (batch ? 2U : 1U) && leaf.text && leaf.key == "method") {
            methods.push_back({{leaf.message, batch ? path.front().index : 0},
                               unescape(text.substr(leaf.begin, leaf.end - leaf.begin)).text});
        }
    }
    return methods;
}

}  // namespace turntable::inline v0::tape
