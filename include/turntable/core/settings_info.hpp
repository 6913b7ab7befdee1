#pragma once

/// \file
/// What is known of a backend's settings without its type.
/// Purpose: checking, help, documentation and JSON Schema from one list. Ownership: values.
/// Threads: values; const use is safe from any thread. Errors: invalid_config.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// A number of bytes, written `1024`, `64KiB`, `2MiB`, `1GiB` or `10MB` (a million each).
struct ByteSize {
    std::uint64_t bytes = 0;

    friend auto operator<=>(const ByteSize&, const ByteSize&) = default;
};

/// How the text of a setting is read.
enum class SettingType : std::uint8_t {
    boolean,  ///< true, false, yes, no, on, off, 1, 0
    integer,  ///< a whole number, perhaps negative
    unsigned_integer,  ///< a whole number
    number,  ///< a decimal number
    text,  ///< any text
    duration,  ///< 250ms, 5s, 2m, 1h, 1d, or a plain number in the unit of the setting
    byte_size,  ///< see ByteSize
    choice,  ///< one of a list of names
};

/// The name of a type for people, such as "duration".
TURNTABLE_EXPORT std::string_view to_string(SettingType type) noexcept;

/// Which part of the URL a setting is read from, besides the query, which serves every setting.
enum class UrlPart : std::uint8_t {
    query,  ///< only `?name=value`
    path,  ///< what follows the scheme (and host)
    endpoint,  ///< the whole URL without credentials, query and fragment
    user,  ///< the user name before the host
    password,  ///< the password before the host
};

/// A value as read: durations in milliseconds and choices as integers, sizes as unsigned ones.
using SettingValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

/// One name of a choice and the number of its enumerator.
struct SettingChoice {
    std::string name;
    std::int64_t value = 0;
};

/// One setting: how it is called, read, checked and explained.
///
/// Purpose: the type-erased half of a field of SettingsDescription.
/// Ownership: owns its texts.
/// Threads: a value.
/// Errors: parse() and check() give invalid_config and name setting, value (not of a secret), and
/// what was expected.
struct TURNTABLE_EXPORT SettingInfo {
    std::string name;
    SettingType type = SettingType::text;
    std::string help;
    /// What a plain number counts: "ms", "rows"; empty when that is plain.
    std::string unit;
    std::optional<SettingValue> default_value;
    std::optional<SettingValue> minimum;
    std::optional<SettingValue> maximum;
    std::vector<SettingChoice> choices;
    bool optional = false;  ///< may be left unset, which is not the same as any value
    bool secret = false;
    bool secret_path = false;  ///< a URL whose path may be a secret; only its origin is shown
    bool required = false;
    UrlPart url_part = UrlPart::query;

    Result<SettingValue> parse(std::string_view text) const;
    Result<void> check(const SettingValue& value) const;
    /// The shortest text that parse() reads as `value`.
    std::string print(const SettingValue& value) const;
    /// "duration from 0ms to 1h", "one of full, normal".
    std::string expectation() const;
};

/// A URL to show in help, and what it opens.
struct SettingsExample {
    std::string url;
    std::string meaning;
};

/// All settings of one backend, without its type.
///
/// Purpose: what the registry, the command line and the configuration file know of a backend.
/// Ownership: owns its texts.
/// Threads: a value; const use is safe from any thread.
/// Errors: invalid_config, naming the nearest known setting for an unknown one.
struct TURNTABLE_EXPORT SettingsInfo {
    std::string name;  ///< the backend, such as "sqlite"
    std::string help;  ///< one paragraph
    std::vector<SettingInfo> fields;
    std::vector<SettingsExample> examples;

    const SettingInfo* find(std::string_view setting) const noexcept;
    std::vector<std::string> setting_names() const;
    std::vector<std::string> secret_names() const;
    bool is_secret(std::string_view setting) const;

    /// Puts the parts of the URL that belong to settings among the settings. A part that no
    /// setting takes (host, path, credentials, fragment) is an error, and so is a value given
    /// both by such a part and by the query.
    Result<ProviderConfig> expand(const ProviderConfig& config) const;
    /// The error that says that there is no such setting.
    Error unknown_setting(std::string_view setting) const;
    /// Everything wrong with a configuration; each error has the pair {"setting", name} in its
    /// context if it is about one setting. Empty when all is well.
    std::vector<Error> problems(const ProviderConfig& config) const;
    /// `value` as it may be shown: "***" for a secret, the origin of a URL with a secret path.
    std::string shown(std::string_view setting, std::string_view value) const;

    /// JSON Schema, draft 2020-12, of the settings as an object.
    std::string json_schema() const;
    /// For a terminal.
    std::string help_text() const;
    /// A Markdown table, a row for each setting.
    std::string markdown() const;
};

/// `text` between quotes, with the escapes of JSON.
TURNTABLE_EXPORT std::string json_quoted(std::string_view text);

}  // namespace turntable::inline v0
