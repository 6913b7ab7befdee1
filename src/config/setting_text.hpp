#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/tree.hpp"
#include "turntable/config.hpp"

/// \file
/// Settings of a file as text, and text as TOML.
/// Purpose: what stores and sections share. Ownership: values. Threads: plain functions.
/// Errors: `invalid_config` without the place, which the caller knows.
namespace turntable::inline v0::detail {

/// The value of a setting, variables put in.
struct SettingText {
    std::string text;
    /// A variable with a secret name is in it.
    bool secret = false;
};
Result<SettingText> setting_text(const Member& member, const ConfigOptions& options);

/// What TOML lets stand as a key without quotes.
bool is_plain_key(std::string_view name);
/// The same, with dots: what stores and tables may be called.
bool is_table_name(std::string_view name);
/// A part of the name of a table, in quotes where TOML wants them.
std::string toml_name(std::string_view name);
/// `key = "value"` with its line end.
std::string toml_line(std::string_view key, std::string_view value);
/// `{"name":"value"}` of a map or a list of pairs.
std::string json_object(const auto& members) {
    std::string text = "{";
    for (const auto& [name, value] : members) {
        text += (text.size() == 1 ? "" : ",") + json_quoted(name) + ":" + json_quoted(value);
    }
    return text + "}";
}

}  // namespace turntable::inline v0::detail
