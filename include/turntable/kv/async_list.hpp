#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "turntable/core/coroutine.hpp"
#include "turntable/kv/list.hpp"

namespace turntable::inline v0::kv {

/// The entries that a selector names, awaited one by one. See BasicList.
///
/// Purpose: `while (auto entry = co_await list.next(); entry && *entry) use(**entry);`
/// Ownership: keeps the database open. It must stay where it is while a `next` is pending.
/// Threads: one thread at a time, one `next` outstanding.
/// Errors: as for BasicList.
template <class Reader>
class [[nodiscard]] BasicAsyncList {
  public:
    BasicAsyncList(Reader reader, const Selector& selector, const ListOptions& options)
        : reader_(std::move(reader)), core_(selector, options) {}

    /// The next entry, none at the end; ready at once except where a batch has to be read and the
    /// backend needs time.
    Async<std::optional<ListEntry>> next(const CallOptions& call = {}) {
        if (core_.wants_read()) {
            Async<ReadOutput> output = read(call);
            if (!output.is_ready()) {
                return pop_after(std::move(output));
            }
            accept(std::move(output.peek()));
        }
        return core_.pop();
    }
    /// See BasicList::cursor.
    std::string cursor() const { return core_.cursor(); }

    /// Reads to the end and counts.
    static Async<std::uint64_t> count(BasicAsyncList list, CallOptions call) {
        std::uint64_t count = 0;
        while (true) {
            if (list.core_.wants_read()) {
                Async<ReadOutput> output = list.read(call);
                Result<ReadOutput>& read = co_await output;
                list.accept(std::move(read));
            }
            Result<std::optional<EntryView>> entry = list.core_.pop_view();
            if (!entry) {
                co_return std::move(entry).error();
            }
            if (!entry->has_value()) {
                co_return count;
            }
            ++count;
        }
    }

  private:
    Async<ReadOutput> read(const CallOptions& call) {
        const ReadRange range = core_.next_range();
        return reader_.read(call.context(*reader_.core().runtime, false), std::span(&range, 1),
                            core_.read_options());
    }
    void accept(Result<ReadOutput>&& output) {
        core_.accept(detail::named(std::move(output), "list", reader_.core()));
    }
    Async<std::optional<ListEntry>> pop_after(Async<ReadOutput> output) {
        Result<ReadOutput>& read = co_await output;
        accept(std::move(read));
        co_return core_.pop();
    }

    Reader reader_;
    detail::ListCore core_;
};

}  // namespace turntable::inline v0::kv
