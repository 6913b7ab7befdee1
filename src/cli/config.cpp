// config check, show, schema; explain and import are in files of their own.

#include <iostream>
#include <utility>

#include "cli/app.hpp"
#include "cli/config_import.hpp"
#include "cli/serve_settings.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace {

/// The configuration file, or null with the reason printed.
const turntable::Config* required_config(App& app) {
    const auto config = app.config();
    if (!config) {
        app.fail(config.error());
        return nullptr;
    }
    if (*config == nullptr) {
        app.fail(ExitCode::cannot_open,
                 "there is no turntable.toml here; pass --config FILE or set TURNTABLE_CONFIG");
    }
    return *config;
}

void print_problems(const App& app, const turntable::Config& file) {
    for (const turntable::Error& problem : file.problems()) {
        std::cerr << problem.to_string() << '\n';
    }
    if (file.problems().empty()) {
        std::cout << app.config_path() << " is fine\n";
    }
}

void print_problems_json(const App& app, const turntable::Config& file) {
    std::cout << "{\"file\":" << turntable::json_quoted(app.config_path()) << ",\"problems\":[";
    const char* separator = "";
    for (const turntable::Error& problem : file.problems()) {
        std::cout << std::exchange(separator, ",") << turntable::json_quoted(problem.to_string());
    }
    std::cout << "]}\n";
}

}  // namespace

void add_config(CLI::App& root, App& app) {
    auto* config = root.add_subcommand("config", "Check and show turntable.toml");
    config->require_subcommand(1);

    auto* check = config->add_subcommand("check", "Tell everything that is wrong with the file");
    auto json = std::make_shared<bool>(false);
    check->add_flag("--json", *json, "Print a JSON object");
    check->callback([&app, json] {
        if (const turntable::Config* file = required_config(app); file != nullptr) {
            *json ? print_problems_json(app, *file) : print_problems(app, *file);
            if (!file->problems().empty()) {
                app.end_with(ExitCode::cannot_open);
            }
        }
    });

    auto* show = config->add_subcommand("show", "Print what was understood, secrets masked");
    auto show_as_json = std::make_shared<bool>(false);
    show->add_flag("--json", *show_as_json, "Print a JSON object instead of TOML");
    show->callback([&app, show_as_json] {
        if (const turntable::Config* file = required_config(app); file != nullptr) {
            std::cout << (*show_as_json ? file->show_json() + "\n" : file->show());
        }
    });

    add_config_explain(*config, app);
    add_config_import(*config, app);

    auto* schema = config->add_subcommand("schema", "Print the JSON Schema of turntable.toml");
    schema->add_flag("--json")->description("It is JSON in any case");
    schema->callback([&app] {
        std::cout << turntable::config_json_schema(app.registry().describe(), config_sections())
                  << '\n';
    });
}

}  // namespace turntable_cli
