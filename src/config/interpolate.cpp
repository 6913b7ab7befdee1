#include "config/interpolate.hpp"

#include <algorithm>
#include <optional>

#include "core/settings/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0::detail {
namespace {

Error wrong(const std::string& message) { return Error(ErrorCode::invalid_config, message); }

bool is_variable_name(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// What stands for the inside of `${...}`.
Result<std::string> value_of(std::string_view inside, const EnvironmentLookup& variables,
                             bool& secret) {
    const auto mark = inside.find(":-");
    const std::string_view name = inside.substr(0, mark);
    if (!is_variable_name(name)) {
        return wrong(
            "${...} must hold the name of a variable: letters, digits and _, then perhaps "
            ":- and a default");
    }
    secret = secret || is_secret_name(name);
    std::optional<std::string> value = variables ? variables(name) : std::nullopt;
    if (mark != std::string_view::npos && (!value || value->empty())) {
        value = std::string(inside.substr(mark + 2));
    }
    if (!value) {
        return wrong("variable " + std::string(name) + " is not set (${" + std::string(name) +
                     ":-text} gives a default)");
    }
    if (std::any_of(value->begin(), value->end(), is_control)) {
        return wrong("the value of variable " + std::string(name) +
                     " has a line break or another control character in it");
    }
    return *std::move(value);
}

}  // namespace

Result<Interpolated> interpolate(std::string_view text, const EnvironmentLookup& variables) {
    Interpolated result;
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        result.text += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.empty()) {
            break;
        }
        if (text.starts_with("$$")) {
            result.text += '$';
            text.remove_prefix(2);
            continue;
        }
        const auto close = text.find('}');
        if (!text.starts_with("${") || close == std::string_view::npos) {
            return wrong("a dollar sign begins ${NAME}; for the sign itself write $$");
        }
        TURNTABLE_TRY(const std::string value,
                      value_of(text.substr(2, close - 2), variables, result.secret));
        result.text += value;
        text.remove_prefix(close + 1);
        if (result.text.size() > url_bytes_max) {
            return wrong("with its variables the value is longer than " +
                         std::to_string(url_bytes_max) + " bytes");
        }
    }
    return result;
}

}  // namespace turntable::inline v0::detail
