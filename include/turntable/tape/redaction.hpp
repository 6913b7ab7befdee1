#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/record.hpp"

namespace turntable::inline v0::tape {

/// What stands where a secret stood.
enum class RedactAction : std::uint8_t {
    drop,  ///< nothing; of a header also its name goes
    mask,  ///< `[redacted:RULE]`
    replace,  ///< a text of the rule
    hash,  ///< `[redacted:RULE:0123456789abcdef]`: equal secrets stay equal, by the key
};

/// Where a rule looks.
enum class RedactWhere : std::uint8_t {
    header,  ///< headers whose name matches a glob, in any case of letters
    key,  ///< texts and numbers in JSON, and `NAME=VALUE`, whose name matches a glob
    value,  ///< what a regular expression (RE2) finds in any text; its first group, if it has one
    pointer,  ///< what lies at or below a JSON pointer of a message; `*` is any one step
    parameter,  ///< the same, from `params` of requests whose method matches a glob
};

/// One rule.
///
/// Purpose: an element of RedactorOptions. Ownership, threads: a value.
/// Errors: Redactor::create looks at it.
struct RedactRule {
    /// Shows in the tape: small letters, digits, `-` and `_`.
    std::string name = {};
    RedactWhere where = RedactWhere::key;
    /// A glob (`*` and `?`), an expression, or a pointer.
    std::string pattern = {};
    /// Of `parameter`: a glob over methods.
    std::string method = {};
    RedactAction action = RedactAction::mask;
    /// Of `replace`: printable ASCII without quote and backslash.
    std::string replacement = {};
};

/// The rules for secrets that everybody has; docs/redaction.md lists them.
TURNTABLE_EXPORT std::vector<RedactRule> default_redact_rules(
    RedactAction action = RedactAction::mask);

/// What a Redactor looks for.
///
/// Purpose: the argument of Redactor::create. Ownership, threads: a value. Errors: none.
struct RedactorOptions {
    std::vector<RedactRule> rules = {};
    /// With the default rules behind those: hashed if there is a key, masked if not.
    bool defaults = true;
    /// Of `hash`: at least 16 bytes, kept apart from the tapes. See new_redaction_key.
    std::string key = {};
    /// What a rule by name or place finds is looked for everywhere from then on.
    bool remember = true;
};

/// A secret that scan() found: where, never what.
struct RedactFinding {
    std::string rule = {};
    /// `payload`, `command`, `endpoint`, `header NAME`, `text`, `attribute NAME`.
    std::string place = {};
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    friend bool operator==(const RedactFinding&, const RedactFinding&) = default;
};

/// Takes secrets out of records before they are written.
///
/// Purpose: redaction at capture. It works on the bytes as they were on the wire: what is no secret
/// stays as it is, byte for byte, and frames say which spans stand for others.
/// Ownership: owns its rules and what it remembers; a key and secrets are in memory only.
/// Threads: one at a time.
/// Errors: `invalid_argument` for a rule that is none, with its name.
class TURNTABLE_EXPORT Redactor {
  public:
    static Result<Redactor> create(const RedactorOptions& options);
    Redactor(Redactor&& other) noexcept;
    Redactor& operator=(Redactor&& other) noexcept;
    ~Redactor();

    /// Looks for this secret everywhere, as it is, escaped in JSON, in percent codes and in
    /// base64. Shorter ones than 6 bytes are not looked for.
    void learn(std::string_view secret);
    /// Learns the values of variables whose names a rule takes.
    void learn_environment(const std::vector<std::pair<std::string, std::string>>& variables);

    /// Frames are redacted before their texts are stored elsewhere and before they are truncated.
    void redact(Record& record);
    void redact(Frame& frame);
    /// Also learns secrets among the arguments: `--token VALUE`, `--token=VALUE`, `TOKEN=VALUE`.
    void redact(Head& head);
    void redact(Http& http);
    /// Any text, such as a line of a log.
    std::string redacted(std::string_view text);

    /// What redact() would take out of a record: an audit of tapes that are there.
    std::vector<RedactFinding> scan(const Record& record);

    /// For Head::redaction: names the rules.
    std::string policy() const;
    /// How many secrets were taken out so far.
    std::uint64_t count() const noexcept;

  private:
    struct State;
    explicit Redactor(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// 32 bytes of chance for RedactorOptions::key.
TURNTABLE_EXPORT std::string new_redaction_key(Runtime& runtime);

}  // namespace turntable::inline v0::tape
