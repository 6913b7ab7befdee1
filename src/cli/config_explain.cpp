// config explain: the stack of a store, from the outermost layer to the backend.

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::json_quoted;
using turntable::ProviderConfig;
using turntable::Result;
using turntable::SettingMap;
using turntable::SettingsInfo;

namespace {

/// One storey of the stack, as it may be shown.
struct Storey {
    std::string name;
    std::string summary;
    std::string url;  // of the backend
    SettingMap settings;
};

struct MountedStack;

/// A store: its storeys, outermost first and the backend last, and what is mounted in it.
struct Stack {
    std::vector<Storey> storeys;
    std::vector<MountedStack> mounts;
};

struct MountedStack {
    std::string key;
    Stack stack;
};

/// The settings given, with secrets masked; all of them when `hidden` says so.
SettingMap shown(const SettingsInfo& info, const SettingMap& settings,
                 const std::vector<std::string>& hidden, bool all_hidden) {
    SettingMap out;
    for (const auto& [name, value] : settings) {
        const bool is_hidden = all_hidden ||
                               std::find(hidden.begin(), hidden.end(), name) != hidden.end() ||
                               turntable::is_secret_name(name);
        out.emplace(name, is_hidden ? "***" : info.shown(name, value));
    }
    return out;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// `registry` is that of `surface`.
template <class Registry>
Result<Stack> stack_of(App& app, const Registry& registry, std::string_view surface,
                       const std::string& store, unsigned depth = 0) {
    constexpr unsigned depth_max = 8;
    if (depth == depth_max) {
        return Error(turntable::ErrorCode::invalid_config, "stores mount each other in a circle");
    }
    TURNTABLE_TRY(const ProviderConfig config, registry.config_for(store));
    TURNTABLE_TRY(const turntable::BackendInfo backend, registry.backend_for(store));
    std::vector<std::string> hidden;
    if (store.starts_with('@')) {
        TURNTABLE_TRY(const turntable::Config* file, app.config());
        hidden = file->hidden_settings(surface, std::string_view(store).substr(1));
    }
    Stack stack;
    for (const std::string& item : config.layers) {
        TURNTABLE_TRY(const auto layer, registry.read_layer(item));
        stack.storeys.push_back(
            {layer.info.name, layer.info.summary, "",
             shown(layer.info.settings, layer.config.settings, {}, contains(hidden, "layers"))});
    }
    const bool has_url = !config.url.to_string().empty();
    const std::string url = has_url ? config.url.masked(backend.settings.secret_names()) : "";
    stack.storeys.push_back(
        {backend.name, backend.summary, contains(hidden, "url") ? backend.prefix + "***" : url,
         shown(backend.settings, config.settings, hidden, contains(hidden, "url"))});
    for (const auto& [key, mounted] : config.mounts) {
        TURNTABLE_TRY(Stack inner, stack_of(app, registry, surface, mounted, depth + 1));
        if (contains(hidden, "mounts")) {
            inner.storeys.back().url = "***";
        }
        stack.mounts.push_back({key, std::move(inner)});
    }
    return stack;
}

void print_text(const Stack& stack, const std::string& indent) {
    for (const Storey& storey : stack.storeys) {
        std::cout << indent << std::left << std::setw(12) << storey.name << ' ' << storey.summary
                  << '\n';
        if (!storey.url.empty()) {
            std::cout << indent << "    " << storey.url << '\n';
        }
        for (const auto& [name, value] : storey.settings) {
            std::cout << indent << "    " << name << " = " << value << '\n';
        }
    }
    for (const auto& [key, mounted] : stack.mounts) {
        std::cout << indent << "at " << key << '\n';
        print_text(mounted, indent + "    ");
    }
}

void print_json(const Storey& storey, bool is_backend) {
    std::cout << "{\"kind\":\"" << (is_backend ? "backend" : "layer")
              << "\",\"name\":" << json_quoted(storey.name);
    if (!storey.url.empty()) {
        std::cout << ",\"url\":" << json_quoted(storey.url);
    }
    std::cout << ",\"settings\":{";
    bool first = true;
    for (const auto& [name, value] : storey.settings) {
        std::cout << (first ? "" : ",") << json_quoted(name) << ':' << json_quoted(value);
        first = false;
    }
    std::cout << "}}";
}

void print_json(const Stack& stack) {
    std::cout << "\"stack\":[";
    for (std::size_t i = 0; i < stack.storeys.size(); ++i) {
        std::cout << (i == 0 ? "" : ",");
        print_json(stack.storeys[i], i + 1 == stack.storeys.size());
    }
    std::cout << "],\"mounts\":[";
    for (std::size_t i = 0; i < stack.mounts.size(); ++i) {
        std::cout << (i == 0 ? "{" : ",{") << "\"key\":" << json_quoted(stack.mounts[i].key) << ',';
        print_json(stack.mounts[i].stack);
        std::cout << '}';
    }
    std::cout << ']';
}

}  // namespace

void add_config_explain(CLI::App& config, App& app) {
    auto json = std::make_shared<bool>(false);
    auto store = std::make_shared<std::string>();
    auto* explain = config.add_subcommand(
        "explain", "Draw a store: each layer, outermost first, then the backend");
    explain->add_option("STORE", *store, "@NAME or a URL")->required();
    auto surface = std::make_shared<std::string>("kv");
    explain->add_option("--surface", *surface, "What the store is of: kv or tape")
        ->check(CLI::IsMember({"kv", "tape"}));
    explain->add_flag("--json", *json, "Print a JSON object");
    explain->callback([&app, store, surface, json] {
        const auto stack = *surface == "tape" ? stack_of(app, app.tapes(), *surface, *store)
                                              : stack_of(app, app.registry(), *surface, *store);
        if (!stack) {
            app.fail(stack.error());
        } else if (*json) {
            std::cout << "{\"store\":" << json_quoted(turntable::mask_url(*store)) << ',';
            print_json(*stack);
            std::cout << "}\n";
        } else {
            std::cout << turntable::mask_url(*store) << '\n';
            print_text(*stack, "  ");
        }
    });
}

}  // namespace turntable_cli
