#include <string>
#include <vector>

#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace {

const std::vector<std::string>& default_variables() {
    static const std::vector<std::string> names = {"TURNTABLE_KV", "DENO_KV_PATH"};
    return names;
}

}  // namespace

Registry Registry::from_environment(const EnvironmentLookup& lookup) {
    Registry registry;
    (void)register_memory(registry);  // an empty registry has room for both
    (void)register_layers(registry);
    registry.set_default_from(lookup, default_variables());
    return registry;
}

Result<Registry> remote_or_sqlite(Result<void> (*register_sqlite)(Registry&),
                                  const EnvironmentLookup& lookup) {
    Registry registry = Registry::from_environment(lookup);
    TURNTABLE_CHECK(register_sqlite(registry));
    for (const char* unserved : {"http", "https"}) {
        registry.note_absent(unserved,
                             "KV Connect is served by the component kv_http, which this program "
                             "was built without");
    }
    return registry;
}

}  // namespace turntable::inline v0::kv
