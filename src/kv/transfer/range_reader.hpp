#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv::transfer {

/// The entries of a range in key order, batch by batch, of one state if there is a snapshot.
/// Batches have a bounded size as long as entries do not grow a thousandfold at once. The entry
/// that marks an unfinished transfer is left to the caller.
class RangeReader {
  public:
    /// Without a snapshot each batch is a read of its own. The database must outlive this.
    RangeReader(const Database& database, SnapshotHandle snapshot, KeyRange range) noexcept
        : database_(&database), snapshot_(std::move(snapshot)), range_(std::move(range)) {}

    /// The next entries; an empty batch is the end.
    Result<EntryBatch> next();
    /// Nothing comes after the batch that was given last.
    bool at_end() const noexcept { return at_end_; }
    /// Whether this key has an entry, in the same state.
    Result<bool> contains(ByteView key);
    /// How many entries there are; afterwards `next` begins anew.
    Result<std::uint64_t> count();

  private:
    Result<EntryBatch> read(const ReadRange& range);

    static constexpr std::uint32_t limit_first = 64;

    const Database* database_;
    SnapshotHandle snapshot_;
    KeyRange range_;
    std::uint32_t limit_ = limit_first;
    bool at_end_ = false;
};

/// The same, entry by entry.
class EntryCursor {
  public:
    explicit EntryCursor(RangeReader reader) noexcept : reader_(std::move(reader)) {}

    /// The entry here, null at the end; valid until `advance`. Errors: of the read.
    Result<const EntryView*> peek();
    void advance() noexcept { ++position_; }

  private:
    RangeReader reader_;
    EntryBatch batch_;
    std::size_t position_ = 0;
    EntryView current_;
};

/// Opens what a transfer reads from: a snapshot, or without one only if `inconsistent`.
/// Errors: `unsupported`; `conflict` if the store holds an unfinished transfer.
Result<RangeReader> open_source(const Database& database, const KeyRange& range, bool inconsistent,
                                std::string_view operation);

}  // namespace turntable::inline v0::kv::transfer
