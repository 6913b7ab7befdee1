#include "config/setting_text.hpp"

#include <algorithm>
#include <utility>

#include "config/interpolate.hpp"
#include "core/settings/text.hpp"

namespace turntable::inline v0::detail {

Result<SettingText> setting_text(const Member& member, const ConfigOptions& options) {
    const Node& value = member.value;
    if (value.kind == Node::Kind::scalar) {
        return SettingText{value.text};
    }
    if (value.kind != Node::Kind::text) {
        return Error(ErrorCode::invalid_config,
                     "\"" + member.key + "\" must be a text, a number, true or false");
    }
    auto text = interpolate(value.text, options.variables);
    if (!text) {
        return Error(ErrorCode::invalid_config,
                     "\"" + member.key + "\": " + text.error().message());
    }
    return SettingText{std::move(text->text), text->secret};
}

bool is_plain_key(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
    });
}

bool is_table_name(std::string_view name) {
    std::string plain(name);
    std::replace(plain.begin(), plain.end(), '.', '_');
    return is_plain_key(plain);
}

std::string toml_name(std::string_view name) {
    return is_plain_key(name) ? std::string(name) : json_quoted(name);
}

std::string toml_line(std::string_view key, std::string_view value) {
    return toml_name(key) + " = " + json_quoted(value) + "\n";
}

}  // namespace turntable::inline v0::detail
