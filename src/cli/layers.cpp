// layers: what can be put around a backend.

#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::json_quoted;
using turntable::LayerInfo;

namespace {

/// A layer, and the surfaces that have it.
struct LayerRow {
    LayerInfo info;
    std::vector<std::string> surfaces;
};

/// By name.
std::map<std::string, LayerRow> all_layers(App& app) {
    std::map<std::string, LayerRow> rows;
    const auto add = [&rows](const std::vector<LayerInfo>& layers, const char* surface) {
        for (const LayerInfo& layer : layers) {
            rows.try_emplace(layer.name, LayerRow{layer, {}})
                .first->second.surfaces.emplace_back(surface);
        }
    };
    add(app.registry().layers(), "kv");
    add(app.tapes().layers(), "tape");
    return rows;
}

void print_layers(const std::map<std::string, LayerRow>& rows) {
    for (const auto& [name, row] : rows) {
        std::string surfaces;
        for (const std::string& surface : row.surfaces) {
            surfaces += (surfaces.empty() ? "" : ",") + surface;
        }
        std::cout << std::left << std::setw(12) << name << ' ' << std::setw(7) << surfaces << ' '
                  << row.info.summary << '\n';
    }
    std::cout << "\nSettings of one: turntable help NAME\n";
}

void print_layers_as_json(const std::map<std::string, LayerRow>& rows) {
    std::string text;
    for (const auto& [name, row] : rows) {
        std::string surfaces;
        for (const std::string& surface : row.surfaces) {
            surfaces += (surfaces.empty() ? "" : ",") + json_quoted(surface);
        }
        text += (text.empty() ? "" : ",\n ") + ("{\"name\":" + json_quoted(name)) +
                ",\"summary\":" + json_quoted(row.info.summary) + ",\"surfaces\":[" + surfaces +
                "]}";
    }
    std::cout << '[' << text << "]\n";
}

}  // namespace

void add_layers(CLI::App& root, App& app) {
    auto json = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("layers", "List what can be put around a backend");
    command->add_flag("--json", *json, "Print a JSON array");
    command->callback([&app, json] {
        if (*json) {
            print_layers_as_json(all_layers(app));
        } else {
            print_layers(all_layers(app));
        }
    });
}

}  // namespace turntable_cli
