#include "cli/serve_settings.hpp"

#include <utility>

#include "server/served_database.hpp"

namespace turntable_cli {

namespace server = turntable::server;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
using turntable::SectionContent;
using turntable::SettingMap;

namespace {

constexpr const char* default_store = "sqlite:turntable.db";
constexpr const char* default_token_file = "turntable.tokens";
/// What denokv listens on, unless told otherwise.
constexpr const char* denokv_listen = "0.0.0.0:4512";
constexpr const char* section_name = "serve";

Result<SectionContent> section_of_file(App& app) {
    TURNTABLE_TRY(const turntable::Config* file, app.config());
    if (file == nullptr) {
        return SectionContent();
    }
    TURNTABLE_TRY(std::optional<SectionContent> section, file->section(section_name));
    return section ? *std::move(section) : SectionContent();
}

/// What the command line names, the strongest first: stores, --store, denokv's one database.
std::vector<std::string> named_stores(const App& app, const ServeOptions& options) {
    if (!options.stores.empty()) {
        return options.stores;
    }
    if (!app.store.empty()) {
        return {app.store};
    }
    if (!options.sqlite_path.empty()) {
        return {"main=sqlite:" + options.sqlite_path};
    }
    return {};
}

bool stands_in_for_denokv(const App& app, const ServeOptions& options) {
    return options.stores.empty() && app.store.empty() && !options.sqlite_path.empty();
}

/// Those of the file, and over them those of the command line.
Result<server::Settings> settings_of(const App& app, const ServeOptions& options, SettingMap map) {
    for (const std::string& text : options.settings) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            return Error(ErrorCode::invalid_config, "--set wants NAME=VALUE, not " + text);
        }
        map[text.substr(0, equals)] = text.substr(equals + 1);
    }
    const auto set = [&map](const char* name, const std::string& value) {
        if (!value.empty()) {
            map[name] = value;
        }
    };
    if (!map.contains("listen") && stands_in_for_denokv(app, options)) {
        map["listen"] = denokv_listen;
    }
    set("listen", options.listen);
    set("token_file", options.token_file);
    set("access_token", options.access_token);
    set("tls_certificate", options.certificate);
    set("tls_key", options.key);
    set("read_only", options.read_only ? "true" : "");
    if (options.no_token) {
        map.erase("token_file");
        map.erase("access_token");
    } else if (!map.contains("access_token") && !map.contains("token_file")) {
        map["token_file"] = default_token_file;
    }
    return server::server_settings().from_map(std::move(map));
}

/// `NAME=URL`, `@NAME`, or, for the first, a URL alone.
Result<PlannedDatabase> planned_of(const std::string& text, bool first) {
    PlannedDatabase planned;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && server::is_database_name(text.substr(0, equals))) {
        planned.name = text.substr(0, equals);
        planned.settings.url = text.substr(equals + 1);
    } else if (text.starts_with('@') && server::is_database_name(text.substr(1))) {
        planned.name = text.substr(1);
        planned.settings.url = text;
    } else if (first) {
        planned.name = "main";
        planned.settings.url = text;
    } else {
        return Error(
            ErrorCode::invalid_config,
            "each store after the first needs a name: NAME=URL, or @NAME of turntable.toml");
    }
    return planned;
}

Result<PlannedDatabase> planned_of(const SectionContent::Table& table) {
    PlannedDatabase planned{.name = table.name, .settings = {}};
    auto settings = server::database_settings().from_map(table.settings);
    if (!settings) {
        return std::move(settings).error().with("database", table.name);
    }
    planned.settings = *std::move(settings);
    if (planned.settings.url.empty()) {
        planned.settings.url = "@" + table.name;
    }
    return planned;
}

/// Those of the command line alone, else those of the file, else one.
Result<std::vector<PlannedDatabase>> databases_of(App& app, const ServeOptions& options,
                                                  const SectionContent& section) {
    std::vector<std::string> texts = named_stores(app, options);
    if (texts.empty() && section.tables.empty()) {
        const std::string url = app.registry().default_url();
        texts.push_back(url.empty() ? default_store : url);
    }
    std::vector<PlannedDatabase> databases;
    for (const std::string& text : texts) {
        TURNTABLE_TRY(PlannedDatabase planned, planned_of(text, databases.empty()));
        databases.push_back(std::move(planned));
    }
    if (databases.empty()) {
        for (const SectionContent::Table& table : section.tables) {
            TURNTABLE_TRY(PlannedDatabase planned, planned_of(table));
            databases.push_back(std::move(planned));
        }
    }
    return databases;
}

Result<void> refuse_pushing_read_only(const ServePlan& plan) {
    for (const PlannedDatabase& database : plan.databases) {
        if (plan.settings.read_only && !database.settings.webhook_url.empty()) {
            return Error(ErrorCode::invalid_config,
                         "a server for reading only pushes no messages, and the database " +
                             database.name + " has a webhook_url");
        }
    }
    return {};
}

}  // namespace

Result<ServePlan> plan_serve(App& app, const ServeOptions& options) {
    TURNTABLE_TRY(const SectionContent section, section_of_file(app));
    ServePlan plan;
    TURNTABLE_TRY(plan.settings, settings_of(app, options, section.settings));
    TURNTABLE_TRY(plan.databases, databases_of(app, options, section));
    TURNTABLE_CHECK(refuse_pushing_read_only(plan));
    return plan;
}

const std::map<std::string, turntable::ConfigSection, std::less<>>& config_sections() {
    static const std::map<std::string, turntable::ConfigSection, std::less<>> sections = {
        {section_name,
         {.settings = server::server_settings().info(),
          .tables = {{"databases", server::database_settings().info()}}}}};
    return sections;
}

}  // namespace turntable_cli
