#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kv/transfer/content_sum.hpp"
#include "kv/transfer/entry_writer.hpp"
#include "kv/transfer/range_reader.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv::transfer {

/// The half of a transfer that writes: takes entries in key order and brings a range of the target
/// to them. Where the target may hold some already it is read beside, and only what differs is
/// written; so a transfer that broke off is gone on with by doing it again.
class Intake {
  public:
    /// `origin` says what is transferred; a transfer of another origin is not gone on with.
    static Result<std::unique_ptr<Intake>> open(const Database& target, KeyRange range,
                                                const std::string& origin,
                                                const TransferOptions& options,
                                                std::uint64_t total);

    /// Keys ascend, also from batch to batch. Errors: `cancelled` when asked to stop.
    Result<void> take(const EntryBatch& batch);
    /// Nothing more comes. The transfer is done when this returns.
    Result<TransferReport> finish();

  private:
    Intake(const Database& target, const TransferOptions& options, std::string mark,
           std::uint64_t total)
        : target_(target),
          options_(options),
          mark_(std::move(mark)),
          writer_(target),
          progress_{0, 0, total} {}

    Result<void> look_at_mark();
    Result<void> look_at_range(KeyRange range);
    Result<void> put_mark();
    Result<void> take_entry(const EntryView& entry);
    Result<const EntryView*> skip_held_before(std::optional<ByteView> key);

    const Database& target_;
    const TransferOptions& options_;
    /// What the target holds under unfinished_transfer_key() until the end.
    const std::string mark_;
    bool mark_is_there_ = false;
    /// It, or that of a transfer that was given up, is there.
    bool mark_to_remove_ = false;
    bool compares_expiry_ = false;
    /// Entries of the target that the source does not have are removed.
    bool removes_ = false;
    /// What the target holds already, if it may hold something.
    std::optional<EntryCursor> held_;
    EntryWriter writer_;
    ContentSum sum_;
    TransferProgress progress_;
    TransferReport report_;
};

/// Whether two entries have the same value and, if asked, the same expiry.
bool same_content(const EntryView& a, const EntryView& b, bool with_expiry) noexcept;

}  // namespace turntable::inline v0::kv::transfer
