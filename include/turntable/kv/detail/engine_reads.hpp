#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/clock.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::detail {

/// \file
/// Reads of an engine as the kv contract has them: without what has expired.
/// Purpose: the read half of OrderedStore. Ownership: answers own their bytes.
/// Threads: as the engine. Errors: the engine's.

inline bool is_live(const Record& record, const Clock& clock) noexcept {
    return record.expire_at_ms < 0 || !record.expired(clock.wall_now().time_since_epoch().count());
}

template <OrderedEngine E>
Result<std::optional<Entry>> read_entry(E& engine, ByteView key, const Clock& clock) {
    if constexpr (EngineWithGet<E>) {
        Result<std::optional<Record>> record = engine.get(key);
        if (!record) [[unlikely]] {
            return std::move(record).error();
        }
        std::optional<Record>& found = *record;
        if (!found || !is_live(*found, clock)) {
            return std::optional<Entry>();
        }
        return std::optional<Entry>(Entry{Value(std::move(found->data), found->encoding),
                                          Versionstamp::from_version(found->version)});
    } else {
        TURNTABLE_TRY(auto transaction, engine.begin_read());
        TURNTABLE_TRY(const std::optional<Record> found, transaction.get(key));
        if (!found || !is_live(*found, clock)) {
            return std::optional<Entry>();
        }
        return std::optional<Entry>(Entry{Value(Bytes::copy(found->data), found->encoding),
                                          Versionstamp::from_version(found->version)});
    }
}

/// None: the answer is larger than asked for at most.
template <class Transaction>
Result<std::optional<ReadOutput>> read_ranges_in(Transaction& transaction,
                                                 std::span<const ReadRange> ranges,
                                                 std::int64_t now_ms, std::size_t bytes_max) {
    ReadOutput output(ranges.size());
    std::size_t bytes_left = bytes_max;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        EntryBatch& batch = output[i];
        const std::uint32_t limit = ranges[i].limit;
        bool too_large = false;
        bool full = false;
        const auto visit = [&](ByteView key, const Record& record) {
            if (record.expired(now_ms)) {
                return true;
            }
            full = !batch.append(key, record.data, record.encoding,
                                 Versionstamp::from_version(record.version), record.expire_at_ms);
            too_large = batch.size_bytes() > bytes_left;
            return batch.size() < limit && !full && !too_large;
        };
        TURNTABLE_CHECK(transaction.scan(ranges[i].start, ranges[i].end, ranges[i].reverse, visit));
        if (full) {
            return Error(ErrorCode::limit_exceeded,
                         "the entries of a range have more than 4 GiB together; read them in "
                         "smaller batches");
        }
        if (too_large && bytes_max != SIZE_MAX) {
            return std::optional<ReadOutput>();
        }
        bytes_left -= batch.size_bytes();
    }
    return std::optional<ReadOutput>(std::move(output));
}

template <OrderedEngine E>
Result<std::optional<ReadOutput>> read_ranges(E& engine, std::span<const ReadRange> ranges,
                                              std::int64_t now_ms, std::size_t bytes_max) {
    TURNTABLE_TRY(auto transaction, engine.begin_read());
    return read_ranges_in(transaction, ranges, now_ms, bytes_max);
}

inline Result<ReadOutput> complete_read(Result<std::optional<ReadOutput>> read) {
    if (!read) {
        return std::move(read).error();
    }
    return **std::move(read);
}

inline std::uint64_t rows_asked(std::span<const ReadRange> ranges) noexcept {
    std::uint64_t rows = 0;
    for (const ReadRange& range : ranges) {
        rows += range.limit;
    }
    return rows;
}

/// Ranges that outlive the call that named them.
class OwnedRanges {
  public:
    explicit OwnedRanges(std::span<const ReadRange> ranges)
        : ranges_(ranges.begin(), ranges.end()) {
        for (ReadRange& range : ranges_) {
            for (ByteView* bound : {&range.start, &range.end}) {
                bounds_.push_back(Bytes::copy(*bound));  // its bytes stay where they are
                *bound = bounds_.back();
            }
        }
    }
    std::span<const ReadRange> view() const noexcept { return ranges_; }

  private:
    std::vector<Bytes> bounds_;
    std::vector<ReadRange> ranges_;
};

/// A read transaction that stays open.
template <class E>
class EngineSnapshot final : public SnapshotSource {
    using Transaction = typename decltype(std::declval<E&>().begin_read())::value_type;

  public:
    EngineSnapshot(std::shared_ptr<E> engine, Transaction transaction, const Limits& limits,
                   std::int64_t now_ms)
        : engine_(std::move(engine)),
          transaction_(std::move(transaction)),
          limits_(limits),
          now_ms_(now_ms) {}

    static Result<SnapshotHandle> open(std::shared_ptr<E> engine, const Limits& limits,
                                       std::int64_t now_ms) {
        TURNTABLE_TRY(Transaction transaction, engine->begin_read());
        return SnapshotHandle(std::make_unique<EngineSnapshot>(
            std::move(engine), std::move(transaction), limits, now_ms));
    }

    Async<ReadOutput> read(const Context& /*context*/, std::span<const ReadRange> ranges) override {
        if (auto checked = check_read(ranges, limits_); !checked) {
            return std::move(checked).error();
        }
        return complete_read(read_ranges_in(transaction_, ranges, now_ms_, SIZE_MAX));
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) override {
        if constexpr (EngineWithKeptGets<E>) {
            if (auto checked = check_read_key(key, limits_); !checked) {
                return std::move(checked).error();
            }
            Result<std::optional<Record>> found = transaction_.get(key);
            if (!found) {
                return std::move(found).error();
            }
            if (!*found || (*found)->expired(now_ms_)) {
                return std::optional<Entry>();
            }
            return std::optional(Entry{Value(std::move((*found)->data), (*found)->encoding),
                                       Versionstamp::from_version((*found)->version)});
        } else {
            return SnapshotSource::get(context, key);
        }
    }

  private:
    std::shared_ptr<E> engine_;
    Transaction transaction_;
    Limits limits_;
    std::int64_t now_ms_;
};

}  // namespace turntable::inline v0::kv::detail
