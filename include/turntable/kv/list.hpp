#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result_iterator.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/selector.hpp"

namespace turntable::inline v0::kv {

/// One entry of a list, with its key.
///
/// Purpose: what a list gives. Ownership: owns key and value. Threads: a value. Errors: none.
struct ListEntry {
    Key key;
    Value value;
    Versionstamp versionstamp;
};

namespace detail {

/// A list without its reads: says which range to read next and takes entries from the answers.
/// Purpose: one state machine for blocking and awaited lists. Ownership: owns the current batch.
/// Threads: one thread at a time. Errors: kept, given once by `pop`, then the end.
class TURNTABLE_EXPORT ListCore {
  public:
    ListCore(const Selector& selector, const ListOptions& options);

    /// Whether a read is needed before the next pop.
    bool wants_read() const noexcept { return position_ == batch_.size() && !last_batch_; }
    /// What to read; views into this object.
    ReadRange next_range() const noexcept;
    ReadOptions read_options() const noexcept { return {consistency_}; }
    void accept(Result<ReadOutput>&& output);

    /// The next entry, none at the end; the views live until the next call.
    Result<std::optional<EntryView>> pop_view() {
        if (position_ < batch_.size()) [[likely]] {
            ++yielded_;
            return std::optional<EntryView>(batch_[position_++]);
        }
        return end_or_error();
    }
    Result<std::optional<ListEntry>> pop();
    std::string cursor() const;

  private:
    Result<std::optional<EntryView>> end_or_error();
    Result<void> start(const Selector& selector, const ListOptions& options);
    Result<void> resume(const Selector& selector, std::string_view cursor);

    KeyRange range_;
    std::string common_prefix_;
    std::uint64_t remaining_ = UINT64_MAX;  // entries that may still be read
    std::uint64_t yielded_ = 0;
    std::uint32_t batch_entries_ = 100;
    bool reverse_ = false;
    bool last_batch_ = false;  // nothing more is to be read
    bool ended_ = false;  // the end of the range was told
    Consistency consistency_ = Consistency::strong;
    std::optional<Error> error_;
    EntryBatch batch_;
    std::size_t position_ = 0;
    std::string resumed_at_;  // the cursor that was given
};

}  // namespace detail

/// The entries that a selector names, in key order, read batch by batch as they are asked for.
///
/// Purpose: `for (auto& entry : db.list(kv::prefix("users"))) { if (!entry) ...; use(*entry); }`,
/// or `next()`. Batches are read one after the other, each from its own snapshot: entries that
/// change meanwhile may be seen old or new. `db.snapshot()` gives lists of one state.
/// Ownership: keeps the database open. Entries own their bytes.
/// Threads: one thread at a time.
/// Errors: a wrong selector, option or cursor is told by the first `next` as `invalid_argument`.
/// After an error, and after the end, there is only the end.
template <class Reader>
class [[nodiscard]] BasicList {
  public:
    BasicList(Reader reader, const Selector& selector, const ListOptions& options)
        : reader_(std::move(reader)), core_(selector, options) {}

    /// The next entry; none at the end.
    Result<std::optional<ListEntry>> next(const CallOptions& call = {}) {
        fill(call);
        return core_.pop();
    }
    /// The next entry without copying it; the views live until the next call.
    Result<std::optional<EntryView>> next_view(const CallOptions& call = {}) {
        fill(call);
        return core_.pop_view();
    }
    /// Where a later list with the same selector and direction can go on: after the last entry
    /// that was given, also when the list ended there by its limit. Empty when it has come to the
    /// end of its range. The same text as in Deno.
    std::string cursor() const { return core_.cursor(); }

    using Iterator = ResultIterator<BasicList, ListEntry>;
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    void fill(const CallOptions& call) {
        while (core_.wants_read()) {
            const ReadRange range = core_.next_range();
            const Context context = call.context(*reader_.core().runtime, true);
            Result<ReadOutput> output =
                reader_.read(context, std::span(&range, 1), core_.read_options()).wait();
            core_.accept(detail::named(std::move(output), "list", reader_.core()));
        }
    }

    Reader reader_;
    detail::ListCore core_;
};

namespace detail {

/// Entries read at a time where only their number matters.
inline constexpr std::uint32_t count_batch = 1000;

template <class Reader>
Result<std::uint64_t> count_entries(BasicList<Reader> list, const CallOptions& call) {
    std::uint64_t count = 0;
    while (true) {
        TURNTABLE_TRY(const std::optional<EntryView> entry, list.next_view(call));
        if (!entry) {
            return count;
        }
        ++count;
    }
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
