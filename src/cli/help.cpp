// help [NAME]: the settings of one backend or layer, or all verbs.

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/app.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/version.hpp"

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

std::string json_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ",") + turntable::json_quoted(name);
    }
    return "[" + text + "]";
}

/// The words of a verb: "kv get"; none for the program itself.
std::string spoken(const CLI::App& command) {
    if (command.get_parent() == nullptr) {
        return "";
    }
    const std::string before = spoken(*command.get_parent());
    return (before.empty() ? "" : before + " ") + command.get_name();
}

/// Every verb that does something, and what it takes.
void print_verbs_as_json(const CLI::App& command, std::vector<std::string>& verbs) {
    const auto inner = command.get_subcommands({});
    for (const CLI::App* verb : inner) {
        print_verbs_as_json(*verb, verbs);
    }
    if (!inner.empty()) {
        return;
    }
    std::vector<std::string> arguments;
    std::vector<std::string> options;
    for (const CLI::Option* option : command.get_options({})) {
        if (option->get_positional()) {
            arguments.push_back(option->get_name(true));
        } else if (option != command.get_help_ptr()) {
            options.push_back(option->get_name());
        }
    }
    verbs.push_back("{\"verb\":" + turntable::json_quoted(spoken(command)) +
                    ",\"summary\":" + turntable::json_quoted(command.get_description()) +
                    ",\"arguments\":" + json_list(arguments) +
                    ",\"options\":" + json_list(options) + "}");
}

void print_overview(const CLI::App& root, const std::vector<std::string>& backends,
                    const std::vector<std::string>& layers, bool json) {
    if (!json) {
        std::cout << root.help() << "\nBackends:" << joined(backends)
                  << "\nLayers:" << joined(layers) << "\nMore: turntable help NAME\n";
        return;
    }
    std::vector<std::string> verbs;
    print_verbs_as_json(root, verbs);
    std::cout << "{\"version\":" << turntable::json_quoted(turntable::library_version())
              << ",\"verbs\":[";
    for (std::size_t i = 0; i < verbs.size(); ++i) {
        std::cout << (i == 0 ? "" : ",\n ") << verbs[i];
    }
    std::cout << "],\"backends\":" << json_list(backends) << ",\"layers\":" << json_list(layers)
              << "}\n";
}

}  // namespace

void add_help(CLI::App& root, App& app) {
    auto name = std::make_shared<std::string>();
    auto markdown = std::make_shared<bool>(false);
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("help", "Explain a backend or a layer and its settings");
    command->add_option("NAME", *name, "Such as sqlite or retry; none: this program");
    command->add_flag("--markdown", *markdown, "Print the table of the documentation");
    command->add_flag("--json", *json,
                      "Print the JSON Schema of the settings; without NAME: all verbs");
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
            print_overview(root, backends, layers, *json);
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
