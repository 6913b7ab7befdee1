#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "server/database_settings.hpp"
#include "server/settings.hpp"

namespace turntable_cli {

/// What stands on the command line of `serve`.
struct ServeOptions {
    std::vector<std::string> stores;
    /// denokv's way to name its one database.
    std::string sqlite_path;
    std::string listen;
    std::string token_file;
    std::string access_token;
    bool no_token = false;
    bool read_only = false;
    std::string certificate;
    std::string key;
    std::vector<std::string> settings;
};

struct PlannedDatabase {
    std::string name;
    turntable::server::DatabaseSettings settings;
};

/// What is to be served and how.
///
/// Purpose: command line, environment and `[serve]` of turntable.toml as one; the command line is
/// the strongest. Ownership: values. Threads: values. Errors: see plan_serve().
struct ServePlan {
    turntable::server::Settings settings;
    /// At least one, each with a URL.
    std::vector<PlannedDatabase> databases;
};

/// Errors: `invalid_config`, of the file with line and column.
turntable::Result<ServePlan> plan_serve(App& app, const ServeOptions& options);

/// What programs of the command line have in turntable.toml beside stores.
const std::map<std::string, turntable::ConfigSection, std::less<>>& config_sections();

}  // namespace turntable_cli
