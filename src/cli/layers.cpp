// layers: what can be put around a backend.

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::json_quoted;
using turntable::kv::LayerInfo;

void add_layers(CLI::App& root, App& app) {
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("layers", "List what can be put around a backend");
    command->add_flag("--json", *json, "Print a JSON array");
    command->callback([&app, json] {
        const std::vector<LayerInfo> layers = app.registry().layers();
        if (!*json) {
            for (const LayerInfo& layer : layers) {
                std::cout << std::left << std::setw(12) << layer.name << ' ' << layer.summary
                          << '\n';
            }
            std::cout << "\nSettings of one: turntable help NAME\n";
            return;
        }
        std::cout << '[';
        for (std::size_t i = 0; i < layers.size(); ++i) {
            std::cout << (i == 0 ? "" : ",\n ") << "{\"name\":" << json_quoted(layers[i].name)
                      << ",\"summary\":" << json_quoted(layers[i].summary) << '}';
        }
        std::cout << "]\n";
    });
}

}  // namespace turntable_cli
