#include <string>
#include <utility>

#include "turntable/core/settings.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace {

enum class Profile : std::uint8_t { full, deno };

struct MemorySettings {
    std::string name{};
    Profile profile = Profile::full;
    ReadMode reads = ReadMode::on_caller;
    std::chrono::milliseconds lease{5000};
};

const SettingsDescription<MemorySettings>& memory_settings() {
    static const SettingsDescription<MemorySettings> description =
        SettingsDescription<MemorySettings>("memory",
                                            "A database in memory, gone with the process.")
            .field("name", &MemorySettings::name,
                   "Databases of one name are one database within the process; without a name it "
                   "is private.")
            .from_path()
            .field("profile", &MemorySettings::profile,
                   "Which limits hold: those of this library, or those of Deno KV.")
            .choices({{"full", Profile::full}, {"deno", Profile::deno}})
            .field("reads", &MemorySettings::reads,
                   "Where reads run: on the calling thread, or on the pool.")
            .choices({{"inline", ReadMode::on_caller}, {"pool", ReadMode::on_pool}})
            .field("lease", &MemorySettings::lease,
                   "How long a message may be worked on before it is delivered again.")
            .range(std::chrono::milliseconds(10), std::chrono::hours(24))
            .example("memory:", "a private database")
            .example("memory:shared?profile=deno",
                     "one for all of the process, with Deno's limits");
    return description;
}

Result<AnyBackend> open_memory(const ProviderConfig& config, const OpenOptions& options) {
    ProviderConfig own = config;
    if (own.url.scheme().empty() && own.url.path() == ":memory:") {
        own.url = Url();  // not a name
    }
    TURNTABLE_TRY(MemorySettings settings, memory_settings().from_config(own));
    MemoryOptions memory;
    memory.runtime = options.runtime;
    memory.name = std::move(settings.name);
    memory.reads = settings.reads;
    memory.lease = settings.lease;
    if (settings.profile == Profile::deno) {
        memory.limits = deno_limits();
    }
    return AnyBackend(MemoryBackend(std::move(memory)));
}

AnyBackend private_store(const std::shared_ptr<Runtime>& runtime) {
    MemoryOptions options;
    options.runtime = runtime;
    return AnyBackend(MemoryBackend(std::move(options)));
}

}  // namespace

Result<void> register_memory(Registry& registry) {
    for (const char* prefix : {"memory:", ":memory:"}) {
        BackendInfo info;
        info.prefix = prefix;
        info.name = "memory";
        info.summary = "in memory: for tests and caches";
        info.settings = memory_settings().info();
        info.facts = capability_facts(private_store(nullptr).capabilities());
        TURNTABLE_CHECK(registry.add(std::move(info), open_memory));
    }
    return {};
}

FakeBackend::FakeBackend(std::shared_ptr<Runtime> runtime)
    : FakeBackend(private_store(runtime), runtime) {}

}  // namespace turntable::inline v0::kv
