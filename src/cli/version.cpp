// version: which Turntable this is.

#include "turntable/version.hpp"

#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

void add_version(CLI::App& root, App& /*app*/) {
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("version", "Print the version, as --version does");
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([json] {
        const std::string version(turntable::library_version());
        std::cout << (*json ? "{\"version\":" + turntable::json_quoted(version) + "}\n"
                            : "turntable " + version + "\n");
    });
}

}  // namespace turntable_cli
