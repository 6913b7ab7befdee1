#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/registry.hpp"
#include "turntable/blob/store.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/tape/provider.hpp"
#include "turntable/tape/writer.hpp"

/// \file
/// The provider that needs no engine of its own: contents in any store of blobs, the index in any
/// kv database.
/// Purpose: `memory:`, `tape:DIR` and `tape+pair:`; docs/tapes.md describes the files.
/// Ownership, threads, errors: see StockProvider.
namespace turntable::inline v0::tape {

namespace detail {
struct StockState;
}  // namespace detail

/// How a stock provider keeps tapes.
///
/// Purpose: the argument of StockProvider::create. Ownership: shares the runtime.
/// Threads: a value. Errors: none.
struct StockOptions {
    std::shared_ptr<Runtime> runtime = nullptr;
    AnalyzerFactory analyzer = nullptr;
    /// The form of tapes that are saved; those that are appended to keep the form of their bytes.
    Compression compression = Compression::none;
};

/// Tapes as blobs, with an index that is derived from them.
///
/// Purpose: models tape::Provider. A tape is `ID.tape` or `ID.tape.zst`; what people say of it is
/// `ID.labels.json`. The index holds nothing else: inspect() makes it again from these. A change
/// goes to the blobs first and to the index last, so that a kill leaves at most a row that is
/// missing, stale or too much, which inspect() finds.
/// Ownership: shares store and database. Threads: any; a caller that waits does the work on its own
/// thread, others on the blocking pool. One tape is appended to by one provider at a time.
/// Errors: as tape::Provider; `unsupported` for append on a store that cannot append.
class TURNTABLE_EXPORT StockProvider {
  public:
    /// Touches nothing: the index is made with the first call.
    static StockProvider create(blob::Store blobs, kv::Database index, StockOptions options = {});
    StockProvider(StockProvider&& other) noexcept;
    StockProvider& operator=(StockProvider&& other) noexcept;
    ~StockProvider();

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request);
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
    using State = detail::StockState;
    explicit StockProvider(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

static_assert(Provider<StockProvider> && ProviderWithHealth<StockProvider> &&
              ProviderWithFinish<StockProvider> && ProviderWithInspect<StockProvider>);

/// Where the index of a folder of tapes is.
enum class IndexStrategy : std::uint8_t {
    sqlite,  ///< in the file `index.sqlite` of the folder
    memory,  ///< nowhere: made again at each opening, by reading all tapes
};

/// The settings of `tape:DIR`.
///
/// Purpose: what a URL says, typed. Ownership, threads: a value.
/// Errors: `invalid_config` from folder_settings().validate.
struct FolderOptions {
    std::string root_path{};
    Compression compression = Compression::none;
    IndexStrategy index_strategy = IndexStrategy::sqlite;
};
TURNTABLE_EXPORT const SettingsDescription<FolderOptions>& folder_settings();

/// Builds a provider of tapes in a folder.
///
/// Purpose: `FolderBuilder().root_path("tapes").compression(Compression::zstd).build(indexes)`.
/// Ownership: owns its settings. Threads: one at a time.
/// Errors: build() gives `invalid_config` for no path, `unsupported` for zstd in a build without
/// it, `unknown_provider` where the registry has no `sqlite:` and the index is to be there.
class TURNTABLE_EXPORT FolderBuilder {
  public:
    FolderBuilder& root_path(std::string path);
    FolderBuilder& compression(Compression compression);
    FolderBuilder& index_strategy(IndexStrategy strategy);
    FolderBuilder& analyzer(AnalyzerFactory analyzer);
    FolderBuilder& runtime(std::shared_ptr<Runtime> runtime);
    /// Checks everything, and touches nothing yet but for an index in memory.
    Result<StockProvider> build(const kv::Registry& indexes) const;

  private:
    FolderOptions options_;
    StockOptions stock_;
};

}  // namespace turntable::inline v0::tape
