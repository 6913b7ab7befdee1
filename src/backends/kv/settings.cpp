#include <algorithm>
#include <string>
#include <utility>

#include "backends/kv/manifest.hpp"
#include "turntable/blob/kv.hpp"

namespace turntable::inline v0::blob {

namespace {

constexpr std::string_view scheme_start = "kv+";

SettingsDescription<KvOptions> describe() {
    return SettingsDescription<KvOptions>("kv", "Blobs in chunks, over any kv database.")
        .field("key_prefix", &KvOptions::key_prefix,
               "The first part of all keys that the store uses in the database.")
        .field("chunk", &KvOptions::chunk, "How much of a blob is one value.")
        .range(ByteSize{chunked::chunk_bytes_min}, ByteSize{chunked::chunk_bytes_max})
        .field("abandoned_after", &KvOptions::abandoned_after,
               "A write that was left unfinished for so long is taken back by the next who writes.")
        .example("kv+sqlite:app.db", "blobs in a SQLite file, beside what a program keeps there")
        .example("kv+memory:", "in memory, as a database would hold them");
}

bool is_ours(std::string_view setting) { return kv_settings().info().find(setting) != nullptr; }

/// The URL of the database: without our part of the scheme and without our settings.
std::string database_url(const std::string& url) {
    const std::string text = url.substr(scheme_start.size());
    const std::size_t query = text.find('?');
    if (query == std::string::npos) {
        return text;
    }
    const std::size_t end = std::min(text.find('#', query), text.size());
    std::string out = text.substr(0, query);
    char separator = '?';
    for (std::size_t at = query + 1; at < end;) {
        const std::size_t stop = std::min(text.find('&', at), end);
        const std::string parameter = text.substr(at, stop - at);
        if (!is_ours(parameter.substr(0, parameter.find('=')))) {
            out += separator + parameter;
            separator = '&';
        }
        at = stop + 1;
    }
    return out + text.substr(end);
}

/// What opens the database, and what is ours.
struct Split {
    ProviderConfig database;
    SettingMap ours;
};

Result<Split> split(const ProviderConfig& config) {
    Split out;
    out.database = config;
    out.database.provider_type = config.provider_type.substr(
        config.provider_type.starts_with(scheme_start) ? scheme_start.size() : 0);
    for (const auto& [name, value] : config.settings) {
        if (is_ours(name)) {
            out.ours.emplace(name, value);
            out.database.settings.erase(name);
        }
    }
    if (!config.url.to_string().empty()) {
        TURNTABLE_TRY(out.database.url, Url::parse(database_url(config.url.to_string())));
    }
    return out;
}

/// What stores over databases of a kind can do. Opening touches nothing.
std::vector<std::pair<std::string, std::string>> facts_for(const kv::Registry& databases,
                                                           const std::string& prefix) {
    const Result<kv::Database> any = databases.open(prefix + "any");
    return any ? capability_facts(KvBackend(*any).capabilities())
               : std::vector<std::pair<std::string, std::string>>();
}

BackendInfo info_for(const BackendInfo& database, const kv::Registry& databases) {
    BackendInfo out{.prefix = std::string(scheme_start) + database.prefix,
                    .name = std::string(scheme_start) + database.name,
                    .summary = "in chunks in a database, " + database.name,
                    .settings = database.settings,
                    .facts = facts_for(databases, database.prefix)};
    out.settings.name = out.name;
    out.settings.help = kv_settings().info().help;
    out.settings.fields.insert(out.settings.fields.begin(), kv_settings().info().fields.begin(),
                               kv_settings().info().fields.end());
    out.settings.examples = kv_settings().info().examples;
    return out;
}

}  // namespace

const SettingsDescription<KvOptions>& kv_settings() {
    static const SettingsDescription<KvOptions> description = describe();
    return description;
}

Result<void> register_kv(Registry& registry, std::shared_ptr<const kv::Registry> databases) {
    for (const BackendInfo& info : databases->describe()) {
        if (!info.prefix.ends_with(':') || info.prefix.starts_with(':')) {
            continue;  // no scheme that ours could stand before
        }
        const auto open = [databases](const ProviderConfig& config,
                                      const OpenOptions& options) -> Result<AnyBackend> {
            TURNTABLE_TRY(Split parts, split(config));
            TURNTABLE_TRY(KvOptions ours, kv_settings().from_config(ProviderConfig::from_map(
                                              "kv", std::move(parts.ours))));
            TURNTABLE_TRY(kv::Database database,
                          databases->open(parts.database, {.runtime = options.runtime}));
            return AnyBackend(KvBackend::owning(std::move(database), std::move(ours)));
        };
        TURNTABLE_CHECK(registry.add(info_for(info, *databases), open));
    }
    return {};
}

}  // namespace turntable::inline v0::blob
