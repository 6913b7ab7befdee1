#include <algorithm>

#include "tape/redaction/finder.hpp"
#include "turntable/core/sha256.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::size_t key_bytes_min = 16;

/// The name of a flag: `--api-key` is `api-key`.
std::string_view flag_name(std::string_view argument) {
    const std::size_t begin = argument.find_first_not_of('-');
    return argument.starts_with('-') && begin != std::string_view::npos ? argument.substr(begin)
                                                                        : std::string_view();
}

}  // namespace

struct Redactor::State {
    State(Finder by, std::string with, bool all_defaults)
        : finder(std::move(by)), key(std::move(with)), defaults(all_defaults) {}

    std::string instead_of(const Secret& secret) {
        ++count;
        const RedactRule& rule = finder.rules()[secret.rule];
        if (rule.action == RedactAction::replace) {
            return rule.replacement;
        }
        if (secret.number) {
            return "null";
        }
        if (rule.action == RedactAction::drop) {
            return "";
        }
        if (rule.action == RedactAction::mask) {
            return "[redacted:" + rule.name + "]";
        }
        const std::string hash = to_hex(hmac_sha256(key, secret.plain));
        return "[redacted:" + rule.name + ":" + hash.substr(0, 16) + "]";
    }
    /// A text without its secrets; `spans` says where others stand for them. Spans that were there
    /// before stay what they are.
    std::string without(const std::vector<Secret>& secrets, std::string_view text,
                        std::vector<RedactedSpan>* spans) {
        std::vector<RedactedSpan> before;
        if (spans != nullptr) {
            before.swap(*spans);
        }
        std::string out;
        std::size_t at = 0;
        auto old = before.begin();
        const auto copy_to = [&](std::size_t end) {
            for (; old != before.end() && (old->offset < end || end == text.size()); ++old) {
                spans->push_back({old->offset - at + out.size(), old->size, old->rule});
            }
            out += text.substr(at, end - at);
            at = end;
        };
        for (const Secret& secret : secrets) {
            if (overlaps(before, secret)) {
                continue;
            }
            copy_to(secret.begin);
            const std::string instead = instead_of(secret);
            if (spans != nullptr) {
                spans->push_back({out.size(), instead.size(), finder.rules()[secret.rule].name});
            }
            out += instead;
            at = secret.end;
        }
        copy_to(text.size());
        return out;
    }
    static bool overlaps(const std::vector<RedactedSpan>& spans, const Secret& secret) {
        return std::any_of(spans.begin(), spans.end(), [&secret](const RedactedSpan& span) {
            return secret.begin < span.offset + span.size && span.offset < secret.end;
        });
    }
    std::string cleaned(std::string_view text) { return without(finder.find(text), text, nullptr); }
    void clean(std::string& text) { text = cleaned(text); }

    /// The value of something with a name.
    void clean_value(std::optional<std::size_t> rule, std::string& value) {
        if (!rule || value.empty() || is_placeholder(value)) {
            clean(value);
            return;
        }
        finder.remember(value);
        value = instead_of({0, value.size(), *rule, value, false});
    }
    /// A flag before says that an argument is a secret; so may its own name.
    void clean_arguments(std::vector<std::string>& arguments) {
        std::optional<std::size_t> rule;
        for (std::string& argument : arguments) {
            const std::size_t equals = argument.find('=');
            const std::string_view flag = flag_name(argument);
            if (rule && flag.empty()) {
                clean_value(std::exchange(rule, std::nullopt), argument);
                continue;
            }
            rule = std::nullopt;
            const std::size_t colon = argument.find(": ");
            const auto header = colon == std::string::npos
                                    ? std::nullopt
                                    : finder.rule_for(RedactWhere::header,
                                                      std::string_view(argument).substr(0, colon));
            if (header) {
                std::string value = argument.substr(colon + 2);
                clean_value(header, value);
                argument.replace(colon + 2, std::string::npos, value);
                continue;
            }
            if (equals == std::string::npos) {
                rule = finder.rule_for(RedactWhere::key, flag);
                clean(argument);
                continue;
            }
            const std::string_view name = flag.empty()
                                              ? std::string_view(argument).substr(0, equals)
                                              : flag.substr(0, flag.find('='));
            std::string value = argument.substr(equals + 1);
            clean_value(finder.rule_for(RedactWhere::key, name), value);
            argument.replace(equals + 1, std::string::npos, value);
        }
    }
    void clean_headers(std::vector<std::pair<std::string, std::string>>& headers) {
        std::erase_if(headers, [this](auto& header) {
            auto& [name, value] = header;
            const auto rule = finder.rule_for(RedactWhere::header, name);
            clean_value(rule, value);
            return rule && finder.rules()[*rule].action == RedactAction::drop;
        });
    }
    void clean_frame(Frame& frame) {
        if (frame.parts.empty()) {
            const std::vector<Secret> secrets = finder.find(frame.payload.text());
            if (!secrets.empty()) {
                frame.payload =
                    Bytes::take(without(secrets, frame.payload.text(), &frame.redacted));
            }
            return;
        }
        // What lies elsewhere was redacted before it went there; spans would have to reach over it.
        for (Part& part : frame.parts) {
            if (!part.stored) {
                part.bytes = Bytes::take(cleaned(part.bytes.text()));
            }
        }
    }

    Finder finder;
    std::string key;
    bool defaults;
    std::uint64_t count = 0;
};

Redactor::Redactor(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Redactor::Redactor(Redactor&& other) noexcept = default;
Redactor& Redactor::operator=(Redactor&& other) noexcept = default;
Redactor::~Redactor() = default;

Result<Redactor> Redactor::create(const RedactorOptions& options) {
    std::vector<RedactRule> rules = options.rules;
    if (options.defaults) {
        for (RedactRule& rule :
             default_redact_rules(options.key.empty() ? RedactAction::mask : RedactAction::hash)) {
            rules.push_back(std::move(rule));
        }
    }
    const bool hashes = std::any_of(rules.begin(), rules.end(), [](const RedactRule& rule) {
        return rule.action == RedactAction::hash;
    });
    if (hashes && options.key.size() < key_bytes_min) {
        return Error(ErrorCode::invalid_argument,
                     "a rule that hashes needs a key of at least 16 bytes: see new_redaction_key");
    }
    TURNTABLE_TRY(Finder finder, Finder::create(std::move(rules), options.remember));
    return Redactor(std::make_unique<State>(std::move(finder), options.key, options.defaults));
}

void Redactor::learn(std::string_view secret) { state_->finder.learn(secret); }

void Redactor::learn_environment(
    const std::vector<std::pair<std::string, std::string>>& variables) {
    for (const auto& [name, value] : variables) {
        if (state_->finder.rule_for(RedactWhere::key, name)) {
            state_->finder.learn(value);
        }
    }
}

void Redactor::redact(Frame& frame) { state_->clean_frame(frame); }

void Redactor::redact(Head& head) {
    state_->clean_arguments(head.command);
    state_->clean(head.endpoint);
    state_->clean(head.name);
    for (auto& [name, value] : head.attributes) {
        state_->clean_value(state_->finder.rule_for(RedactWhere::key, name), value);
    }
}

void Redactor::redact(Http& http) {
    state_->clean(http.target);
    state_->clean_headers(http.headers);
}

namespace {

template <class... Functions>
struct AnyOf : Functions... {
    using Functions::operator()...;
};

}  // namespace

void Redactor::redact(Record& record) {
    std::visit(AnyOf{[this](Head& head) { redact(head); }, [this](Frame& frame) { redact(frame); },
                     [this](Http& http) { redact(http); },
                     [this](Life& life) { state_->clean(life.text); },
                     [this](Note& note) { state_->clean(note.text); },
                     [this](Gap& gap) { state_->clean(gap.why); }, [](Check&) {}, [](End&) {},
                     [this](Unknown& other) { state_->clean(other.extra); }},
               record);
}

std::string Redactor::redacted(std::string_view text) { return state_->cleaned(text); }

std::vector<RedactFinding> Redactor::scan(const Record& record) {
    std::vector<RedactFinding> found;
    Finder& finder = state_->finder;
    const auto add = [&](const Secret& secret, std::string_view place) {
        found.push_back({finder.rules()[secret.rule].name, std::string(place), secret.begin,
                         secret.end - secret.begin});
    };
    const auto scan_text = [&](std::string_view text, std::string_view place) {
        for (const Secret& secret : finder.find(text)) {
            add(secret, place);
        }
    };
    const auto scan_named = [&](RedactWhere where, std::string_view name, const std::string& value,
                                const std::string& place) {
        const auto rule = finder.rule_for(where, name);
        if (rule && !value.empty() && !is_placeholder(value)) {
            add({0, value.size(), *rule, "", false}, place);
        } else {
            scan_text(value, place);
        }
    };
    if (const auto* frame = std::get_if<Frame>(&record)) {
        for (const Secret& secret : finder.find(frame->payload.text())) {
            if (!State::overlaps(frame->redacted, secret)) {
                add(secret, "payload");
            }
        }
        for (const Part& part : frame->parts) {
            scan_text(part.bytes.text(), "payload");
        }
    } else if (const auto* http = std::get_if<Http>(&record)) {
        scan_text(http->target, "target");
        for (const auto& [name, value] : http->headers) {
            scan_named(RedactWhere::header, name, value, "header " + name);
        }
    } else if (const auto* head = std::get_if<Head>(&record)) {
        // Arguments by what redacting would change of them.
        Head copy = *head;
        state_->clean_arguments(copy.command);
        for (std::size_t i = 0; i < copy.command.size(); ++i) {
            if (copy.command[i] != head->command[i]) {
                found.push_back({"argument", "command", i, 1});
            }
        }
        scan_text(head->endpoint, "endpoint");
        scan_text(head->name, "name");
        for (const auto& [name, value] : head->attributes) {
            scan_named(RedactWhere::key, name, value, "attribute " + name);
        }
    } else if (const auto* life = std::get_if<Life>(&record)) {
        scan_text(life->text, "text");
    } else if (const auto* note = std::get_if<Note>(&record)) {
        scan_text(note->text, "text");
    }
    return found;
}

std::string Redactor::policy() const {
    Sha256 hash;
    for (const RedactRule& rule : state_->finder.rules()) {
        for (const std::string& text : {rule.name, rule.pattern, rule.method, rule.replacement}) {
            hash.update(std::to_string(text.size()) + ":" + text);
        }
        hash.update(std::to_string(static_cast<int>(rule.where)) + "," +
                    std::to_string(static_cast<int>(rule.action)) + ";");
    }
    return std::string(state_->defaults ? "default" : "rules") + "-" +
           to_hex(hash.digest()).substr(0, 16);
}

std::uint64_t Redactor::count() const noexcept { return state_->count; }

std::string new_redaction_key(Runtime& runtime) {
    std::string key;
    for (int i = 0; i < 4; ++i) {
        const std::uint64_t word = runtime.random().next();
        for (unsigned shift = 0; shift < 64; shift += 8) {
            key += static_cast<char>(word >> shift & 0xFFU);
        }
    }
    return key;
}

}  // namespace turntable::inline v0::tape
