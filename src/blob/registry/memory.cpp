#include "turntable/blob/memory.hpp"

#include <utility>

#include "turntable/blob/registry.hpp"
#include "turntable/core/settings.hpp"

namespace turntable::inline v0::blob {

namespace {

struct MemorySettings {
    std::string name{};
};

const SettingsDescription<MemorySettings>& memory_settings() {
    static const SettingsDescription<MemorySettings> description =
        SettingsDescription<MemorySettings>("memory", "Blobs in memory, gone with the process.")
            .field("name", &MemorySettings::name,
                   "Stores of one name are one store within the process; without a name it is "
                   "private.")
            .from_path()
            .example("memory:", "a private store")
            .example("memory:shared", "one for all of the process");
    return description;
}

Result<AnyBackend> open_memory(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(MemorySettings settings, memory_settings().from_config(config));
    return AnyBackend(
        MemoryBackend({.runtime = options.runtime, .name = std::move(settings.name)}));
}

}  // namespace

Result<void> register_memory(Registry& registry) {
    return registry.add({.prefix = "memory:",
                         .name = "memory",
                         .summary = "in memory: for tests and caches",
                         .settings = memory_settings().info(),
                         .facts = capability_facts(MemoryBackend().capabilities())},
                        open_memory);
}

}  // namespace turntable::inline v0::blob
