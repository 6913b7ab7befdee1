#pragma once

/// \file
/// The configuration file `turntable.toml`, with named stores, and configurations in JSON.
/// Purpose: what a program or person writes down once. Ownership: values. Threads: values.
/// Errors: invalid_config with file:line:column, never with the text of a secret.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/registry.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {

/// The longest file or text that is read, in bytes.
inline constexpr std::size_t config_bytes_max = 1024 * 1024;

/// Answers which backend serves a configuration, usually with Registry::backend_for.
using BackendLookup = std::function<Result<BackendInfo>(const ProviderConfig&)>;

/// Says what is wrong with one item of a list of layers.
using LayerCheck = std::function<Result<void>(std::string_view item)>;

/// Says what is wrong with one mount: the key that it is for, and a URL or `@name`.
using MountCheck = std::function<Result<void>(std::string_view key, std::string_view url)>;

/// Says what is wrong with the text of a saved search.
using SearchCheck = std::function<Result<void>(std::string_view text)>;

/// A table of the file that is of no surface, such as `[serve]`: settings, and tables of settings
/// with names of their own in it.
///
/// Purpose: a program keeps its settings in the same file. Ownership: a value. Threads: a value.
/// Errors: none.
struct ConfigSection {
    SettingsInfo settings{};
    /// `[serve.databases.NAME]` by the word in the middle.
    std::map<std::string, SettingsInfo, std::less<>> tables{};
};

/// What stands in a section, variables put in.
///
/// Purpose: what a program makes its settings of. Ownership: a value. Threads: a value.
/// Errors: none.
struct SectionContent {
    struct Table {
        std::string table;
        std::string name;
        SettingMap settings;
    };
    SettingMap settings;
    /// In the order of the file.
    std::vector<Table> tables;
};

/// What a configuration file is read with.
///
/// Purpose: the file sees only what the caller shows it. Ownership: owns its functions, which must
/// live as long as what they refer to. Threads: a value. Errors: none.
struct ConfigOptions {
    /// Answers `${NAME}`; without it every variable is missing.
    EnvironmentLookup variables{};
    /// By surface ("kv"): checks the stores of that surface. Others are kept unchecked.
    std::map<std::string, BackendLookup, std::less<>> backends{};
    /// By surface: checks one item of `layers`, usually with kv::Registry::read_layer.
    std::map<std::string, LayerCheck, std::less<>> layers{};
    /// By surface: checks one mount.
    std::map<std::string, MountCheck, std::less<>> mounts{};
    /// Checks one search of a library of tapes, usually with tape::parse_query.
    SearchCheck searches{};
    /// By name ("serve"): checks that section. One that is not here is kept unchecked.
    std::map<std::string, ConfigSection, std::less<>> sections{};
};

/// A read `turntable.toml`:
///
///     [kv.app]                            # opened as @app
///     url = "sqlite:app.db?durability=full"
///     busy_timeout = "2s"                 # any setting of the backend; the URL is stronger
///     layers = ["metrics", "retry?max_attempts=3"]  # outermost first
///
///     [kv.app.mounts]                     # other stores for some of the keys
///     sessions = "memory:"                # "sessions" and "sessions/..."
///     "logs/old" = "@archive"
///
///     [kv.live]
///     provider = "remote"                 # instead of a URL
///     endpoint = "https://${KV_HOST:-localhost}:4512"
///     token = "${KV_TOKEN}"
///
///     [tape.traffic]                      # a library of tapes
///     url = "tape:/srv/tapes"
///
///     [tape.traffic.searches]             # queries by name
///     slow = "took>2s since:7d"
///
///     [serve]                             # of `turntable serve`
///     listen = ":4512"
///
///     [serve.databases.app]
///     read_only = true
///
/// Purpose: stores by surface (`kv`, `blob`, `tape`) and name. In texts `${NAME}` is a variable,
/// which must be set, `${NAME:-text}` one with a default for when it is not set or empty, and `$$`
/// a dollar sign. Values are put in as they are, so in a URL they have to be percent-encoded. A
/// path is relative to the working directory. Ownership: owns what was read; reading happens once.
/// Threads: a value; const use is safe from any thread.
/// Errors: load() and parse() fail only for a file that cannot be read or is no TOML. All other
/// mistakes are collected: problems() has them all, and store() fails for a store with a mistake
/// in it, or when the file has one outside of all stores. So a variable that is missing for one
/// store does not stand in the way of the others.
class [[nodiscard]] TURNTABLE_EXPORT Config {
  public:
    static Result<Config> load(const std::string& path, const ConfigOptions& options = {});
    /// `origin` names the text in errors, as a file name would.
    static Result<Config> parse(std::string_view text, std::string origin,
                                const ConfigOptions& options = {});

    /// not_found, with the nearest name, for a store that is not there.
    Result<ProviderConfig> store(std::string_view surface, std::string_view name) const;
    /// The text of a saved search of a library of tapes; not_found, with the nearest name, for one
    /// that is not there.
    Result<std::string> saved_search(std::string_view library, std::string_view name) const;
    /// The names of a surface, sorted.
    std::vector<std::string> names(std::string_view surface) const;
    /// The section of a program ("serve"); none if the file has none.
    Result<std::optional<SectionContent>> section(std::string_view name) const;
    /// Everything wrong, in the order of the file; each message begins with file:line:column.
    const std::vector<Error>& problems() const noexcept;
    /// What of a store is not for showing, since a variable with a secret name is in it: names of
    /// settings, "url" for the URL, "layers" and "mounts" for all in them.
    std::vector<std::string> hidden_settings(std::string_view surface, std::string_view name) const;
    /// For Registry::set_named_stores; keeps what was read alive.
    NamedStores named_stores(std::string surface) const;
    /// What was understood, as TOML, variables put in and secrets masked.
    std::string show() const;
    /// The same as JSON: `{"stores": [{"surface", "name", "url" or "provider", "settings",
    /// "layers", "mounts", "searches"}], "sections": [{"name", "settings", "tables": [{"table",
    /// "name", "settings"}]}]}`.
    std::string show_json() const;

  private:
    struct Content;
    explicit Config(std::shared_ptr<const Content> content);
    static Result<ProviderConfig> find(const Content& content, std::string_view surface,
                                       std::string_view name);
    std::shared_ptr<const Content> content_;
};

/// Reads `{"provider_type": "sqlite", "settings": {"path": "app.db"}, "url": ..., "layers":
/// [...]}`. A setting is a text, a number, true or false; provider_type may be left out beside a
/// url.
TURNTABLE_EXPORT Result<ProviderConfig> provider_config_from_json(std::string_view text);

/// JSON Schema, draft 2020-12, of a `turntable.toml` whose kv stores are served by `kv_backends`,
/// with sections as in ConfigOptions.
TURNTABLE_EXPORT std::string config_json_schema(
    std::span<const BackendInfo> kv_backends,
    const std::map<std::string, ConfigSection, std::less<>>& sections = {});

}  // namespace turntable::inline v0
