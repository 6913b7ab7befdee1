#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv {

namespace {

Result<AnyBackend> open_from_config(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(SqliteOptions settings, sqlite_settings().from_config(config));
    TURNTABLE_TRY(SqliteBackend backend, open_sqlite(std::move(settings), options.runtime));
    return AnyBackend(std::move(backend));
}

Result<BackendInfo> info_for(std::string prefix) {
    // Building touches no file; what it can do is known before.
    TURNTABLE_TRY(const SqliteBackend any_file, open_sqlite({.path = "any.db"}));
    return BackendInfo{.prefix = std::move(prefix),
                       .name = "sqlite",
                       .summary = "a database in one file, in the format of Deno KV",
                       .settings = sqlite_settings().info(),
                       .facts = capability_facts(any_file.capabilities())};
}

}  // namespace

Result<void> register_sqlite(Registry& registry) {
    for (const char* prefix : {"sqlite", ""}) {
        TURNTABLE_TRY(BackendInfo info, info_for(prefix));
        TURNTABLE_CHECK(registry.add(std::move(info), open_from_config));
    }
    return {};
}

}  // namespace turntable::inline v0::kv
