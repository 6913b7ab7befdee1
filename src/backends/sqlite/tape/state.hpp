#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/sqlite/file/file.hpp"
#include "backends/sqlite/tape/grams.hpp"
#include "backends/sqlite/tape/row.hpp"
#include "turntable/core/call_options.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/tape/sqlite.hpp"

namespace turntable::inline v0::tape::sqlite {

/// One state of the file, for reading. One thread.
class Reading {
  public:
    static Result<Reading> begin(sql::File& file);
    Reading(Reading&& other) noexcept = default;
    Reading& operator=(Reading&&) = delete;
    ~Reading();

    sql::Connection& connection() const noexcept { return *lease_; }

  private:
    explicit Reading(sql::ReaderPool::Lease lease) noexcept : lease_(std::move(lease)) {}
    sql::ReaderPool::Lease lease_;
};

}  // namespace turntable::inline v0::tape::sqlite

namespace turntable::inline v0::tape::detail {

/// What a provider and its calls share. Calls block.
struct SqliteState {
    struct Options {
        std::shared_ptr<Runtime> runtime;
        AnalyzerFactory analyzer;
    };
    SqliteState(const SqliteOptions& settings, Options shared);

    Result<TapeMetadata> save(const SaveRequest& request);
    Result<std::vector<Result<TapeMetadata>>> save_all(const std::vector<SaveRequest>& requests);
    Result<StoredTape> load(std::string_view id);
    /// The number of the tape with which a stream began.
    using Held = std::optional<std::int64_t>;
    Result<Bytes> read(std::string_view id, const ContentRange& range, Held& held,
                       const CallOptions& call);
    Result<std::uint64_t> append(std::string_view id, std::uint64_t offset, ByteView bytes);
    Result<void> remove(std::string_view id);
    Result<TapePage> list(const SearchCriteria& criteria, const CallOptions& call);
    Result<TapeMetadata> metadata(std::string_view id);
    Result<TapeMetadata> update(std::string_view id, const LabelChange& change);
    Result<TapeMetadata> finish(std::string_view id);
    Result<InspectReport> inspect(const InspectOptions& how, const CallOptions& call);
    Result<Health> health();

    // Within a write transaction.

    Result<TapeMetadata> put(sql::Connection& connection, const SaveRequest& request);

    /// Derives all rows of tape `n` from a content, but for its bytes, which are not written. What
    /// is there of pieces stays, and those of further frames are added.
    Result<TapeMetadata> index(sql::Connection& connection, std::int64_t n,
                               std::unique_ptr<Source> content, const std::optional<Labels>& labels,
                               bool recording);
    /// Makes the rows of a tape anew from its content. `known` is what they say, if that can be
    /// read: without it the words of old labels stay, and hit nothing.
    Result<TapeMetadata> reindex(sql::Connection& connection, const sqlite::Row& row,
                                 const TapeMetadata* known);
    Result<void> erase(sql::Connection& connection, const sqlite::Row& row);

    Options options;
    sql::File file;
    Gate gate;
    /// Of whoever writes.
    sqlite::Grams grams;
};

}  // namespace turntable::inline v0::tape::detail
