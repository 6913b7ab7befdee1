#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/coroutine.hpp"
#include "turntable/kv/transaction.hpp"

namespace turntable::inline v0::kv {

/// What the closure of an awaited transact reads and writes with. See Transaction.
///
/// Purpose: `auto from = co_await tx.get("a"); ... tx.set("a", "1");`.
/// Ownership: lives until the closure has ended, also while it is suspended.
/// Threads: one at a time.
/// Errors: as for Transaction. Await each `get` before the next: a second one meanwhile, and ending
/// with one that is not awaited, is `invalid_argument`.
class [[nodiscard]] TURNTABLE_EXPORT AsyncTransaction
    : public detail::WriteVerbs<AsyncTransaction> {
  public:
    explicit AsyncTransaction(std::shared_ptr<detail::TransactionCore> core) noexcept
        : core_(std::move(core)) {}
    AsyncTransaction(const AsyncTransaction&) = delete;
    AsyncTransaction& operator=(const AsyncTransaction&) = delete;
    ~AsyncTransaction() = default;

    /// See Transaction::get.
    Async<std::optional<Entry>> get(const KeyRef& key) const { return core_->get(key.encoded()); }
    /// See Transaction::list.
    Async<std::vector<ListEntry>> list(const Selector& selector) const {
        return core_->refuse_list(selector);
    }
    /// Which attempt this is, from 1.
    std::uint32_t attempt() const noexcept { return core_->attempt(); }

  private:
    friend class detail::WriteVerbs<AsyncTransaction>;
    detail::WriteBuffer& write_buffer() noexcept { return core_->writes(); }

    std::shared_ptr<detail::TransactionCore> core_;
};

/// What an awaited transact takes: called with an AsyncTransaction, it gives an Async (so it may be
/// a coroutine) or a Result.
template <class F>
concept AsyncTransactionBody = requires(F& body, AsyncTransaction& transaction) {
    requires detail::is_result<std::invoke_result_t<F&, AsyncTransaction&>> ||
                 detail::is_async<std::invoke_result_t<F&, AsyncTransaction&>>;
};

}  // namespace turntable::inline v0::kv
