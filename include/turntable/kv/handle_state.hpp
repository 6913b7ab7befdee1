#pragma once

/// \file
/// What the handles of one database share.
/// Purpose: the inside of kv::Database and kv::AsyncDatabase. Ownership: shared by all copies of a
/// handle and by what was made from it. Threads: as the backend. Errors: none.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/handle_core.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::detail {

using turntable::detail::HandleCore;
using turntable::detail::name_error;
using turntable::detail::named;

/// The whole of it.
template <Backend B>
struct DatabaseState {
    HandleCore core;
    B backend;

    template <class... Args>
    explicit DatabaseState(HandleCore handle_core, Args&&... args)
        : core(std::move(handle_core)), backend(std::forward<Args>(args)...) {}
};

/// The check of a key that a user named, with the usual case in line.
inline bool is_user_key(ByteView encoded) noexcept {
    return !encoded.empty() && !is_reserved(encoded);
}
/// Why a key is refused, with operation and store.
TURNTABLE_EXPORT Error bad_key(ByteView encoded, std::string_view operation,
                               const HandleCore& core);

/// Checks a change of one entry and gives it its expiry time.
TURNTABLE_EXPORT Result<void> prepare(Mutation& mutation,
                                      std::optional<std::chrono::milliseconds> expire_in,
                                      std::string_view operation, const HandleCore& core);

/// The versionstamp of a write that had no checks.
TURNTABLE_EXPORT Result<Versionstamp> committed(Result<CommitResult>&& result);

/// When something that lives for `in` from `now_ms` ends; saturates. Errors: invalid_argument for
/// a negative time.
TURNTABLE_EXPORT Result<std::int64_t> expiry_time(std::int64_t now_ms,
                                                  std::optional<std::chrono::milliseconds> in);

/// Removes a range by reading and removing batches, for backends without delete_range.
/// Purpose: next_range, read it, accept, write, committed, and again until accept says false.
/// Ownership: owns the current batch. Threads: one thread at a time. Errors: none.
class TURNTABLE_EXPORT RangeRemoval {
  public:
    explicit RangeRemoval(KeyRange range) noexcept : range_(std::move(range)) {}
    ReadRange next_range() const noexcept;
    /// False when nothing is left; `output` must live until the write has been made.
    bool accept(const ReadOutput& output);
    AtomicWrite write() const noexcept { return {.mutations = mutations_}; }
    void committed(const CommitResult& commit);
    DeleteRangeOutput output() const noexcept { return output_; }

  private:
    KeyRange range_;
    std::vector<Mutation> mutations_;
    DeleteRangeOutput output_;
};

/// The ranges that read single keys, and their bytes.
class TURNTABLE_EXPORT PointReads {
  public:
    static Result<PointReads> make(std::span<const Key> keys);
    std::span<const ReadRange> ranges() const noexcept { return ranges_; }
    /// One entry or none for each range.
    static Result<std::vector<std::optional<Entry>>> entries(Result<ReadOutput>&& output);

  private:
    std::shared_ptr<std::string> bytes_;  // shared, so that moving this keeps the views
    std::vector<ReadRange> ranges_;
};

/// Gives a list its entries straight from a backend.
template <Backend B>
class DatabaseReader {
  public:
    explicit DatabaseReader(std::shared_ptr<DatabaseState<B>> state) noexcept
        : state_(std::move(state)) {}
    const HandleCore& core() const noexcept { return state_->core; }
    Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges,
                           const ReadOptions& options) {
        return state_->backend.snapshot_read(context, ranges, options);
    }

  private:
    std::shared_ptr<DatabaseState<B>> state_;
};

}  // namespace turntable::inline v0::kv::detail
