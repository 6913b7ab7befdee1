#include "turntable/tape/registry.hpp"

#include <string>
#include <utility>
#include <vector>

#include "turntable/tape/stock.hpp"

namespace turntable::inline v0::tape {

namespace {

struct MemorySettings {
    std::string name{};
};

const SettingsDescription<MemorySettings>& memory_settings() {
    static const SettingsDescription<MemorySettings> description =
        SettingsDescription<MemorySettings>("memory", "Tapes in memory, gone with the process.")
            .field("name", &MemorySettings::name,
                   "Libraries of one name are one library within the process; without a name it is "
                   "private.")
            .from_path()
            .example("memory:", "a private library");
    return description;
}

struct PairSettings {
    std::string blobs{};
    std::string index{};
    Compression compression = Compression::none;
};

const SettingsDescription<PairSettings>& pair_settings() {
    static const SettingsDescription<PairSettings> description =
        SettingsDescription<PairSettings>(
            "pair", "Tapes in any store of blobs, their index in any kv database.")
            .field("blobs", &PairSettings::blobs, "The URL of the store, with `&` as %26.")
            .required()
            .field("index", &PairSettings::index, "The URL of the database, with `&` as %26.")
            .required()
            .field("compression", &PairSettings::compression, "The form of tapes that are saved.")
            .choices({{"none", Compression::none}, {"zstd", Compression::zstd}})
            .example("tape+pair:?blobs=fs:/srv/tapes&index=sqlite:/srv/tapes.db",
                     "contents in a folder, the index in a file elsewhere");
    return description;
}

/// What opens the two halves of a stock provider.
struct Halves {
    std::shared_ptr<const blob::Registry> blobs;
    std::shared_ptr<const kv::Registry> indexes;

    Result<AnyProvider> memory(const ProviderConfig& config, const OpenOptions& options) const {
        TURNTABLE_TRY(const MemorySettings settings, memory_settings().from_config(config));
        SettingMap half;
        if (!settings.name.empty()) {
            // Not the name as it is: a program may have a store of it.
            half.emplace("name", "turntable-tapes/" + settings.name);
        }
        TURNTABLE_TRY(blob::Store store, blobs->open(ProviderConfig::from_map("memory", half),
                                                     {.runtime = options.runtime}));
        TURNTABLE_TRY(kv::Database index, indexes->open(ProviderConfig::from_map("memory", half),
                                                        {.runtime = options.runtime}));
        return AnyProvider(
            StockProvider::create(std::move(store), std::move(index),
                                  {.runtime = options.runtime, .analyzer = options.analyzer}));
    }
    Result<AnyProvider> folder(const ProviderConfig& config, const OpenOptions& options) const {
        TURNTABLE_TRY(const FolderOptions settings, folder_settings().from_config(config));
        TURNTABLE_TRY(StockProvider provider, FolderBuilder()
                                                  .root_path(settings.root_path)
                                                  .compression(settings.compression)
                                                  .index_strategy(settings.index_strategy)
                                                  .analyzer(options.analyzer)
                                                  .runtime(options.runtime)
                                                  .build(*indexes));
        return AnyProvider(std::move(provider));
    }
    Result<AnyProvider> pair(const ProviderConfig& config, const OpenOptions& options) const {
        TURNTABLE_TRY(const PairSettings settings, pair_settings().from_config(config));
        TURNTABLE_TRY(blob::Store store, blobs->open(settings.blobs, {.runtime = options.runtime}));
        TURNTABLE_TRY(kv::Database index,
                      indexes->open(settings.index, {.runtime = options.runtime}));
        return AnyProvider(StockProvider::create(std::move(store), std::move(index),
                                                 {.runtime = options.runtime,
                                                  .analyzer = options.analyzer,
                                                  .compression = settings.compression}));
    }
};

}  // namespace

Registry::Registry() : layer_table_(std::make_shared<LayerTable>()) {}

Registry Registry::from_environment(const EnvironmentLookup& lookup) {
    Registry registry;
    (void)register_layers(registry);  // an empty registry has room for them
    const std::vector<std::string> variables = {"TURNTABLE_TAPE"};
    (void)registry.set_default_from(lookup, variables);
    return registry;
}

Result<void> Registry::add(BackendInfo info, ProviderFactory factory) {
    if (!factory) {
        return Error(ErrorCode::invalid_argument, "a registry needs a factory to call");
    }
    auto open_library = [factory = std::move(factory), secrets = info.settings.secret_names(),
                         prefix = info.prefix, name = info.name,
                         table = layer_table_](const ProviderConfig& config,
                                               const OpenOptions& options) -> Result<Library> {
        OpenOptions complete = options;
        if (complete.runtime == nullptr) {
            complete.runtime = Runtime::shared();
        }
        TURNTABLE_TRY(const std::vector<LayerItem> layers,
                      table->read_all(options.layers.empty() ? config.layers : options.layers));
        TURNTABLE_TRY(AnyProvider provider, factory(config, complete));
        const bool has_url = !config.url.to_string().empty();
        const LayerPlace place{complete.runtime, name,
                               has_url ? config.url.masked(secrets) : prefix};
        TURNTABLE_TRY(AnyProvider layered,
                      stacked<AnyProvider>(std::move(provider), layers, place));
        return Library(std::move(layered), {.runtime = complete.runtime,
                                            .masked_url = place.url,
                                            .metadata_ttl = complete.metadata_ttl});
    };
    return turntable::Registry<Library, OpenOptions>::add(std::move(info), std::move(open_library));
}

Result<void> Registry::add_layer(LayerInfo info, LayerFactory factory) {
    return layer_table_->add(std::move(info), std::move(factory));
}
std::vector<LayerInfo> Registry::layers() const { return layer_table_->describe(); }
Result<LayerItem> Registry::read_layer(std::string_view item) const {
    return layer_table_->read(item);
}

Result<void> register_stock(Registry& registry, std::shared_ptr<const blob::Registry> blobs,
                            std::shared_ptr<const kv::Registry> indexes) {
    if (blobs == nullptr || indexes == nullptr) {
        return Error(ErrorCode::invalid_argument, "the stock providers need both registries");
    }
    const Halves halves{std::move(blobs), std::move(indexes)};
    TURNTABLE_CHECK(
        registry.add({.prefix = "memory:",
                      .name = "memory",
                      .summary = "in memory: for tests",
                      .settings = memory_settings().info()},
                     [halves](const ProviderConfig& config, const OpenOptions& options) {
                         return halves.memory(config, options);
                     }));
    TURNTABLE_CHECK(
        registry.add({.prefix = "tape:",
                      .name = "tape",
                      .summary = "files in a folder, with an index beside them",
                      .settings = folder_settings().info()},
                     [halves](const ProviderConfig& config, const OpenOptions& options) {
                         return halves.folder(config, options);
                     }));
    return registry.add({.prefix = "tape+pair:",
                         .name = "pair",
                         .summary = "any store of blobs with any kv database",
                         .settings = pair_settings().info()},
                        [halves](const ProviderConfig& config, const OpenOptions& options) {
                            return halves.pair(config, options);
                        });
}

}  // namespace turntable::inline v0::tape
