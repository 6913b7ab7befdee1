#pragma once

/// \file
/// The `tape+sqlite:` provider: tapes, and all that is known of them, in one SQLite file.
///
/// Purpose: a library of its own where a tape and its metadata commit in one transaction, and where
/// searches are answered from indexed columns. docs/formats/tape-sqlite.md describes the file.
/// Ownership: a provider owns its connections.
/// Threads: any. Several processes may use one file, also while one of them records. A process
/// that forks must not use a provider that was opened before the fork in the child.
/// Errors: `corrupt`, `busy`, `no_space`, `io`, `permission_denied`, `commit_unknown` name the path
/// and carry SQLite's extended code as backend_code.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/settings.hpp"
#include "turntable/tape/provider.hpp"

namespace turntable::inline v0::tape {

namespace detail {
struct SqliteState;
}  // namespace detail

/// When a change is acknowledged (`PRAGMA synchronous`).
enum class SqliteDurability : std::uint8_t {
    full,  ///< on disk: survives a loss of power
    normal,  ///< handed to the system: the newest may be lost with the power, not with us
    off,  ///< as normal; a loss of power may also damage the file
};

/// The settings of `tape+sqlite:FILE`.
///
/// Purpose: what a URL says, typed. Ownership, threads: a value.
/// Errors: `invalid_config` from sqlite_settings().validate.
struct SqliteOptions {
    std::string path{};
    SqliteDurability durability = SqliteDurability::full;
    /// How long a call waits for a lock that another process holds.
    std::chrono::milliseconds busy_timeout{5000};
    /// Make the file if it is not there.
    bool create = true;
    bool read_only = false;
};
TURNTABLE_EXPORT const SettingsDescription<SqliteOptions>& sqlite_settings();

/// Tapes in one SQLite file.
///
/// Purpose: models tape::Provider. Contents are rows of bytes, kept in the form in which they come;
/// metadata are columns, names and calls rows; the texts of frames are found by FTS5. Each change
/// is one transaction. Ownership: owns its connections; the last one to the file moves the log into
/// it. Threads: any; a caller that waits does the work on its own thread, others on the blocking
/// pool. Errors: as tape::Provider and at the top of this file; `unsupported` for a file of a newer
/// form, and where SQLite was built without FTS5; `invalid_config` for the database of another
/// program.
class TURNTABLE_EXPORT SqliteProvider {
  public:
    /// Touches nothing: the file is opened with the first call. A null runtime is
    /// Runtime::shared(). Errors: `invalid_config`.
    static Result<SqliteProvider> create(SqliteOptions options,
                                         std::shared_ptr<Runtime> runtime = nullptr,
                                         AnalyzerFactory analyzer = nullptr);
    SqliteProvider(SqliteProvider&& other) noexcept;
    SqliteProvider& operator=(SqliteProvider&& other) noexcept;
    ~SqliteProvider();

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request);
    /// In one transaction: that costs one wait for the disk, and less work on the index of texts.
    Async<std::vector<Result<TapeMetadata>>> save_tapes(const Context& context,
                                                        const std::vector<SaveRequest>& requests);
    Async<StoredTape> load_tape(const Context& context, std::string_view id);
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes);
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 const ContentRange& range);
    Async<void> delete_tape(const Context& context, std::string_view id);
    Async<TapePage> list_tapes(const Context& context, const SearchCriteria& criteria);
    Async<TapeMetadata> get_metadata(const Context& context, std::string_view id);
    Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                        const LabelChange& change);
    Async<TapeMetadata> finish_tape(const Context& context, std::string_view id);
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options);
    Async<Health> health_check(const Context& context);
    Async<void> close(const Context& context);

  private:
    using State = detail::SqliteState;
    explicit SqliteProvider(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

static_assert(Provider<SqliteProvider> && ProviderWithHealth<SqliteProvider> &&
              ProviderWithFinish<SqliteProvider> && ProviderWithInspect<SqliteProvider> &&
              ProviderWithBatch<SqliteProvider>);

class Registry;
/// Serves `tape+sqlite:FILE`. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_sqlite(Registry& registry);

}  // namespace turntable::inline v0::tape
