#include "kv/transfer/range_reader.hpp"

#include <algorithm>
#include <span>

#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv::transfer {

namespace {

constexpr std::string_view operation = "read";
/// What a batch is to have: enough to make a commit worth its sync, and little memory.
constexpr std::size_t batch_bytes = std::size_t{2} << 20U;
constexpr std::uint32_t batch_entries_max = 8192;

}  // namespace

Result<EntryBatch> RangeReader::read(const ReadRange& range) {
    const auto ranges = std::span(&range, 1);
    const Context context = CallOptions().context(database_->runtime(), true);
    Result<ReadOutput> output =
        snapshot_ != nullptr ? snapshot_->read(context, ranges).wait()
                             : database_->backend().snapshot_read(context, ranges, {}).wait();
    if (!output) {
        return detail::named(Result<EntryBatch>(std::move(output).error()), operation,
                             database_->state()->core);
    }
    return output->empty() ? EntryBatch() : std::move(output->front());
}

Result<EntryBatch> RangeReader::next() {
    if (at_end_ || range_.start >= range_.end) {
        at_end_ = true;
        return EntryBatch();
    }
    Result<EntryBatch> batch = read({range_.start, range_.end, limit_, false});
    while (!batch && batch.error().code() == ErrorCode::limit_exceeded && limit_ > 1) {
        limit_ = std::max<std::uint32_t>(1, limit_ / 16);
        batch = read({range_.start, range_.end, limit_, false});
    }
    if (!batch) {
        return batch;
    }
    at_end_ = batch->size() < limit_;
    if (!batch->empty()) {
        range_.start = (*batch)[batch->size() - 1].key.to_string() + '\0';
        const std::size_t entry_bytes = batch->size_bytes() / batch->size() + 1;
        const auto wanted =
            static_cast<std::uint32_t>(std::min<std::size_t>(batch_bytes / entry_bytes, 1U << 20U));
        const auto allowed = static_cast<std::uint32_t>(std::min<std::size_t>(
            batch_entries_max, database_->capabilities().limits.read_entries));
        // Larger by steps, so that a run of small entries before huge ones costs little.
        limit_ = std::clamp<std::uint32_t>(std::min(wanted, limit_ * 4), 1, allowed);
    }
    return batch;
}

Result<bool> RangeReader::contains(ByteView key) {
    const std::string end = key.to_string() + '\0';
    TURNTABLE_TRY(const EntryBatch found, read({key, end, 1, false}));
    return !found.empty();
}

Result<std::uint64_t> RangeReader::count() {
    const KeyRange whole = range_;
    std::uint64_t count = 0;
    while (!at_end_) {
        TURNTABLE_TRY(const EntryBatch batch, next());
        count += batch.size();
    }
    range_ = whole;
    at_end_ = false;
    limit_ = limit_first;
    return count;
}

Result<const EntryView*> EntryCursor::peek() {
    while (true) {
        if (position_ == batch_.size()) {
            TURNTABLE_TRY(batch_, reader_.next());
            position_ = 0;
            if (batch_.empty()) {
                return static_cast<const EntryView*>(nullptr);
            }
        }
        current_ = batch_[position_];
        if (current_.key != unfinished_transfer_key().encoded()) [[likely]] {
            return &current_;
        }
        ++position_;
    }
}

Result<RangeReader> open_source(const Database& database, const KeyRange& range, bool inconsistent,
                                std::string_view doing) {
    const turntable::detail::HandleCore& core = database.state()->core;
    const auto refuse = [&](ErrorCode code, const char* why) {
        return Error(code, why).during(doing).on(core.url);
    };
    const Capabilities can = database.capabilities();
    SnapshotHandle snapshot;
    if (can.snapshots) {
        const Context context = CallOptions().context(database.runtime(), true);
        TURNTABLE_TRY(
            snapshot,
            detail::named(backend_open_snapshot(database.backend(), context).wait(), doing, core));
    } else if (!inconsistent) {
        return refuse(ErrorCode::unsupported,
                      "the source has no snapshots, so entries may change while they are read; "
                      "allow that with `inconsistent`");
    }
    RangeReader reader(database, std::move(snapshot), range);
    TURNTABLE_TRY(const bool unfinished, reader.contains(unfinished_transfer_key().encoded()));
    if (unfinished) {
        return refuse(ErrorCode::conflict,
                      "the source holds a transfer that is not finished; run that again to its "
                      "end first");
    }
    return reader;
}

}  // namespace turntable::inline v0::kv::transfer
