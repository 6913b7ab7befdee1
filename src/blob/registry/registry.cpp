#include "turntable/blob/registry.hpp"

#include <string>
#include <utility>
#include <vector>

namespace turntable::inline v0::blob {

Result<void> Registry::add(BackendInfo info, BackendFactory factory) {
    if (!factory) {
        return Error(ErrorCode::invalid_argument, "a registry needs a factory to call");
    }
    auto open_store = [factory = std::move(factory), secrets = info.settings.secret_names(),
                       prefix = info.prefix](const ProviderConfig& config,
                                             const OpenOptions& options) -> Result<Store> {
        OpenOptions complete = options;
        if (complete.runtime == nullptr) {
            complete.runtime = Runtime::shared();
        }
        TURNTABLE_TRY(AnyBackend backend, factory(config, complete));
        const bool has_url = !config.url.to_string().empty();
        return Store(std::move(backend), complete.runtime,
                     has_url ? config.url.masked(secrets) : prefix);
    };
    return turntable::Registry<Store, OpenOptions>::add(std::move(info), std::move(open_store));
}

Registry Registry::from_environment(const EnvironmentLookup& lookup) {
    Registry registry;
    (void)register_memory(registry);  // nothing is registered yet, so it cannot be refused
    const std::vector<std::string> variables = {"TURNTABLE_BLOB"};
    (void)registry.set_default_from(lookup, variables);
    return registry;
}

}  // namespace turntable::inline v0::blob
