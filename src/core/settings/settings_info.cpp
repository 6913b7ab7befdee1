#include "turntable/core/settings_info.hpp"

#include <algorithm>
#include <array>

#include "turntable/core/nearest_name.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0 {
namespace {

Error wrong(const SettingsInfo& info, const std::string& message) {
    return Error(ErrorCode::invalid_config, info.name + ": " + message);
}

struct Part {
    UrlPart part;
    std::string_view words;
    std::string text;
};

bool takes(const SettingsInfo& info, UrlPart part) {
    return std::any_of(info.fields.begin(), info.fields.end(),
                       [part](const SettingInfo& field) { return field.url_part == part; });
}

/// The parts of the URL that say something.
std::vector<Part> parts_of(const Url& url, bool has_endpoint) {
    std::vector<Part> parts;
    if (has_endpoint) {
        parts.push_back({UrlPart::endpoint, "endpoint", url.endpoint()});
    } else if (!url.path().empty()) {
        parts.push_back({UrlPart::path, "path", url.path()});
    }
    if (url.user() && !url.user()->empty()) {
        parts.push_back({UrlPart::user, "user name", *url.user()});
    }
    if (url.password()) {
        parts.push_back({UrlPart::password, "password", *url.password()});
    }
    return parts;
}

Result<void> refuse_what_nobody_takes(const SettingsInfo& info, const Url& url) {
    if (!url.host().empty() && !takes(info, UrlPart::endpoint)) {
        const std::string hint =
            takes(info, UrlPart::path)
                ? "; write " + url.scheme() + ":NAME or " + url.scheme() + ":///absolute/path"
                : std::string();
        return wrong(info, "what follows // is read as a host, and there is none here" + hint);
    }
    if (!url.fragment().empty()) {
        return wrong(info, "the URL has a # part, which means nothing here (in a name write %23)");
    }
    return {};
}

}  // namespace

const SettingInfo* SettingsInfo::find(std::string_view setting) const noexcept {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [setting](const SettingInfo& f) { return f.name == setting; });
    return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> SettingsInfo::setting_names() const {
    std::vector<std::string> names;
    for (const SettingInfo& field : fields) {
        names.push_back(field.name);
    }
    return names;
}

std::vector<std::string> SettingsInfo::secret_names() const {
    std::vector<std::string> names;
    for (const SettingInfo& field : fields) {
        if (field.secret) {
            names.push_back(field.name);
        }
    }
    return names;
}

bool SettingsInfo::is_secret(std::string_view setting) const {
    const SettingInfo* field = find(setting);
    return (field != nullptr && field->secret) || is_secret_name(setting);
}

std::string SettingsInfo::shown(std::string_view setting, std::string_view value) const {
    const SettingInfo* field = find(setting);
    if (field != nullptr && field->secret_path) {
        return mask_url_path(value);
    }
    return is_secret(setting) ? "***" : std::string(value);
}

Result<ProviderConfig> SettingsInfo::expand(const ProviderConfig& config) const {
    ProviderConfig expanded = config;
    TURNTABLE_CHECK(refuse_what_nobody_takes(*this, config.url));
    const bool has_endpoint = takes(*this, UrlPart::endpoint) && !config.url.to_string().empty();
    for (Part& part : parts_of(config.url, has_endpoint)) {
        const auto field = std::find_if(fields.begin(), fields.end(), [&](const SettingInfo& f) {
            return f.url_part == part.part;
        });
        if (field == fields.end()) {
            return wrong(*this,
                         "the URL has a " + std::string(part.words) + ", which no setting takes");
        }
        if (config.url.query_value(field->name)) {
            return wrong(*this, "setting \"" + field->name + "\" is given twice, by the " +
                                    std::string(part.words) + " of the URL and by its query")
                .with("setting", field->name);
        }
        expanded.settings.try_emplace(field->name, std::move(part.text));
    }
    return expanded;
}

Error SettingsInfo::unknown_setting(std::string_view setting) const {
    const std::vector<std::string> names = setting_names();
    std::string message = "unknown setting " + json_quoted(setting) + did_you_mean(setting, names);
    std::string known;
    for (const std::string& each : names) {
        known += (known.empty() ? " (known: " : ", ") + each;
    }
    message += known.empty() ? " (it has no settings)" : known + ")";
    return wrong(*this, message).with("setting", std::string(setting));
}

std::vector<Error> SettingsInfo::problems(const ProviderConfig& config) const {
    const auto expanded = expand(config);
    std::vector<Error> found;
    if (!expanded) {
        found.push_back(expanded.error());
    }
    const SettingMap& settings = expanded ? expanded->settings : config.settings;
    for (const auto& [setting, value] : settings) {
        const SettingInfo* field = find(setting);
        if (field == nullptr) {
            found.push_back(unknown_setting(setting));
        } else if (const auto parsed = field->parse(value); !parsed) {
            found.push_back(wrong(*this, parsed.error().message()).with("setting", setting));
        }
    }
    for (const SettingInfo& field : fields) {
        if (expanded && field.required && !settings.contains(field.name)) {
            found.push_back(wrong(*this, "setting \"" + field.name + "\" is missing: " + field.help)
                                .with("setting", field.name));
        }
    }
    return found;
}

}  // namespace turntable::inline v0
