// help NAME: the settings of one backend or layer.

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/app.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += " " + name;
    }
    return text;
}

/// A layer is named without the colon that follows the scheme of a URL.
std::string help_text(const turntable::SettingsInfo& info, bool is_layer) {
    std::string text = info.help_text();
    const std::string form = info.name + ":[?";
    if (const std::size_t at = text.find(form); is_layer && at != std::string::npos) {
        text.erase(at + info.name.size(), 1);
    }
    return text;
}

}  // namespace

void add_help(CLI::App& root, App& app) {
    auto name = std::make_shared<std::string>();
    auto markdown = std::make_shared<bool>(false);
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("help", "Explain a backend or a layer and its settings");
    command->add_option("NAME", *name, "Such as sqlite or retry; none: this program");
    command->add_flag("--markdown", *markdown, "Print the table of the documentation");
    command->add_flag("--json", *json, "Print the JSON Schema of the settings");
    command->callback([&root, &app, name, markdown, json] {
        std::vector<std::string> backends;
        std::vector<std::string> layers;
        std::optional<turntable::SettingsInfo> found;
        bool is_layer = false;
        for (const turntable::BackendInfo& backend : app.registry().describe()) {
            if (backend.name == *name) {
                found = backend.settings;
            }
            if (std::ranges::find(backends, backend.name) == backends.end()) {
                backends.push_back(backend.name);
            }
        }
        for (const turntable::kv::LayerInfo& layer : app.registry().layers()) {
            if (layer.name == *name && !found) {
                found = layer.settings;
                is_layer = true;
            }
            layers.push_back(layer.name);
        }
        if (name->empty()) {
            std::cout << root.help() << "\nBackends:" << joined(backends)
                      << "\nLayers:" << joined(layers) << "\nMore: turntable help NAME\n";
        } else if (found) {
            std::cout << (*json       ? found->json_schema() + "\n"
                          : *markdown ? found->markdown()
                                      : help_text(*found, is_layer));
        } else {
            std::vector<std::string> all = backends;
            all.insert(all.end(), layers.begin(), layers.end());
            app.fail(ExitCode::usage,
                     "there is no backend or layer " + *name + turntable::did_you_mean(*name, all) +
                         "; backends:" + joined(backends) + "; layers:" + joined(layers));
        }
    });
}

}  // namespace turntable_cli
