#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "turntable/core/async.hpp"
#include "turntable/core/context.hpp"
#include "turntable/core/export.hpp"
#include "turntable/kv/atomic.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/list.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/selector.hpp"

namespace turntable::inline v0::kv {

/// Options of transact.
///
/// Purpose: how often a transaction is tried, and how long it waits in between: a random time up to
/// `backoff`, up to twice that before the next attempt, and so on up to `backoff_max`. A timeout
/// for all of it goes into CallOptions.
/// Ownership, threads: a value. Errors: zero attempts or a negative time is `invalid_argument`.
struct TransactOptions {
    std::uint32_t attempts = 25;
    std::chrono::milliseconds backoff{1};
    std::chrono::milliseconds backoff_max{250};
};

static_assert(std::is_trivially_destructible_v<TransactOptions>);

namespace detail {

/// What is to be done after an attempt of a transaction.
enum class Verdict : std::uint8_t { done, again };

/// One attempt of a transaction, without the type of its backend.
/// Purpose: reads of one state that become checks, and writes that it sees itself. Ownership:
/// shared by the running attempt and a read that is pending. Threads: one at a time; a read that
/// goes on elsewhere excludes every other call. Errors: see Transaction and
/// BasicDatabase::transact.
class TURNTABLE_EXPORT TransactionCore : public std::enable_shared_from_this<TransactionCore> {
  public:
    TransactionCore(const HandleCore& handle, Context context, std::uint32_t attempt) noexcept
        : handle_(handle), context_(std::move(context)), attempt_(attempt) {}
    TransactionCore(const TransactionCore&) = delete;
    TransactionCore& operator=(const TransactionCore&) = delete;
    virtual ~TransactionCore();

    WriteBuffer& writes() noexcept { return writes_; }
    std::uint32_t attempt() const noexcept { return attempt_; }
    Async<std::optional<Entry>> get(ByteView key);
    Error refuse_list(const Selector& selector) const;

    /// Ends the attempt: commits, or only makes sure that what was read was of one state.
    Async<Verdict> finish(bool succeeded);
    /// Why it is to be tried again.
    const Error& why() const noexcept { return *why_; }

  protected:
    const Context& context() const noexcept { return context_; }
    virtual Async<std::optional<Entry>> read_key(ByteView key) = 0;
    virtual Async<SnapshotHandle> open_snapshot() = 0;
    virtual Async<ReadOutput> read_ranges(std::span<const ReadRange> ranges) = 0;
    virtual Async<CommitResult> write(const AtomicWrite& write) = 0;
    virtual Capabilities capabilities() const = 0;

  private:
    struct Read {
        std::string key;
        std::optional<Entry> entry;
    };
    using Found = Async<std::optional<Entry>>;

    Found fetch(ByteView key);
    static Found fetch_from_new_snapshot(std::shared_ptr<TransactionCore> self, std::string key);
    static Found accept_later(std::shared_ptr<TransactionCore> self, std::string key, Found found);
    Result<std::optional<Entry>> accept(ByteView key, Result<std::optional<Entry>>&& found);
    Result<std::optional<Entry>> with_own_writes(ByteView key, const std::optional<Entry>& stored);
    const Read* find_read(ByteView key);
    Async<Verdict> validate(bool succeeded);
    Async<Verdict> commit();
    Result<Verdict> judge(Result<CommitResult>&& result);
    Error conflict_at(ByteView key);

    const HandleCore& handle_;
    Context context_;
    std::uint32_t attempt_;
    WriteBuffer writes_;
    std::vector<Read> reads_;
    std::unordered_map<std::string, std::size_t> read_index_;  // when there are many
    SnapshotHandle snapshot_;
    std::atomic<bool> reading_{false};
    /// A newer state was met: whatever the closure makes of it, it runs again.
    bool doomed_ = false;
    /// Set when doomed, when a read failed in a way that may pass, and by finish().
    std::optional<Error> why_;
};

/// The same, with it. Ownership: keeps the database open.
template <Backend B>
class BackendTransaction final : public TransactionCore {
  public:
    BackendTransaction(std::shared_ptr<DatabaseState<B>> state, const Context& context,
                       std::uint32_t attempt)
        : TransactionCore(state->core, context, attempt), state_(std::move(state)) {}

  private:
    Async<std::optional<Entry>> read_key(ByteView key) override {
        return backend_get(state_->backend, context(), key);
    }
    Async<SnapshotHandle> open_snapshot() override {
        return backend_open_snapshot(state_->backend, context());
    }
    Async<ReadOutput> read_ranges(std::span<const ReadRange> ranges) override {
        return state_->backend.snapshot_read(context(), ranges, {});
    }
    Async<CommitResult> write(const AtomicWrite& write) override {
        return state_->backend.atomic_write(context(), write);
    }
    Capabilities capabilities() const override {
        return std::as_const(state_->backend).capabilities();
    }

    std::shared_ptr<DatabaseState<B>> state_;
};

/// Counts the attempts of a transaction and waits between them.
/// Purpose: the bound of transact. Ownership: borrows the handle; a wait needs only its runtime.
/// Threads: one at a time. Errors: `pause` gives the error of the whole when no attempt is left.
class TURNTABLE_EXPORT TransactLoop {
  public:
    TransactLoop(const HandleCore& handle, const TransactOptions& options, Context context)
        : handle_(handle), options_(options), context_(std::move(context)) {}

    Result<void> check() const;
    /// From 1.
    std::uint32_t attempt() const noexcept { return attempt_; }
    /// Waits for the next attempt after one that failed because of `why`.
    Async<void> pause(const Error& why);

  private:
    Error give_up(const Error& why) const;

    const HandleCore& handle_;
    TransactOptions options_;
    Context context_;
    std::uint32_t attempt_ = 1;
};

template <class R>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;
template <class R>
inline constexpr bool is_async = false;
template <class T>
inline constexpr bool is_async<Async<T>> = true;

}  // namespace detail

/// What the closure of transact reads and writes with.
///
/// Purpose: reads of one state and writes that happen together, if nobody changed what was read.
/// `get` sees the state of the database at the first `get`, and the writes of this transaction
/// before it; what it did not write itself becomes a check of the commit. The verbs that write are
/// those of BasicAtomic and take effect at the commit, in their order.
/// Ownership: lives during the call of the closure; keep no reference.
/// Threads: one thread at a time.
/// Errors: `get` gives those of BasicDatabase::get; return them from the closure: an error that may
/// pass makes transact try again. `conflict` says that another writer was faster already. A wrong
/// argument of a verb that writes is told by transact.
class [[nodiscard]] TURNTABLE_EXPORT Transaction : public detail::WriteVerbs<Transaction> {
  public:
    explicit Transaction(std::shared_ptr<detail::TransactionCore> core) noexcept
        : core_(std::move(core)) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() = default;

    /// The entry, or none. One that this transaction has written has no versionstamp yet: zero.
    Result<std::optional<Entry>> get(const KeyRef& key) const {
        return core_->get(key.encoded()).wait();
    }
    /// `unsupported`: it needs the capability `range_checks`, which no backend has in this version.
    Result<std::vector<ListEntry>> list(const Selector& selector) const {
        return core_->refuse_list(selector);
    }
    /// Which attempt this is, from 1.
    std::uint32_t attempt() const noexcept { return core_->attempt(); }

  private:
    friend class detail::WriteVerbs<Transaction>;
    detail::WriteBuffer& write_buffer() noexcept { return core_->writes(); }

    std::shared_ptr<detail::TransactionCore> core_;
};

/// What transact takes: called with a Transaction, it gives a Result.
template <class F>
concept TransactionBody = requires(F& body, Transaction& transaction) {
    requires detail::is_result<std::invoke_result_t<F&, Transaction&>>;
};

}  // namespace turntable::inline v0::kv
