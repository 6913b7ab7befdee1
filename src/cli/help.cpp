// help BACKEND: the settings of one backend.

#include <algorithm>
#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

void add_help(CLI::App& root, App& app) {
    auto name = std::make_shared<std::string>();
    auto markdown = std::make_shared<bool>(false);
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("help", "Explain a backend and its settings");
    command->add_option("BACKEND", *name, "Such as sqlite; none: this program");
    command->add_flag("--markdown", *markdown, "Print the table of the documentation");
    command->add_flag("--json", *json, "Print the JSON Schema of the backend's settings");
    command->callback([&root, &app, name, markdown, json] {
        if (name->empty()) {
            std::cout << root.help();
            return;
        }
        std::vector<std::string> names;
        for (const turntable::BackendInfo& backend : app.registry().describe()) {
            if (backend.name == *name) {
                std::cout << (*json       ? backend.settings.json_schema() + "\n"
                              : *markdown ? backend.settings.markdown()
                                          : backend.settings.help_text());
                return;
            }
            if (std::ranges::find(names, backend.name) == names.end()) {
                names.push_back(backend.name);
            }
        }
        std::string message = "there is no backend " + *name + "; there are:";
        for (const std::string& known : names) {
            message += " " + known;
        }
        app.fail(ExitCode::usage, message);
    });
}

}  // namespace turntable_cli
