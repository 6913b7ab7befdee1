#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tape/library/contents.hpp"
#include "tape/library/index.hpp"
#include "tape/library/tape_locks.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/tape/stock.hpp"

namespace turntable::inline v0::tape::detail {

/// What a stock provider and its calls share. Calls block.
struct StockState {
    StockState(blob::Store blobs, kv::Database database, StockOptions stock_options)
        : options(std::move(stock_options)),
          contents(std::move(blobs)),
          index(std::move(database)) {}

    Result<TapeMetadata> save(const SaveRequest& request, const CallOptions& call);
    Result<TapeMetadata> save_rest(TapeMetadata tape, const CallOptions& call);
    /// The content, open, of a stream of several pieces.
    using Held = std::optional<blob::Reader>;
    Result<Bytes> read(std::string_view id, const ContentRange& range, Held& held,
                       const CallOptions& call);
    Result<StoredTape> load(std::string_view id, const CallOptions& call);
    Result<std::uint64_t> append(std::string_view id, std::uint64_t offset, ByteView bytes,
                                 const CallOptions& call);
    Result<void> remove(std::string_view id, const CallOptions& call);
    Result<TapePage> list(const SearchCriteria& criteria, const CallOptions& call);
    Result<TapeMetadata> metadata(std::string_view id, const CallOptions& call);
    Result<TapeMetadata> update(std::string_view id, const LabelChange& change,
                                const CallOptions& call);
    Result<TapeMetadata> finish(std::string_view id, const CallOptions& call);
    Result<InspectReport> inspect(const InspectOptions& how, const CallOptions& call);
    Result<Health> health(const CallOptions& call);

    Result<void> check_beginning(std::string_view id, ByteView bytes,
                                 const CallOptions& call) const;
    /// From the content and the labels, without the index.
    Result<TapeMetadata> derive(std::string_view id, const CallOptions& call);
    SearchContent search_content(const TapeMetadata& tape, const CallOptions& call);

    StockOptions options;
    /// For callers that do not wait. Not that of the runtime: a change waits for others in a store,
    /// which may need that one.
    std::shared_ptr<Executor> pool = make_thread_pool(4, "tapes");
    Contents contents;
    Index index;
    Gate gate;
    TapeLocks changes;
};

}  // namespace turntable::inline v0::tape::detail
