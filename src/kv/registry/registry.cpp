#include "turntable/kv/registry.hpp"

#include <span>
#include <utility>
#include <vector>

#include "turntable/kv/mounts.hpp"
#include "turntable/kv/serialized_backend.hpp"

namespace turntable::inline v0::kv {

namespace {

/// The only place where a backend is wrapped.
Result<AnyBackend> assemble(AnyBackend backend, std::span<const LayerItem> layers,
                            const LayerPlace& place) {
    if (backend.capabilities().threading == Threading::serialized) {
        backend = AnyBackend(SerializedBackend<AnyBackend>(std::move(backend)));
    }
    return stacked(std::move(backend), layers, place);
}

/// A store may mount one that has mounts itself, so far down.
constexpr unsigned mount_depth_max = 8;

}  // namespace

Registry::Registry() : layer_table_(std::make_shared<LayerTable>()) {}

Result<void> Registry::add_layer(LayerInfo info, LayerFactory factory) {
    return layer_table_->add(std::move(info), std::move(factory));
}

std::vector<LayerInfo> Registry::layers() const { return layer_table_->describe(); }

Result<LayerItem> Registry::read_layer(std::string_view item) const {
    return layer_table_->read(item);
}

Result<void> Registry::add(BackendInfo info, BackendFactory factory) {
    if (!factory) {
        return Error(ErrorCode::invalid_argument, "a registry needs a factory to call");
    }
    const std::vector<std::string> secrets = info.settings.secret_names();
    auto open_database = [factory = std::move(factory), secrets, prefix = info.prefix,
                          name = info.name,
                          table = layer_table_](const ProviderConfig& config,
                                                const OpenOptions& options) -> Result<Database> {
        OpenOptions complete = options;
        if (complete.runtime == nullptr) {
            complete.runtime = Runtime::shared();
        }
        TURNTABLE_TRY(const auto layers,
                      table->read_all(options.layers.empty() ? config.layers : options.layers));
        TURNTABLE_TRY(AnyBackend backend, factory(config, complete));
        const bool has_url = !config.url.to_string().empty();
        const LayerPlace place{complete.runtime, name,
                               has_url ? config.url.masked(secrets) : prefix};
        TURNTABLE_TRY(AnyBackend assembled, assemble(std::move(backend), layers, place));
        return Database(std::move(assembled), complete.runtime, place.url);
    };
    return turntable::Registry<Database, OpenOptions>::add(std::move(info),
                                                           std::move(open_database));
}

Result<Database> Registry::open(std::string_view url, const OpenOptions& options) const {
    return open_at(config_for(url), options, 0);
}

Result<Database> Registry::open(const ProviderConfig& config, const OpenOptions& options) const {
    return open_at(config_for(config), options, 0);
}

Result<Database> Registry::open_at(Result<ProviderConfig> config, const OpenOptions& options,
                                   unsigned depth) const {
    if (!config) {
        return std::move(config).error();
    }
    if (config->mounts.empty()) {
        return turntable::Registry<Database, OpenOptions>::open(*config, options);
    }
    return open_mounted(*config, options, depth);
}

Result<Database> Registry::open_mounted(const ProviderConfig& config, const OpenOptions& options,
                                        unsigned depth) const {
    if (depth == mount_depth_max) {
        return Error(ErrorCode::invalid_config, "stores mount each other in a circle");
    }
    const OpenOptions inside{.runtime = options.runtime ? options.runtime : Runtime::shared()};
    TURNTABLE_TRY(const auto layers,
                  layer_table_->read_all(options.layers.empty() ? config.layers : options.layers));
    ProviderConfig plain = config;
    plain.layers.clear();
    plain.mounts.clear();
    TURNTABLE_TRY(Database first, open_at(std::move(plain), inside, depth));
    std::vector<Mount> mounts;
    for (const auto& [text, url] : config.mounts) {
        Result<Key> key = parse_key(text);
        if (!key) {
            return Error(ErrorCode::invalid_config, "a mount needs a key: " + key.error().message())
                .with("mount", text);
        }
        Result<Database> opened = open_at(config_for(url), inside, depth + 1);
        if (!opened) {
            return std::move(opened).error().with("mount", text);
        }
        mounts.push_back({*std::move(key), std::move(opened->backend()), opened->url()});
    }
    TURNTABLE_TRY(MountedBackend mounted, MountedBackend::make(std::move(first.backend()),
                                                               std::move(mounts), inside.runtime));
    const LayerPlace place{inside.runtime, "mounts", first.url()};
    TURNTABLE_TRY(AnyBackend assembled, assemble(AnyBackend(std::move(mounted)), layers, place));
    return Database(std::move(assembled), inside.runtime, first.url());
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
