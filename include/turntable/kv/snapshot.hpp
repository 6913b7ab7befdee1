#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/list.hpp"
#include "turntable/kv/options.hpp"

namespace turntable::inline v0::kv {

namespace detail {

/// Gives a list its entries from one state.
class TURNTABLE_EXPORT SnapshotReader {
  public:
    SnapshotReader(std::shared_ptr<const HandleCore> core,
                   std::shared_ptr<SnapshotSource> source) noexcept
        : core_(std::move(core)), source_(std::move(source)) {}
    const HandleCore& core() const noexcept { return *core_; }
    Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges,
                           const ReadOptions& /*options*/) {
        return source_->read(context, ranges);
    }

  private:
    std::shared_ptr<const HandleCore> core_;
    std::shared_ptr<SnapshotSource> source_;
};

}  // namespace detail

/// A list of a snapshot: all batches show the same state.
using SnapshotList = BasicList<detail::SnapshotReader>;

/// One state of a database, which stays as it is while others write.
///
/// Purpose: several reads that fit together: copies, exports, reports.
/// Ownership: keeps the database open and, in some engines, space in use: keep it short-lived.
/// Threads: one thread at a time, together with its lists.
/// Errors: as the calls of BasicDatabase.
class [[nodiscard]] TURNTABLE_EXPORT Snapshot {
  public:
    Snapshot(std::shared_ptr<const turntable::detail::HandleCore> core,
             SnapshotHandle source) noexcept
        : core_(std::move(core)), source_(std::move(source)) {}

    Result<std::optional<Entry>> get(const KeyRef& key, const CallOptions& call = {}) const;
    Result<std::vector<std::optional<Entry>>> get_many(std::span<const Key> keys,
                                                       const CallOptions& call = {}) const;
    Result<std::vector<std::optional<Entry>>> get_many(std::initializer_list<Key> keys,
                                                       const CallOptions& call = {}) const {
        return get_many(std::span<const Key>(keys.begin(), keys.size()), call);
    }
    SnapshotList list(const Selector& selector, const ListOptions& options = {}) const {
        return SnapshotList(detail::SnapshotReader(core_, source_), selector, options);
    }
    Result<std::uint64_t> count(const Selector& selector, const CallOptions& call = {}) const;

  private:
    std::shared_ptr<const turntable::detail::HandleCore> core_;
    std::shared_ptr<SnapshotSource> source_;
};

}  // namespace turntable::inline v0::kv
