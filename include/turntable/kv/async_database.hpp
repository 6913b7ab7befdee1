#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/coroutine.hpp"
#include "turntable/kv/async_list.hpp"
#include "turntable/kv/async_queue.hpp"
#include "turntable/kv/async_transaction.hpp"
#include "turntable/kv/async_watch.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

namespace detail {

/// Names operation and store in the error of an answer, now or when it comes.
template <class T>
Async<T> named_async(Async<T> async, std::string_view operation, const HandleCore& core) {
    if (async.is_ready()) {
        if (!async.peek()) [[unlikely]] {
            name_error(async.peek().error(), operation, core);
        }
    } else {
        async = then(std::move(async), [operation, url = core.url](Result<T>&& result) {
            if (!result) {
                result.error().during(operation).on(url);
            }
            return std::move(result);
        });
    }
    return async;
}

}  // namespace detail

/// See BasicAtomic; `co_await write.commit()`.
///
/// Purpose: the awaited atomic write. Ownership, threads, errors: as for BasicAtomic. The builder
/// need not outlive a pending commit.
template <Backend B>
class [[nodiscard]] BasicAsyncAtomic : public detail::AtomicVerbs<BasicAsyncAtomic<B>> {
  public:
    explicit BasicAsyncAtomic(std::shared_ptr<detail::DatabaseState<B>> state) noexcept
        : state_(std::move(state)) {}

    Async<CommitResult> commit(const CallOptions& call = {}) {
        const turntable::detail::HandleCore& core = state_->core;
        Result<AtomicWrite> write = this->buffer_.build(core.now_ms());
        if (!write) {
            return detail::named(Result<CommitResult>(std::move(write).error()), "commit", core);
        }
        return detail::named_async(
            state_->backend.atomic_write(call.context(*core.runtime, false), *write), "commit",
            core);
    }

  private:
    std::shared_ptr<detail::DatabaseState<B>> state_;
};

/// The same database as BasicDatabase, with verbs that give an Async.
///
/// Purpose: `auto entry = co_await db.get("k");`. Calling starts the operation; an engine that can
/// answer at once gives a ready Async, and awaiting it costs next to nothing. Arguments need live
/// only until the call returns.
/// Ownership: a copyable handle, also of a BasicDatabase: `AsyncDatabase(db)`, `adb.blocking()`.
/// Threads: all functions may be called from any thread; continuations run on the completion
/// executor of the runtime.
/// Errors: as for BasicDatabase.
template <Backend B>
class [[nodiscard]] BasicAsyncDatabase {
    using State = detail::DatabaseState<B>;

  public:
    using List = BasicAsyncList<detail::DatabaseReader<B>>;
    using Atomic = BasicAsyncAtomic<B>;

    BasicAsyncDatabase(const BasicDatabase<B>& database) noexcept : state_(database.state()) {}
    explicit BasicAsyncDatabase(B backend, std::shared_ptr<Runtime> runtime = Runtime::shared(),
                                std::string masked_url = {})
        : BasicAsyncDatabase(
              BasicDatabase<B>(std::move(backend), std::move(runtime), std::move(masked_url))) {}

    /// The same database with calls that block.
    BasicDatabase<B> blocking() const noexcept { return BasicDatabase<B>(state_); }

    Async<std::optional<Entry>> get(const KeyRef& key, const CallOptions& call = {}) const {
        if (!detail::is_user_key(key.encoded())) [[unlikely]] {
            return detail::bad_key(key.encoded(), "get", state_->core);
        }
        return backend_get(state_->backend, context(call), key.encoded());
    }
    Async<std::vector<std::optional<Entry>>> get_many(std::span<const Key> keys,
                                                      const CallOptions& call = {}) const {
        Result<detail::PointReads> reads =
            detail::named(detail::PointReads::make(keys), "get_many", state_->core);
        if (!reads) {
            return std::move(reads).error();
        }
        return then(
            named(state_->backend.snapshot_read(context(call), reads->ranges(), {}), "get_many"),
            &detail::PointReads::entries);
    }
    List list(const Selector& selector, const ListOptions& options = {}) const {
        return List(detail::DatabaseReader<B>(state_), selector, options);
    }
    Async<std::uint64_t> count(const Selector& selector, const CallOptions& call = {}) const {
        return List::count(list(selector, {.batch = detail::count_batch}), call);
    }
    /// The snapshot reads like its backend: use it in blocking code, or on a thread of your own.
    Async<Snapshot> snapshot(const CallOptions& call = {}) const {
        return then(named(backend_open_snapshot(state_->backend, context(call)), "snapshot"),
                    [core = core()](Result<SnapshotHandle>&& source) -> Result<Snapshot> {
                        if (!source) {
                            return std::move(source).error();
                        }
                        return Snapshot(core, *std::move(source));
                    });
    }

    Async<Versionstamp> set(const KeyRef& key, const ValueRef& value,
                            const SetOptions& options = {}, const CallOptions& call = {}) const {
        return write("set", {MutationKind::set, key.encoded(), value.data, value.encoding},
                     options.expire_in, call);
    }
    Async<Versionstamp> remove(const KeyRef& key, const CallOptions& call = {}) const {
        return write("remove", {MutationKind::remove, key.encoded()}, {}, call);
    }
    Async<Versionstamp> sum(const KeyRef& key, std::uint64_t amount,
                            const CallOptions& call = {}) const {
        return count_with("sum", MutationKind::sum, key, amount, call);
    }
    Async<Versionstamp> min(const KeyRef& key, std::uint64_t bound,
                            const CallOptions& call = {}) const {
        return count_with("min", MutationKind::min, key, bound, call);
    }
    Async<Versionstamp> max(const KeyRef& key, std::uint64_t bound,
                            const CallOptions& call = {}) const {
        return count_with("max", MutationKind::max, key, bound, call);
    }
    Async<Versionstamp> expire(const KeyRef& key, std::optional<std::chrono::milliseconds> in,
                               const CallOptions& call = {}) const {
        return write("expire", {MutationKind::set_expiry, key.encoded()}, in, call);
    }
    Atomic atomic() const { return Atomic(state_); }
    /// Awaits `body(kv::AsyncTransaction&)`, a coroutine or a function that gives a Result, and
    /// commits. See BasicDatabase::transact. The call keeps `body`, so a coroutine may use its
    /// captures. An exception in `body` becomes the error `backend`, as in any coroutine.
    template <AsyncTransactionBody F>
    auto transact(F body, const TransactOptions& options = {}, const CallOptions& call = {}) const
        -> Async<typename std::invoke_result_t<F&, AsyncTransaction&>::value_type> {
        using T = typename std::invoke_result_t<F&, AsyncTransaction&>::value_type;
        return transacted<T>(state_, std::move(body), options, context(call));
    }
    Async<DeleteRangeOutput> remove_range(const Selector& selector,
                                          const CallOptions& call = {}) const {
        return removed(state_, detail::named(selector.range(), "remove_range", state_->core), call);
    }

    Result<AsyncWatchStream> watch(std::span<const Key> keys, const CallOptions& call = {}) const {
        return start_watch(detail::WatchTargets::keys(keys), call);
    }
    Result<AsyncWatchStream> watch(std::initializer_list<Key> keys,
                                   const CallOptions& call = {}) const {
        return watch(std::span<const Key>(keys.begin(), keys.size()), call);
    }
    Result<AsyncWatchStream> watch(const Selector& selector, const CallOptions& call = {}) const {
        return start_watch(detail::WatchTargets::ranges(selector), call);
    }
    Result<AsyncWatchStream> watch_prefix(Key key, const CallOptions& call = {}) const {
        return watch(prefix(std::move(key)), call);
    }

    Async<Versionstamp> enqueue(const ValueRef& value, const EnqueueOptions& options = {},
                                const CallOptions& call = {}) const {
        Atomic write = atomic();
        write.enqueue(value, options);
        return then(write.commit(call), &detail::committed);
    }
    /// Awaits `handler(kv::Message)`, a coroutine, for each message.
    Result<AsyncListener> listen(AsyncMessageHandler handler,
                                 const ListenOptions& options = {}) const {
        return detail::start_async_listener(queue_port(), std::move(handler), options);
    }
    Async<AsyncReceivedMessage> receive(const CallOptions& call = {}) const {
        return detail::receive_async(queue_port(), call);
    }

    Async<Health> health(const CallOptions& call = {}) const {
        return named(state_->backend.health(context(call)), "health");
    }
    Capabilities capabilities() const { return std::as_const(state_->backend).capabilities(); }
    Async<void> close(const CallOptions& call = {}) const {
        return named(state_->backend.close(context(call)), "close");
    }
    const std::string& url() const noexcept { return state_->core.url; }
    Runtime& runtime() const noexcept { return *state_->core.runtime; }
    B& backend() const noexcept { return state_->backend; }

  private:
    Context context(const CallOptions& call) const {
        return call.context(*state_->core.runtime, false);
    }
    std::shared_ptr<const turntable::detail::HandleCore> core() const noexcept {
        return {state_, &state_->core};
    }
    std::shared_ptr<detail::QueuePort> queue_port() const {
        return std::make_shared<detail::BackendQueuePort<B>>(state_);
    }
    template <class T>
    Async<T> named(Async<T> async, std::string_view operation) const {
        return detail::named_async(std::move(async), operation, state_->core);
    }

    Async<Versionstamp> write(std::string_view operation, Mutation mutation,
                              std::optional<std::chrono::milliseconds> expire_in,
                              const CallOptions& call) const {
        if (Result<void> ready = detail::prepare(mutation, expire_in, operation, state_->core);
            !ready) [[unlikely]] {
            return std::move(ready).error();
        }
        const AtomicWrite one{.mutations = std::span<const Mutation>(&mutation, 1)};
        return then(named(state_->backend.atomic_write(context(call), one), operation),
                    &detail::committed);
    }
    Async<Versionstamp> count_with(std::string_view operation, MutationKind kind, const KeyRef& key,
                                   std::uint64_t number, const CallOptions& call) const {
        const Value operand = Value::u64(number);
        return write(operation, {kind, key.encoded(), operand.data(), operand.encoding()}, {},
                     call);
    }
    Result<AsyncWatchStream> start_watch(Result<detail::WatchTargets> targets,
                                         const CallOptions& call) const {
        if (!targets) {
            return detail::named(Result<AsyncWatchStream>(std::move(targets).error()), "watch",
                                 state_->core);
        }
        Result<Stream<WatchOutput>> stream = detail::named(
            state_->backend.watch(context(call), targets->targets()), "watch", state_->core);
        if (!stream) {
            return std::move(stream).error();
        }
        return AsyncWatchStream(core(), *std::move(stream));
    }

    template <class T, class F>
    static Async<T> transacted(std::shared_ptr<State> state, F body, TransactOptions options,
                               Context within) {
        detail::TransactLoop loop(state->core, options, within);
        if (Result<void> checked = loop.check(); !checked) {
            co_return std::move(checked).error();
        }
        while (true) {
            auto attempt =
                std::make_shared<detail::BackendTransaction<B>>(state, within, loop.attempt());
            AsyncTransaction transaction(attempt);
            Async<T> running(body(transaction));
            Result<T>& answer = co_await running;
            Async<detail::Verdict> finishing = attempt->finish(answer.has_value());
            Result<detail::Verdict>& verdict = co_await finishing;
            if (!verdict) {
                co_return std::move(verdict).error();
            }
            if (*verdict == detail::Verdict::done) {
                co_return std::move(answer);
            }
            Async<void> pausing = loop.pause(attempt->why());
            Result<void>& paused = co_await pausing;
            if (!paused) {
                co_return std::move(paused).error();
            }
        }
    }

    static Async<DeleteRangeOutput> removed(std::shared_ptr<State> state, Result<KeyRange> range,
                                            CallOptions call) {
        if (!range) {
            co_return std::move(range).error();
        }
        const turntable::detail::HandleCore& core = state->core;
        const Context context = call.context(*core.runtime, false);
        if (std::as_const(state->backend).capabilities().delete_range) {
            Async<DeleteRangeOutput> whole =
                backend_delete_range(state->backend, context, range->start, range->end);
            Result<DeleteRangeOutput>& output = co_await whole;
            co_return detail::named(std::move(output), "remove_range", core);
        }
        detail::RangeRemoval removal(*std::move(range));
        while (true) {
            const ReadRange next = removal.next_range();
            Async<ReadOutput> read = state->backend.snapshot_read(context, std::span(&next, 1), {});
            Result<ReadOutput>& output = co_await read;
            if (!output) {
                co_return std::move(detail::named(std::move(output), "remove_range", core)).error();
            }
            if (!removal.accept(*output)) {
                co_return removal.output();
            }
            Async<CommitResult> write = state->backend.atomic_write(context, removal.write());
            Result<CommitResult>& commit = co_await write;
            if (!commit) {
                co_return std::move(detail::named(std::move(commit), "remove_range", core)).error();
            }
            removal.committed(*commit);
        }
    }

    std::shared_ptr<State> state_;
};

/// The awaited handle that most programs use: any engine, chosen at run time.
using AsyncDatabase = BasicAsyncDatabase<AnyBackend>;

}  // namespace turntable::inline v0::kv
