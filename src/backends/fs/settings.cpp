#include "turntable/blob/fs.hpp"
#include "turntable/blob/registry.hpp"

namespace turntable::inline v0::blob {

namespace {

SettingsDescription<FsOptions> describe() {
    return SettingsDescription<FsOptions>("fs", "Blobs as files in a folder.")
        .field("root", &FsOptions::root, "The folder that holds all blobs.")
        .from_path()
        .required()
        .field("create", &FsOptions::create,
               "Make the folder, and those above it, if it is not there.")
        .field("durability", &FsOptions::durability,
               "What an acknowledged change survives: a loss of power (full), or the end of the "
               "program (process).")
        .choices({{"full", FsDurability::full}, {"process", FsDurability::process}})
        .example("fs:/srv/files", "a folder")
        .example("fs:files", "one in the current folder")
        .example("fs:cache?durability=process", "faster, and less safe when the power fails")
        .check([](const FsOptions& options) -> Result<void> {
            if (options.root.find('\0') != std::string::npos) {
                return Error(ErrorCode::invalid_config, "the path holds a zero byte");
            }
            return {};
        });
}

Result<AnyBackend> open_from_config(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(FsOptions settings, fs_settings().from_config(config));
    TURNTABLE_TRY(FsBackend backend, open_fs(std::move(settings), options.runtime));
    return AnyBackend(std::move(backend));
}

}  // namespace

const SettingsDescription<FsOptions>& fs_settings() {
    static const SettingsDescription<FsOptions> description = describe();
    return description;
}

Result<void> register_fs(Registry& registry) {
    // Building touches nothing; what it can do is known before.
    TURNTABLE_TRY(const FsBackend any, open_fs({.root = "any"}));
    return registry.add({.prefix = "fs:",
                         .name = "fs",
                         .summary = "files in a folder",
                         .settings = fs_settings().info(),
                         .facts = capability_facts(any.capabilities())},
                        open_from_config);
}

}  // namespace turntable::inline v0::blob
