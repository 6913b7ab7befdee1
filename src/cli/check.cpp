// check: the health of the named stores.

#include <iomanip>
#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::Health;
using turntable::Result;

namespace {

std::string_view state_name(Health::State state) {
    switch (state) {
        case Health::State::healthy:
            return "healthy";
        case Health::State::degraded:
            return "degraded";
        case Health::State::unhealthy:
            return "unhealthy";
    }
    return "unhealthy";
}

Health health_of(App& app, const std::string& store, std::chrono::milliseconds timeout) {
    const auto opened = app.registry().open(store);
    if (!opened) {
        return {Health::State::unhealthy, {}, opened.error().to_string()};
    }
    Result<Health> health = opened->health(timeout);
    return health ? *std::move(health)
                  : Health{Health::State::unhealthy, {}, health.error().to_string()};
}

void print(const std::string& store, const Health& health, bool json) {
    const double ms = std::chrono::duration<double, std::milli>(health.latency).count();
    if (json) {
        std::cout << "{\"store\":" << turntable::json_quoted(store) << ",\"state\":\""
                  << state_name(health.state) << "\",\"latency_ms\":" << ms
                  << ",\"reason\":" << turntable::json_quoted(health.reason) << "}\n";
    } else {
        std::cout << std::left << std::setw(24) << store << ' ' << std::setw(10)
                  << state_name(health.state) << ' ' << std::fixed << std::setprecision(2) << ms
                  << " ms" << (health.reason.empty() ? "" : "  ") << health.reason << '\n';
    }
}

}  // namespace

void add_check(CLI::App& root, App& app) {
    struct Options {
        std::vector<std::string> stores;
        std::uint32_t timeout_ms = 5000;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    auto* command = root.add_subcommand("check", "Ask stores how they are");
    command->add_option("STORE", options->stores,
                        "@NAME or URL; none: every store of turntable.toml");
    command->add_option("--timeout-ms", options->timeout_ms, "How long one may take to answer");
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([&app, options] {
        if (options->stores.empty()) {
            const auto config = app.config();
            if (!config) {
                return app.fail(config.error());
            }
            if (*config == nullptr) {
                return app.fail(ExitCode::cannot_open,
                                "there is no turntable.toml here; name a store or pass --config");
            }
            for (const std::string& name : (*config)->names("kv")) {
                options->stores.push_back("@" + name);
            }
        }
        for (const std::string& store : options->stores) {
            const Health health =
                health_of(app, store, std::chrono::milliseconds(options->timeout_ms));
            print(store, health, options->json);
            if (health.state == Health::State::unhealthy) {
                app.end_with(ExitCode::unwell);
            }
        }
    });
}

}  // namespace turntable_cli
