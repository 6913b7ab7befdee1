#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv {

namespace {

Result<AnyBackend> open_from_config(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(SqliteOptions settings, sqlite_settings().from_config(config));
    TURNTABLE_TRY(SqliteBackend backend, open_sqlite(std::move(settings), options.runtime));
    return AnyBackend(std::move(backend));
}

BackendInfo info_for(std::string prefix) {
    return {.prefix = std::move(prefix),
            .name = "sqlite",
            .summary = "a database in one file, in the format of Deno KV",
            .settings = sqlite_settings().info()};
}

}  // namespace

Result<void> register_sqlite(Registry& registry) {
    TURNTABLE_CHECK(registry.add(info_for("sqlite"), open_from_config));
    return registry.add(info_for(""), open_from_config);
}

}  // namespace turntable::inline v0::kv
