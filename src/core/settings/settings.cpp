#include "turntable/core/settings.hpp"

namespace turntable::inline v0::detail {

Result<void> SettingsCore::apply(const ProviderConfig& config, void* settings) const {
    if (std::vector<Error> problems = info.problems(config); !problems.empty()) {
        Error first = std::move(problems.front());
        if (problems.size() > 1) {
            first.with("more_problems", std::to_string(problems.size() - 1));
        }
        return first;
    }
    TURNTABLE_TRY(const ProviderConfig expanded, info.expand(config));
    for (std::size_t i = 0; i < access.size(); ++i) {
        const auto given = expanded.settings.find(info.fields[i].name);
        if (given == expanded.settings.end()) {
            continue;
        }
        TURNTABLE_TRY(const SettingValue value, info.fields[i].parse(given->second));
        access[i].set(settings, value);
    }
    return {};
}

Result<void> SettingsCore::validate(const void* settings) const {
    for (std::size_t i = 0; i < access.size(); ++i) {
        const SettingInfo& field = info.fields[i];
        const auto value = access[i].get(settings);
        if (value) {
            if (auto checked = field.check(*value); !checked) {
                return Error(ErrorCode::invalid_config,
                             info.name + ": " + checked.error().message())
                    .with("setting", field.name);
            }
        } else if (field.required) {
            return Error(ErrorCode::invalid_config,
                         info.name + ": setting \"" + field.name + "\" is missing: " + field.help)
                .with("setting", field.name);
        }
    }
    return {};
}

ProviderConfig SettingsCore::to_config(const void* settings) const {
    ProviderConfig config;
    config.provider_type = info.name;
    for (std::size_t i = 0; i < access.size(); ++i) {
        const SettingInfo& field = info.fields[i];
        const auto value = access[i].get(settings);
        if (value && value != field.default_value) {
            config.settings.emplace(field.name, field.print(*value));
        }
    }
    return config;
}

}  // namespace turntable::inline v0::detail
