#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv {

namespace {

SettingsDescription<SqliteOptions> describe() {
    using std::chrono::hours;
    using std::chrono::milliseconds;
    return SettingsDescription<SqliteOptions>("sqlite",
                                              "A database in one file, in the format of Deno KV.")
        .field("path", &SqliteOptions::path, "The file, or :memory: for a private temporary one.")
        .from_path()
        .required()
        .field("durability", &SqliteOptions::durability,
               "What an acknowledged commit survives: a loss of power (full), the end of the "
               "program (normal), the same with a file that a loss of power may damage (off).")
        .choices({{"full", SqliteDurability::full},
                  {"normal", SqliteDurability::normal},
                  {"off", SqliteDurability::off}})
        .field("busy_timeout", &SqliteOptions::busy_timeout,
               "How long a call waits for a lock that another connection holds.")
        .range(milliseconds(0), hours(1))
        .field("readers", &SqliteOptions::readers,
               "Connections kept for reading; more are opened when all are in use.")
        .range(1, 64)
        .field("create", &SqliteOptions::create, "Make the file if it is not there.")
        .field("read_only", &SqliteOptions::read_only, "Never write to the file.")
        .field("verify", &SqliteOptions::verify,
               "Check the structure of every page on opening: always, never, or for files of up "
               "to 16 MiB (auto).")
        .choices({{"auto", SqliteVerify::automatic},
                  {"always", SqliteVerify::always},
                  {"never", SqliteVerify::never}})
        .field("cache", &SqliteOptions::cache, "Page cache of each connection.")
        .range(ByteSize{64U << 10U}, ByteSize{std::uint64_t{64} << 30U})
        .field("reads", &SqliteOptions::reads,
               "Where reads run that nobody waits for: small ones on the calling thread (inline), "
               "or all on the pool.")
        .choices({{"inline", ReadMode::on_caller}, {"pool", ReadMode::on_pool}})
        .field("poll_interval", &SqliteOptions::poll_interval,
               "How often a watch looks for commits of other processes.")
        .range(milliseconds(1), hours(1))
        .field("profile", &SqliteOptions::profile,
               "Which limits hold: those of this library, or those of Deno KV.")
        .choices({{"full", SqliteProfile::full}, {"deno", SqliteProfile::deno}})
        .field("lease", &SqliteOptions::lease,
               "How long a message may be worked on before it is delivered again.")
        .range(milliseconds(10), hours(24))
        .example("sqlite:app.db", "a file in the current folder")
        .example("sqlite::memory:", "private and temporary")
        .example("sqlite:app.db?durability=normal", "faster, and less safe when the power fails")
        .check([](const SqliteOptions& options) -> Result<void> {
            if (options.path == ":memory:" && options.read_only) {
                return Error(ErrorCode::invalid_config,
                             "sqlite::memory: is empty at first, so read_only makes no sense");
            }
            if (options.path.find('\0') != std::string::npos) {
                return Error(ErrorCode::invalid_config, "the path holds a zero byte");
            }
            return {};
        });
}

}  // namespace

const SettingsDescription<SqliteOptions>& sqlite_settings() {
    static const SettingsDescription<SqliteOptions> description = describe();
    return description;
}

}  // namespace turntable::inline v0::kv
