#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace {

Result<AnyBackend> open_from_config(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(LmdbOptions settings, lmdb_settings().from_config(config));
    TURNTABLE_TRY(LmdbBackend backend, open_lmdb(std::move(settings), options.runtime));
    return AnyBackend(std::move(backend));
}

}  // namespace

Result<void> register_lmdb(Registry& registry) {
    // Building touches no folder; what it can do is known before.
    TURNTABLE_TRY(const LmdbBackend any_folder, open_lmdb({.path = "any"}));
    return registry.add({.prefix = "lmdb",
                         .name = "lmdb",
                         .summary = "a database in a folder, on LMDB: the fastest reads",
                         .settings = lmdb_settings().info(),
                         .facts = capability_facts(any_folder.capabilities())},
                        open_from_config);
}

}  // namespace turntable::inline v0::kv
