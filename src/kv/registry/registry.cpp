#include "turntable/kv/registry.hpp"

#include <utility>

#include "turntable/kv/serialized_backend.hpp"

namespace turntable::inline v0::kv {

namespace {

/// The only place where a backend is wrapped, from the inside out. No layers are built in yet, so
/// every name of one is a mistake.
Result<AnyBackend> assemble(AnyBackend backend, const ProviderConfig& config) {
    if (backend.capabilities().threading == Threading::serialized) {
        backend = AnyBackend(SerializedBackend<AnyBackend>(std::move(backend)));
    }
    if (!config.layers.empty()) {
        return Error(ErrorCode::invalid_config, "there is no layer of this name")
            .with("layer", config.layers.back());
    }
    return backend;
}

}  // namespace

Result<void> Registry::add(BackendInfo info, BackendFactory factory) {
    if (!factory) {
        return Error(ErrorCode::invalid_argument, "a registry needs a factory to call");
    }
    const std::vector<std::string> secrets = info.settings.secret_names();
    auto open_database = [factory = std::move(factory), secrets, prefix = info.prefix](
                             const ProviderConfig& config,
                             const OpenOptions& options) -> Result<Database> {
        OpenOptions complete = options;
        if (complete.runtime == nullptr) {
            complete.runtime = Runtime::shared();
        }
        TURNTABLE_TRY(AnyBackend backend, factory(config, complete));
        TURNTABLE_TRY(AnyBackend assembled, assemble(std::move(backend), config));
        const bool has_url = !config.url.to_string().empty();
        return Database(std::move(assembled), complete.runtime,
                        has_url ? config.url.masked(secrets) : prefix);
    };
    return turntable::Registry<Database, OpenOptions>::add(std::move(info),
                                                           std::move(open_database));
}

Result<Database> open(const Registry& registry, std::string_view url, const NamedStores& stores,
                      const OpenOptions& options) {
    if (!url.starts_with('@') || !stores) {
        return registry.open(url, options);
    }
    Result<ProviderConfig> config = stores(url.substr(1));
    if (!config) {
        return std::move(config).error().during("open").on(url);
    }
    return registry.open(*config, options);
}

}  // namespace turntable::inline v0::kv
