// help [NAME]: the settings of one backend or layer, or all verbs.

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/app.hpp"
#include "cli/serve_settings.hpp"
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

/// What has settings, by how it is named.
enum class Explained { backend, layer, section };

/// A layer is named without the colon that follows the scheme of a URL, and a section has none.
std::string help_text(const turntable::SettingsInfo& info, Explained what) {
    std::string text = info.help_text();
    const std::size_t at = text.find(info.name + ":[?");
    if (what == Explained::layer && at != std::string::npos) {
        text.erase(at + info.name.size(), 1);
    } else if (what == Explained::section && at != std::string::npos) {
        text.replace(at, text.find('\n', at) - at, "[" + info.name + "] in turntable.toml");
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

/// What can be explained, by what it is.
struct Names {
    std::vector<std::string> backends;
    std::vector<std::string> blob_backends;
    std::vector<std::string> providers;
    std::vector<std::string> layers;
};

/// Those of tapes; what explains itself on their surface.
Names tape_names_of(const App& app) {
    Names out;
    for (const turntable::BackendInfo& provider : app.tapes().describe()) {
        out.providers.push_back(provider.name);
    }
    for (const turntable::LayerInfo& layer : app.tapes().layers()) {
        out.layers.push_back(layer.name);
    }
    return out;
}

Names names_of(App& app) {
    Names out;
    const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    };
    for (const turntable::BackendInfo& backend : app.registry().describe()) {
        add_once(out.backends, backend.name);
    }
    for (const turntable::BackendInfo& backend : app.blobs().describe()) {
        add_once(out.blob_backends, backend.name);
    }
    for (const turntable::LayerInfo& layer : app.registry().layers()) {
        out.layers.push_back(layer.name);
    }
    return out;
}

void print_overview(const CLI::App& root, const Names& names, bool json) {
    if (!json) {
        std::cout << root.help() << "\nBackends:" << joined(names.backends)
                  << "\nBackends of blobs:" << joined(names.blob_backends)
                  << "\nLayers:" << joined(names.layers) << "\nMore: turntable help NAME\n";
        return;
    }
    std::vector<std::string> verbs;
    print_verbs_as_json(root, verbs);
    std::cout << "{\"version\":" << turntable::json_quoted(turntable::library_version())
              << ",\"verbs\":[";
    for (std::size_t i = 0; i < verbs.size(); ++i) {
        std::cout << (i == 0 ? "" : ",\n ") << verbs[i];
    }
    std::cout << "],\"backends\":" << json_list(names.backends)
              << ",\"blob_backends\":" << json_list(names.blob_backends)
              << ",\"layers\":" << json_list(names.layers) << "}\n";
}

struct HelpArguments {
    std::string name;
    std::string surface;
    bool markdown = false;
    bool json = false;
};

std::optional<turntable::SettingsInfo> settings_of(
    const std::vector<turntable::BackendInfo>& backends, std::string_view name) {
    const auto found = std::ranges::find(backends, name, &turntable::BackendInfo::name);
    return found == backends.end() ? std::nullopt : std::optional(found->settings);
}

/// Of "serve", or of the tables in it, "serve.databases".
std::optional<turntable::SettingsInfo> settings_of_section(std::string_view wanted) {
    for (const auto& [name, section] : config_sections()) {
        if (wanted == name) {
            return section.settings;
        }
        for (const auto& [table, settings] : section.tables) {
            if (wanted == std::string(name).append(".").append(table)) {
                return settings;
            }
        }
    }
    return std::nullopt;
}

/// There is nothing of that name among these.
void fail_without(App& app, const HelpArguments& options, const Names& names) {
    std::vector<std::string> all;
    std::string lists;
    const auto add = [&](const char* title, const std::vector<std::string>& some) {
        all.insert(all.end(), some.begin(), some.end());
        lists += some.empty() ? "" : std::string("; ") + title + ":" + joined(some);
    };
    add("backends", names.backends);
    add("backends of blobs", names.blob_backends);
    add("providers of tapes", names.providers);
    add("layers", names.layers);
    app.fail(ExitCode::usage, "there is no backend or layer " + options.name +
                                  turntable::did_you_mean(options.name, all) + lists);
}

void explain(App& app, const HelpArguments& options) {
    std::optional<turntable::SettingsInfo> found;
    Explained what = Explained::backend;
    const auto is_meant = [&options, &found](std::string_view surface) {
        return !found && (options.surface.empty() || options.surface == surface);
    };
    const auto look_among = [&](const std::vector<turntable::LayerInfo>& layers) {
        const auto layer = std::ranges::find(layers, options.name, &turntable::LayerInfo::name);
        if (layer != layers.end()) {
            found = layer->settings;
            what = Explained::layer;
        }
    };
    if (is_meant("kv")) {
        found = settings_of(app.registry().describe(), options.name);
    }
    if (is_meant("blob")) {
        found = settings_of(app.blobs().describe(), options.name);
    }
    if (is_meant("tape")) {
        found = settings_of(app.tapes().describe(), options.name);
    }
    if (is_meant("kv")) {
        look_among(app.registry().layers());
    }
    if (is_meant("tape")) {
        look_among(app.tapes().layers());
    }
    if (!found && options.surface.empty()) {
        found = settings_of_section(options.name);
        what = found ? Explained::section : what;
    }
    if (found) {
        std::cout << (options.json       ? found->json_schema() + "\n"
                      : options.markdown ? found->markdown()
                                         : help_text(*found, what));
        return;
    }
    fail_without(app, options, options.surface == "tape" ? tape_names_of(app) : names_of(app));
}

}  // namespace

void add_help(CLI::App& root, App& app) {
    auto options = std::make_shared<HelpArguments>();
    auto* command = root.add_subcommand("help", "Explain a backend or a layer and its settings");
    command->add_option("NAME", options->name, "Such as sqlite or retry; none: this program");
    command->add_option("--surface", options->surface, "kv, blob or tape, for a name of several")
        ->check(CLI::IsMember({"kv", "blob", "tape"}));
    command->add_flag("--markdown", options->markdown, "Print the table of the documentation");
    command->add_flag("--json", options->json,
                      "Print the JSON Schema of the settings; without NAME: all verbs");
    command->callback([&root, &app, options] {
        if (options->name.empty()) {
            print_overview(root, names_of(app), options->json);
        } else {
            explain(app, *options);
        }
    });
}

}  // namespace turntable_cli
