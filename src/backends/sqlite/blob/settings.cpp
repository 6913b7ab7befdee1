#include "turntable/blob/registry.hpp"
#include "turntable/blob/sqlite.hpp"

namespace turntable::inline v0::blob {

namespace {

SettingsDescription<SqliteOptions> describe_sqlite() {
    using std::chrono::hours;
    using std::chrono::milliseconds;
    return SettingsDescription<SqliteOptions>("sqlite", "Blobs in one SQLite file.")
        .field("path", &SqliteOptions::path, "The file, or :memory: for a private temporary one.")
        .from_path()
        .required()
        .field("durability", &SqliteOptions::durability,
               "What an acknowledged change survives: a loss of power (full), the end of the "
               "program (normal), the same with a file that a loss of power may damage (off).")
        .choices({{"full", SqliteDurability::full},
                  {"normal", SqliteDurability::normal},
                  {"off", SqliteDurability::off}})
        .field("busy_timeout", &SqliteOptions::busy_timeout,
               "How long a call waits for a lock that another connection holds.")
        .range(milliseconds(0), hours(1))
        .field("create", &SqliteOptions::create, "Make the file if it is not there.")
        .field("read_only", &SqliteOptions::read_only, "Never write to the file.")
        .field("chunk", &SqliteOptions::chunk, "How much of a blob is one row.")
        .range(ByteSize{1024}, ByteSize{std::uint64_t{16} << 20U})
        .field("abandoned_after", &SqliteOptions::abandoned_after,
               "A write that was left unfinished for so long is taken back by the next who writes.")
        .example("sqlite:app.db",
                 "in a file of the current folder, beside its entries if it has any")
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

Result<AnyBackend> open_sqlite_config(const ProviderConfig& config, const OpenOptions& options) {
    TURNTABLE_TRY(SqliteOptions settings, sqlite_settings().from_config(config));
    TURNTABLE_TRY(SqliteBackend backend, open_sqlite(std::move(settings), options.runtime));
    return AnyBackend(std::move(backend));
}

}  // namespace

const SettingsDescription<SqliteOptions>& sqlite_settings() {
    static const SettingsDescription<SqliteOptions> description = describe_sqlite();
    return description;
}

Result<void> register_sqlite(Registry& registry) {
    // Building touches no file; what it can do is known before.
    TURNTABLE_TRY(const SqliteBackend any_file, open_sqlite({.path = "any.db"}));
    return registry.add({.prefix = "sqlite:",
                         .name = "sqlite",
                         .summary = "in a SQLite file, also beside the entries of a database",
                         .settings = sqlite_settings().info(),
                         .facts = capability_facts(any_file.capabilities())},
                        open_sqlite_config);
}

}  // namespace turntable::inline v0::blob
