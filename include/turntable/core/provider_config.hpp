#pragma once

/// \file
/// What a backend is opened with, before it is typed: a provider and its settings as text.
/// Purpose: the common form of URL, map, JSON, environment and file. Ownership: values.
/// Threads: values. Errors: invalid_config, never with the text of a secret.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0 {

struct SettingsInfo;

/// Setting names and their values as text.
using SettingMap = std::map<std::string, std::string, std::less<>>;
/// Environment variables by name, as a caller chooses to show them to the library.
using Environment = std::map<std::string, std::string, std::less<>>;
/// Asks for one variable; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// A copy of the environment of this process. The library never calls this by itself.
TURNTABLE_EXPORT Environment process_environment();
/// A lookup that answers from a copy of `environment`.
TURNTABLE_EXPORT EnvironmentLookup lookup_in(Environment environment);

/// A provider and its settings, as text.
///
/// Purpose: what a factory of a registry is given. `settings` beat the parts of `url`.
/// Ownership: owns its texts.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: the from_ functions give invalid_config; whether names and values fit the provider is
/// checked by its SettingsInfo.
struct TURNTABLE_EXPORT ProviderConfig {
    /// The scheme of the provider, such as "sqlite"; empty for "whatever takes a plain path".
    std::string provider_type;
    SettingMap settings;
    /// Where the settings came from, if from a URL; its query is in `settings` already.
    Url url;
    /// Layers to put around the backend, outermost first: `NAME` or `NAME?setting=value&...`.
    std::vector<std::string> layers;
    /// Other stores for some of the keys: the key that theirs begin with, as people type keys, and
    /// a URL or `@name`.
    std::vector<std::pair<std::string, std::string>> mounts;

    /// The scheme, and the query as settings. A name that occurs twice is an error.
    static Result<ProviderConfig> from_url(const Url& url);
    static Result<ProviderConfig> from_url(std::string_view url);
    static ProviderConfig from_map(std::string provider_type, SettingMap settings);
    /// Every variable whose name begins with `prefix`, which is removed and the rest put in lower
    /// case: with "APP_KV_", APP_KV_BUSY_TIMEOUT is `busy_timeout`. Two names are special:
    /// APP_KV_URL is the URL and APP_KV_PROVIDER the provider type.
    static Result<ProviderConfig> from_env(std::string_view prefix, const Environment& environment);
    /// The same from a lookup, which is asked for the settings that `info` knows.
    static Result<ProviderConfig> from_env(std::string_view prefix, const EnvironmentLookup& lookup,
                                           const SettingsInfo& info);
};

/// Merges configurations of one provider, strongest first: call, URL, file. (Defaults, the weakest,
/// are filled in by the settings description.) Layers are those of the strongest that has any.
/// Two different provider types are an error.
TURNTABLE_EXPORT Result<ProviderConfig> merge_configs(
    std::span<const ProviderConfig> strongest_first, const SettingsInfo& info);

}  // namespace turntable::inline v0
