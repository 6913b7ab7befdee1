#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/config.hpp"

// Any text is a configuration or an error, and what a configuration shows reads again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    turntable::ConfigOptions options;
    options.variables = turntable::lookup_in({{"A", "a"}, {"B", "x y"}});
    options.sections["serve"].tables["databases"] = {};
    (void)turntable::provider_config_from_json(text);
    const auto config = turntable::Config::parse(text, "fuzz", options);
    if (!config) {
        (void)config.error().to_string();
        return 0;
    }
    for (const char* surface : {"kv", "blob", "tape"}) {
        for (const std::string& name : config->names(surface)) {
            (void)config->store(surface, name);
        }
    }
    (void)config->section("serve");
    const std::string shown = config->show();
    if (config->problems().empty() && !turntable::Config::parse(shown, "shown", options)) {
        std::abort();
    }
    return 0;
}
