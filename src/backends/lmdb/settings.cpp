#include "turntable/kv/lmdb.hpp"

namespace turntable::inline v0::kv {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
constexpr ByteSize smallest_map{mebibyte / 4};
constexpr ByteSize largest_map{std::uint64_t{1} << 46U};

Result<void> check(const LmdbOptions& options) {
    if (options.path.find('\0') != std::string::npos) {
        return Error(ErrorCode::invalid_config, "the path holds a zero byte");
    }
    if (options.max_size.bytes < options.map_size.bytes) {
        return Error(ErrorCode::invalid_config, "max_size is smaller than map_size");
    }
    return {};
}

SettingsDescription<LmdbOptions> describe() {
    using std::chrono::hours;
    using std::chrono::milliseconds;
    return SettingsDescription<LmdbOptions>("lmdb",
                                            "A database in a folder, on LMDB: the fastest reads.")
        .field("path", &LmdbOptions::path, "The folder, for nothing but this database.")
        .from_path()
        .required()
        .field("durability", &LmdbOptions::durability,
               "What an acknowledged commit survives: a loss of power (full), the end of the "
               "program (normal), the same with a folder that a loss of power may damage (off).")
        .choices({{"full", LmdbDurability::full},
                  {"normal", LmdbDurability::normal},
                  {"off", LmdbDurability::off}})
        .field("map_size", &LmdbOptions::map_size,
               "Address space for the file at first; doubled whenever it is used up.")
        .range(smallest_map, largest_map)
        .field("max_size", &LmdbOptions::max_size, "The file grows no further than this.")
        .range(smallest_map, largest_map)
        .field("readers", &LmdbOptions::readers,
               "Snapshots and reads open at one time in all processes; of whoever opens first.")
        .range(2, 100'000)
        .field("create", &LmdbOptions::create, "Make the folder if it is not there.")
        .field("read_only", &LmdbOptions::read_only, "Never write to the data.")
        .field("verify", &LmdbOptions::verify,
               "Check every page and every entry on opening: always, never, or for databases of "
               "up to 16 MiB (auto).")
        .choices({{"auto", LmdbVerify::automatic},
                  {"always", LmdbVerify::always},
                  {"never", LmdbVerify::never}})
        .field("reads", &LmdbOptions::reads,
               "Where reads run that nobody waits for: small ones on the calling thread (inline), "
               "or all on the pool.")
        .choices({{"inline", ReadMode::on_caller}, {"pool", ReadMode::on_pool}})
        .field("poll_interval", &LmdbOptions::poll_interval,
               "How often a watch looks for commits of others.")
        .range(milliseconds(1), hours(1))
        .field("profile", &LmdbOptions::profile,
               "Which limits hold: those of this library, or those of Deno KV.")
        .choices({{"full", LmdbProfile::full}, {"deno", LmdbProfile::deno}})
        .field("lease", &LmdbOptions::lease,
               "How long a message may be worked on before it is delivered again.")
        .range(milliseconds(10), hours(24))
        .example("lmdb:app.lmdb", "a folder beside the program")
        .example("lmdb:app.lmdb?max_size=10GiB", "that never takes more than so much")
        .example("lmdb:cache?durability=off", "fastest, for what can be made again")
        .check(check);
}

}  // namespace

const SettingsDescription<LmdbOptions>& lmdb_settings() {
    static const SettingsDescription<LmdbOptions> description = describe();
    return description;
}

}  // namespace turntable::inline v0::kv
