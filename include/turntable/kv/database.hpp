#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/health.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/atomic.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/list.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/queue.hpp"
#include "turntable/kv/selector.hpp"
#include "turntable/kv/snapshot.hpp"
#include "turntable/kv/transaction.hpp"
#include "turntable/kv/value.hpp"
#include "turntable/kv/watch.hpp"

namespace turntable::inline v0::kv {

/// An open database: ordered entries, changed atomically, watched, with a queue.
///
/// Purpose: what a program holds. `kv::Database` takes any engine at run time;
/// `BasicDatabase<SqliteBackend>` calls one engine directly. Calls block and return a Result;
/// AsyncDatabase (turntable/kv_async.hpp) has the same verbs for co_await. Keys are plain strings,
/// `{"users", 42}` or kv::Key; values are plain strings or kv::Value.
/// Ownership: a copyable handle; copies share one database. It ends with the last handle, or with
/// what was made from one (lists, watches, snapshots, listeners); close() ends it at once.
/// Threads: all functions may be called from any thread.
/// Errors: `invalid_argument` for a key without parts or with no encoding, `limit_exceeded` over
/// capabilities().limits, `closed` after close(), `would_deadlock` on a thread of the library, and
/// what kv::Backend says. Each call takes CallOptions last: a timeout, a stop token, or both.
template <Backend B>
class [[nodiscard]] TURNTABLE_EXPORT BasicDatabase {
    using State = detail::DatabaseState<B>;

  public:
    using List = BasicList<detail::DatabaseReader<B>>;
    using Atomic = BasicAtomic<B>;

    /// Takes over a backend. `masked_url` is what errors name, without secrets.
    explicit BasicDatabase(B backend, std::shared_ptr<Runtime> runtime = Runtime::shared(),
                           std::string masked_url = {})
        : state_(std::make_shared<State>(
              turntable::detail::HandleCore{std::move(runtime), std::move(masked_url)},
              std::move(backend))) {}
    /// Makes the backend in place, for those that cannot be moved.
    template <class... Args>
        requires std::constructible_from<B, Args...>
    static BasicDatabase make(std::shared_ptr<Runtime> runtime, std::string masked_url,
                              Args&&... args) {
        return BasicDatabase(std::make_shared<State>(
            turntable::detail::HandleCore{std::move(runtime), std::move(masked_url)},
            std::forward<Args>(args)...));
    }
    /// The same database as another kind of handle, see AsyncDatabase::blocking.
    explicit BasicDatabase(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    // Reading.

    /// The entry, or none if there is no such key.
    Result<std::optional<Entry>> get(const KeyRef& key, const CallOptions& call = {}) const {
        if (!detail::is_user_key(key.encoded())) [[unlikely]] {
            return detail::bad_key(key.encoded(), "get", state_->core);
        }
        return detail::named(backend_get(state_->backend, context(call), key.encoded()).wait(),
                             "get", state_->core);
    }
    /// One entry or none for each key, all of one state.
    Result<std::vector<std::optional<Entry>>> get_many(std::span<const Key> keys,
                                                       const CallOptions& call = {}) const {
        TURNTABLE_TRY(const detail::PointReads reads,
                      detail::named(detail::PointReads::make(keys), "get_many", state_->core));
        Result<ReadOutput> output =
            state_->backend.snapshot_read(context(call), reads.ranges(), {}).wait();
        return detail::PointReads::entries(
            detail::named(std::move(output), "get_many", state_->core));
    }
    Result<std::vector<std::optional<Entry>>> get_many(std::initializer_list<Key> keys,
                                                       const CallOptions& call = {}) const {
        return get_many(std::span<const Key>(keys.begin(), keys.size()), call);
    }
    /// The entries that a selector names, in key order. See BasicList.
    List list(const Selector& selector, const ListOptions& options = {}) const {
        return List(detail::DatabaseReader<B>(state_), selector, options);
    }
    /// How many entries a selector names.
    Result<std::uint64_t> count(const Selector& selector, const CallOptions& call = {}) const {
        return detail::count_entries(list(selector, {.batch = detail::count_batch}), call);
    }
    /// One state to read from, if capabilities().snapshots.
    Result<Snapshot> snapshot(const CallOptions& call = {}) const {
        TURNTABLE_TRY(SnapshotHandle source,
                      detail::named(backend_open_snapshot(state_->backend, context(call)).wait(),
                                    "snapshot", state_->core));
        return Snapshot(core(), std::move(source));
    }

    // Writing. Each gives the versionstamp of its commit.

    Result<Versionstamp> set(const KeyRef& key, const ValueRef& value,
                             const SetOptions& options = {}, const CallOptions& call = {}) const {
        return write("set", {MutationKind::set, key.encoded(), value.data, value.encoding},
                     options.expire_in, call);
    }
    /// Removes an entry; it is fine if there is none.
    Result<Versionstamp> remove(const KeyRef& key, const CallOptions& call = {}) const {
        return write("remove", {MutationKind::remove, key.encoded()}, {}, call);
    }
    /// Adds to a counter (kv::Value::u64), modulo 2^64; an absent key counts as zero.
    Result<Versionstamp> sum(const KeyRef& key, std::uint64_t amount,
                             const CallOptions& call = {}) const {
        return count_with("sum", MutationKind::sum, key, amount, call);
    }
    /// Lowers a counter to `bound` unless it is lower; an absent key becomes `bound`.
    Result<Versionstamp> min(const KeyRef& key, std::uint64_t bound,
                             const CallOptions& call = {}) const {
        return count_with("min", MutationKind::min, key, bound, call);
    }
    /// Raises a counter to `bound` unless it is higher; an absent key becomes `bound`.
    Result<Versionstamp> max(const KeyRef& key, std::uint64_t bound,
                             const CallOptions& call = {}) const {
        return count_with("max", MutationKind::max, key, bound, call);
    }
    /// Lets an entry expire this long from now, whatever was said before; nothing: never. The
    /// value stays as it is, an absent key stays absent.
    Result<Versionstamp> expire(const KeyRef& key, std::optional<std::chrono::milliseconds> in,
                                const CallOptions& call = {}) const {
        return write("expire", {MutationKind::set_expiry, key.encoded()}, in, call);
    }
    /// Several changes that happen together or not at all, under checks.
    Atomic atomic() const { return Atomic(state_); }
    /// Calls `body(kv::Transaction&)` and commits what it wrote, if nobody changed meanwhile what
    /// it read; otherwise calls it again, see TransactOptions. Gives what `body` gives, a
    /// Result<T>.
    ///
    /// All reads of one attempt come from one snapshot. On a backend without snapshots a `body`
    /// that reads several keys may see two states, but such an attempt never commits and its answer
    /// is never given. An error that `body` returns ends the transaction and nothing is written,
    /// and so does an exception, which reaches the caller. `body` may run several times: it should
    /// change nothing outside. A `body` that writes nothing commits nothing.
    /// Errors: those of `body`; `conflict` when other writers were faster in each attempt, or until
    /// the timeout; `commit_unknown` at once, without another attempt.
    template <TransactionBody F>
    std::invoke_result_t<F&, Transaction&> transact(F&& body, const TransactOptions& options = {},
                                                    const CallOptions& call = {}) const {
        const Context within = context(call);
        detail::TransactLoop loop(state_->core, options, within);
        TURNTABLE_CHECK(loop.check());
        while (true) {
            auto attempt =
                std::make_shared<detail::BackendTransaction<B>>(state_, within, loop.attempt());
            Transaction transaction(attempt);
            auto answer = body(transaction);
            Result<detail::Verdict> verdict = attempt->finish(answer.has_value()).wait();
            if (!verdict) {
                return std::move(verdict).error();
            }
            if (*verdict == detail::Verdict::done) {
                return answer;
            }
            TURNTABLE_CHECK(loop.pause(attempt->why()).wait());
        }
    }
    /// Removes every entry that a selector names: as one commit if capabilities().delete_range,
    /// else batch by batch.
    Result<DeleteRangeOutput> remove_range(const Selector& selector,
                                           const CallOptions& call = {}) const;

    // Watching.

    /// Tells the state of these keys now and whenever it changes. See WatchStream.
    Result<WatchStream> watch(std::span<const Key> keys, const CallOptions& call = {}) const {
        return start_watch(detail::WatchTargets::keys(keys), call);
    }
    Result<WatchStream> watch(std::initializer_list<Key> keys, const CallOptions& call = {}) const {
        return watch(std::span<const Key>(keys.begin(), keys.size()), call);
    }
    /// The same for all entries that a selector names, if capabilities().watch_ranges.
    Result<WatchStream> watch(const Selector& selector, const CallOptions& call = {}) const {
        return start_watch(detail::WatchTargets::ranges(selector), call);
    }
    /// The same for the entries whose keys extend `key`.
    Result<WatchStream> watch_prefix(Key key, const CallOptions& call = {}) const {
        return watch(prefix(std::move(key)), call);
    }

    // The queue, if capabilities().queue.

    /// Puts a message into the queue, for one of all listeners. Text and bytes are stored as the
    /// JavaScript string or Uint8Array that they are to a Deno program on the same database.
    Result<Versionstamp> enqueue(const ValueRef& value, const EnqueueOptions& options = {},
                                 const CallOptions& call = {}) const {
        Atomic write = atomic();
        write.enqueue(value, options);
        return detail::committed(write.commit(call));
    }
    /// Calls `handler(const kv::Message&)` for each message, on threads of the listener's own, up
    /// to `options.concurrency` at once. A handler that returns an error (a Result<void>) gives
    /// the message back to its schedule; a handler may also return nothing. See Listener.
    template <class F>
        requires std::invocable<F&, const Message&>
    Result<Listener> listen(F&& handler, const ListenOptions& options = {}) const {
        return detail::start_listener(queue_port(),
                                      detail::message_handler(std::forward<F>(handler)), options);
    }
    /// Blocks until a message is due and takes it; the caller finishes it.
    Result<ReceivedMessage> receive(const CallOptions& call = {}) const {
        return detail::receive(queue_port(), call);
    }

    // The database itself.

    /// Asks the engine how it is.
    Result<Health> health(const CallOptions& call = {}) const {
        return detail::named(state_->backend.health(context(call)).wait(), "health", state_->core);
    }
    Capabilities capabilities() const { return std::as_const(state_->backend).capabilities(); }
    /// Refuses further calls, ends watches, waits for what runs. A second close is fine.
    Result<void> close(const CallOptions& call = {}) const {
        return detail::named(state_->backend.close(context(call)).wait(), "close", state_->core);
    }
    /// The URL that it was opened with, secrets masked.
    const std::string& url() const noexcept { return state_->core.url; }
    Runtime& runtime() const noexcept { return *state_->core.runtime; }
    /// To reach what only this engine can do. For kv::Database see AnyBackend::get_if.
    B& backend() const noexcept { return state_->backend; }
    /// For handles of another kind over the same database.
    const std::shared_ptr<State>& state() const noexcept { return state_; }

  private:
    Context context(const CallOptions& call) const {
        return call.context(*state_->core.runtime, true);
    }
    /// The part of the state that does not know the backend, keeping all of it alive.
    std::shared_ptr<const turntable::detail::HandleCore> core() const noexcept {
        return {state_, &state_->core};
    }
    std::shared_ptr<detail::QueuePort> queue_port() const {
        return std::make_shared<detail::BackendQueuePort<B>>(state_);
    }

    Result<Versionstamp> write(std::string_view operation, Mutation mutation,
                               std::optional<std::chrono::milliseconds> expire_in,
                               const CallOptions& call) const {
        if (Result<void> ready = detail::prepare(mutation, expire_in, operation, state_->core);
            !ready) [[unlikely]] {
            return std::move(ready).error();
        }
        const AtomicWrite one{.mutations = std::span<const Mutation>(&mutation, 1)};
        return detail::committed(detail::named(
            state_->backend.atomic_write(context(call), one).wait(), operation, state_->core));
    }
    Result<Versionstamp> count_with(std::string_view operation, MutationKind kind,
                                    const KeyRef& key, std::uint64_t number,
                                    const CallOptions& call) const {
        const Value operand = Value::u64(number);
        return write(operation, {kind, key.encoded(), operand.data(), operand.encoding()}, {},
                     call);
    }
    Result<WatchStream> start_watch(Result<detail::WatchTargets> targets,
                                    const CallOptions& call) const {
        if (!targets) {
            return detail::named(Result<WatchStream>(std::move(targets).error()), "watch",
                                 state_->core);
        }
        Result<Stream<WatchOutput>> stream = detail::named(
            state_->backend.watch(context(call), targets->targets()), "watch", state_->core);
        if (!stream) {
            return std::move(stream).error();
        }
        return WatchStream(core(), *std::move(stream));
    }

    std::shared_ptr<State> state_;
};

template <Backend B>
Result<DeleteRangeOutput> BasicDatabase<B>::remove_range(const Selector& selector,
                                                         const CallOptions& call) const {
    const turntable::detail::HandleCore& core = state_->core;
    Result<KeyRange> range = detail::named(selector.range(), "remove_range", core);
    if (!range) {
        return std::move(range).error();
    }
    if (capabilities().delete_range) {
        return detail::named(
            backend_delete_range(state_->backend, context(call), range->start, range->end).wait(),
            "remove_range", core);
    }
    detail::RangeRemoval removal(*std::move(range));
    while (true) {
        const ReadRange next = removal.next_range();
        TURNTABLE_TRY(
            const ReadOutput output,
            detail::named(
                state_->backend.snapshot_read(context(call), std::span(&next, 1), {}).wait(),
                "remove_range", core));
        if (!removal.accept(output)) {
            return removal.output();
        }
        TURNTABLE_TRY(
            const CommitResult commit,
            detail::named(state_->backend.atomic_write(context(call), removal.write()).wait(),
                          "remove_range", core));
        removal.committed(commit);
    }
}

/// The handle that most programs use: any engine, chosen at run time.
using Database = BasicDatabase<AnyBackend>;

extern template class BasicDatabase<AnyBackend>;

}  // namespace turntable::inline v0::kv
