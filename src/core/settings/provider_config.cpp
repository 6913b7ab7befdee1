#include "turntable/core/provider_config.hpp"

#include <utility>

#include "core/settings/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {
namespace {

/// Adds one setting read from the environment; URL and PROVIDER are no settings.
Result<void> add_variable(ProviderConfig& config, const std::string& variable,
                          std::string_view setting, std::string value) {
    if (setting == "url") {
        auto url = Url::parse(value);
        if (!url) {
            return Error(ErrorCode::invalid_config, variable + ": " + url.error().message());
        }
        config.url = *std::move(url);
    } else if (setting == "provider") {
        config.provider_type = std::move(value);
    } else {
        config.settings.emplace(setting, std::move(value));
    }
    return {};
}

/// The URL of the environment as its own source; the variables beside it are the stronger one.
Result<ProviderConfig> with_url_settings(ProviderConfig config) {
    TURNTABLE_TRY(ProviderConfig from_url, ProviderConfig::from_url(config.url));
    if (config.provider_type.empty()) {
        config.provider_type = from_url.provider_type;
    }
    config.settings.merge(from_url.settings);
    return config;
}

}  // namespace

EnvironmentLookup lookup_in(Environment environment) {
    return [held = std::move(environment)](std::string_view name) -> std::optional<std::string> {
        const auto found = held.find(name);
        return found == held.end() ? std::nullopt : std::optional(found->second);
    };
}

Result<ProviderConfig> ProviderConfig::from_url(const Url& url) {
    ProviderConfig config;
    config.provider_type = url.scheme();
    config.url = url;
    for (const QueryParameter& parameter : url.query()) {
        if (!config.settings.emplace(parameter.name, parameter.value).second) {
            return Error(ErrorCode::invalid_config,
                         "setting " + json_quoted(parameter.name) + " is given twice in the URL")
                .with("setting", parameter.name)
                .on(url.masked());
        }
    }
    return config;
}

Result<ProviderConfig> ProviderConfig::from_url(std::string_view text) {
    TURNTABLE_TRY(const Url url, Url::parse(text));
    return from_url(url);
}

ProviderConfig ProviderConfig::from_map(std::string provider_type, SettingMap settings) {
    ProviderConfig config;
    config.provider_type = std::move(provider_type);
    config.settings = std::move(settings);
    return config;
}

Result<ProviderConfig> ProviderConfig::from_env(std::string_view prefix,
                                                const Environment& environment) {
    ProviderConfig config;
    for (auto entry = environment.lower_bound(prefix);
         entry != environment.end() && entry->first.starts_with(prefix); ++entry) {
        const std::string setting = detail::lowered(entry->first.substr(prefix.size()));
        if (!setting.empty()) {
            TURNTABLE_CHECK(add_variable(config, entry->first, setting, entry->second));
        }
    }
    return with_url_settings(std::move(config));
}

Result<ProviderConfig> ProviderConfig::from_env(std::string_view prefix,
                                                const EnvironmentLookup& lookup,
                                                const SettingsInfo& info) {
    ProviderConfig config;
    std::vector<std::string> names = info.setting_names();
    names.insert(names.end(), {"url", "provider"});
    for (const std::string& name : names) {
        std::string variable(prefix);
        for (const char c : name) {
            variable += detail::to_upper(c);
        }
        if (auto value = lookup(variable)) {
            TURNTABLE_CHECK(add_variable(config, variable, name, *std::move(value)));
        }
    }
    return with_url_settings(std::move(config));
}

Result<ProviderConfig> merge_configs(std::span<const ProviderConfig> strongest_first,
                                     const SettingsInfo& info) {
    ProviderConfig merged;
    for (const ProviderConfig& config : strongest_first) {
        const std::string& type = config.provider_type;
        if (!type.empty() && !merged.provider_type.empty() && type != merged.provider_type) {
            return Error(ErrorCode::invalid_config, "settings of two providers are mixed: " +
                                                        json_quoted(merged.provider_type) +
                                                        " and " + json_quoted(type));
        }
        TURNTABLE_TRY(ProviderConfig expanded, info.expand(config));
        merged.settings.merge(expanded.settings);
        if (merged.provider_type.empty()) {
            merged.provider_type = type;
        }
        if (merged.layers.empty()) {
            merged.layers = config.layers;
        }
        if (merged.mounts.empty()) {
            merged.mounts = config.mounts;
        }
        if (merged.url.to_string().empty()) {
            merged.url = config.url;
        }
    }
    return merged;
}

}  // namespace turntable::inline v0
