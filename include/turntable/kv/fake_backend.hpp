#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

/// The calls that a FakeBackend records and can be told about.
enum class FakeCall : std::uint8_t {
    get,
    snapshot_read,
    atomic_write,
    watch,
    queue_take,
    queue_finish,
    queue_extend,
    health,
    close,
    open_snapshot,
    delete_range,
};

/// One call as a FakeBackend saw it.
///
/// Purpose: assertions of tests. Ownership: a value. Threads: a value. Errors: none.
struct RecordedCall {
    FakeCall call;
    /// The keys read, written or watched; of ranges the starts.
    std::vector<Key> keys = {};
    std::size_t checks = 0;
    std::size_t mutations = 0;
    std::size_t enqueues = 0;
};

/// A database that does what a test tells it: for the tests of programs that use kv::Database.
///
/// Purpose: to see how a program behaves when a write fails, a reply is late or lost. It records
/// calls, follows its script one step for each call of a kind, and otherwise passes on to a real
/// store in memory:
///
///     kv::FakeBackend fake;
///     kv::Database db(fake);
///     fake.fail_next(kv::FakeCall::atomic_write, Error(ErrorCode::busy, "locked"));
///     EXPECT_EQ(db.set("k", "v").error().code(), ErrorCode::busy);
///     fake.lose_next_reply();
///     EXPECT_EQ(db.set("k", "v").error().code(), ErrorCode::commit_unknown);
///     EXPECT_TRUE(*db.get("k"));  // it was written all the same
///
/// Ownership: a handle; copies share one fake, so keep one and give another to the database.
/// Threads: all functions may be called from any thread.
/// Errors: those of the script, otherwise those of the store.
class TURNTABLE_EXPORT FakeBackend {
  public:
    /// Over a private `memory:` store.
    explicit FakeBackend(std::shared_ptr<Runtime> runtime = Runtime::shared());
    /// Over a store of the test's own.
    explicit FakeBackend(AnyBackend store, std::shared_ptr<Runtime> runtime = Runtime::shared());

    // The script. Steps for one kind of call are followed in the order given.

    /// The next `times` calls of this kind fail and do nothing.
    void fail_next(FakeCall call, const Error& error, std::size_t times = 1);
    /// The next atomic write is made, but its caller is told `commit_unknown`.
    void lose_next_reply();
    /// The next call of this kind is made, but its answer is held back until release(). Stopped
    /// meanwhile, it gives `cancelled` or `timeout`; an atomic write gives `commit_unknown`. A
    /// watch answers at once and cannot be held or delayed.
    void hold_next(FakeCall call);
    /// Gives all answers of this kind that are held back; returns how many.
    std::size_t release(FakeCall call);
    /// How many answers of this kind are held back.
    std::size_t held(FakeCall call) const;
    /// The answer of the next call of this kind comes this much later by the runtime's clock.
    void delay_next(FakeCall call, std::chrono::milliseconds by);
    /// The next call of the kind gets this answer, and the store is not asked.
    void answer_next_get(Result<std::optional<Entry>> answer);
    void answer_next_read(Result<ReadOutput> answer);
    void answer_next_write(Result<CommitResult> answer);
    void answer_next_take(Result<QueueMessage> answer);
    void answer_next_health(Result<Health> answer);
    /// What capabilities() says from now on.
    void set_capabilities(const Capabilities& capabilities);
    /// Forgets the steps that were not reached and all recorded calls.
    void reset();

    // What happened.

    std::vector<RecordedCall> calls() const;
    std::size_t count(FakeCall call) const;
    /// Steps of the script that were not reached yet.
    std::size_t steps_left() const;

    // The contract.

    Capabilities capabilities() const;
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options);
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write);
    Result<Stream<WatchOutput>> watch(const Context& context, std::span<const WatchTarget> targets);
    Async<QueueMessage> queue_take(const Context& context);
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery);
    Async<void> queue_extend(const Context& context, std::string_view id);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);
    Async<std::optional<Entry>> get(const Context& context, ByteView key);
    Async<SnapshotHandle> open_snapshot(const Context& context);
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end);

  private:
    class State;
    std::shared_ptr<State> state_;
};

static_assert(Backend<FakeBackend>);

}  // namespace turntable::inline v0::kv
