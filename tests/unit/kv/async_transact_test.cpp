#include <gmock/gmock.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/memory_database.hpp"
#include "turntable/kv/detail/engine_reads.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv_async.hpp"
#include "unit/core/async_support.hpp"

// transact for coroutines, and many transactions that interleave in every order that a seed gives.
namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::optional<Entry>& entry) {
    return entry ? entry->value.data().to_string() : "absent";
}

/// A closure as a coroutine.
struct Move {
    int amount;
    Async<int> operator()(AsyncTransaction& tx) const {
        auto reading = tx.get("from");
        const Result<std::optional<Entry>>& from = co_await reading;
        if (!from) {
            co_return from.error();
        }
        const int left = std::stoi((*from)->value.data().to_string()) - amount;
        tx.set("from", std::to_string(left)).sum("moves", 1);
        co_return left;
    }
};

TEST(AsyncTransact, TakesACoroutine) {
    const AsyncDatabase db{AnyBackend(MemoryBackend())};
    ASSERT_TRUE(db.set("from", "100").wait());
    Async<int> left = db.transact(Move{30});
    EXPECT_TRUE(left.is_ready());  // as everything in memory
    EXPECT_EQ(*std::move(left).wait(), 70);
    EXPECT_EQ(text_of(*db.get("from").wait()), "70");
}

TEST(AsyncTransact, TakesAPlainFunction) {
    const AsyncDatabase db(test::memory_database());
    const auto answer = db.transact([](AsyncTransaction& tx) -> Result<std::uint32_t> {
                              tx.set("k", "v");
                              return tx.attempt();
                          }).wait();
    EXPECT_EQ(*answer, 1U);
    EXPECT_EQ(text_of(*db.get("k").wait()), "v");
}

TEST(AsyncTransact, AnExceptionIsAnErrorAndWritesNothing) {
    const AsyncDatabase db(test::memory_database());
    const auto answer = db.transact([](AsyncTransaction& tx) -> Result<int> {
                              tx.set("k", "v");
                              throw std::runtime_error("mine");
                          }).wait();
    EXPECT_EQ(answer.error().code(), ErrorCode::backend);
    EXPECT_FALSE(*db.get("k").wait());
}

TEST(AsyncTransact, WaitsForAnswersThatComeLater) {
    FakeBackend fake;
    const AsyncDatabase db{AnyBackend(fake)};
    ASSERT_TRUE(db.set("from", "100").wait());
    fake.hold_next(FakeCall::get);
    fake.hold_next(FakeCall::atomic_write);
    Async<int> left = db.transact(Move{30});
    EXPECT_FALSE(left.is_ready());
    ASSERT_EQ(fake.release(FakeCall::get), 1U);
    while (fake.release(FakeCall::atomic_write) == 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(*std::move(left).wait(), 70);
}

TEST(AsyncTransact, AStopDuringAReadWritesNothing) {
    FakeBackend fake;
    const AsyncDatabase db{AnyBackend(fake)};
    ASSERT_TRUE(db.set("from", "100").wait());
    fake.hold_next(FakeCall::get);
    Async<int> left = db.transact(Move{30});
    left.request_stop();
    EXPECT_EQ(std::move(left).wait().error().code(), ErrorCode::cancelled);
    EXPECT_EQ(text_of(*db.get("from").wait()), "100");
}

TEST(AsyncTransact, AReadThatIsNotAwaitedIsToldAndHarmsNothing) {
    FakeBackend fake;
    const AsyncDatabase db{AnyBackend(fake)};
    std::optional<Async<std::optional<Entry>>> kept;
    fake.hold_next(FakeCall::get);
    const auto answer =
        db.transact([&](AsyncTransaction& tx) -> Result<int> {
              kept.emplace(tx.get("a"));
              EXPECT_EQ(tx.get("b").wait().error().code(), ErrorCode::invalid_argument);
              tx.set("k", "v");
              return 0;
          }).wait();
    EXPECT_EQ(answer.error().code(), ErrorCode::invalid_argument);
    EXPECT_FALSE(*db.get("k").wait());
    fake.release(FakeCall::get);
    EXPECT_TRUE(std::move(*kept).wait());  // after its transaction is gone
}

TEST(AsyncTransact, GivesUpAsTheBlockingOneDoes) {
    const AsyncDatabase db(test::memory_database());
    const auto run = [&](const TransactOptions& options) {
        return db
            .transact(
                [&](AsyncTransaction& tx) -> Async<int> {
                    auto reading = tx.get("k");
                    EXPECT_TRUE((co_await reading).has_value());
                    auto theirs = db.set("k", "theirs");
                    EXPECT_TRUE((co_await theirs).has_value());
                    tx.set("k", "ours");
                    co_return 0;
                },
                options)
            .wait();
    };
    const auto answer = run({.attempts = 3, .backoff = 1ms, .backoff_max = 1ms});
    EXPECT_EQ(answer.error().code(), ErrorCode::conflict);
    EXPECT_THAT(answer.error().to_string(), ::testing::HasSubstr("attempts=3"));
    EXPECT_EQ(run({.attempts = 0}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.transact([](AsyncTransaction& tx) -> Async<void> {
                    auto listing = tx.list(everything());
                    const auto& entries = co_await listing;
                    co_return entries ? Result<void>() : Result<void>(entries.error());
                })
                  .wait()
                  .error()
                  .code(),
              ErrorCode::unsupported);
}

// Interleavings.

/// Holds every call back until the test lets one of them go.
class Steps {
  public:
    template <class T>
    Async<T> later(Runtime& runtime, UniqueFunction<Async<T>()> call) {
        auto promise = std::make_shared<Promise<T>>(runtime, Context());
        Async<T> async = promise->take_async();
        waiting_.emplace_back([promise, call = std::move(call)]() mutable {
            std::move(*promise).complete(call().wait());
        });
        return async;
    }
    bool empty() const { return waiting_.empty(); }
    std::size_t count() const { return waiting_.size(); }
    void run(std::size_t which) {
        UniqueFunction<void()> step = std::move(waiting_[which]);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which));
        step();
    }

  private:
    std::vector<UniqueFunction<void()>> waiting_;
};

class SteppedBackend : public Layer<AnyBackend> {
  public:
    SteppedBackend(std::shared_ptr<Steps> steps, std::shared_ptr<Runtime> runtime, bool snapshots)
        : Layer(AnyBackend(MemoryBackend())),
          steps_(std::move(steps)),
          runtime_(std::move(runtime)),
          snapshots_(snapshots) {}

    Capabilities capabilities() const {
        Capabilities out = inner().capabilities();
        out.snapshots = snapshots_;
        return out;
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return steps_->later<std::optional<Entry>>(
            *runtime_,
            [this, context, key = key.to_string()] { return inner().get(context, key); });
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return steps_->later<SnapshotHandle>(
            *runtime_, [this, context] { return inner().open_snapshot(context); });
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        return steps_->later<ReadOutput>(
            *runtime_, [this, context, options, owned = detail::OwnedRanges(ranges)] {
                return inner().snapshot_read(context, owned.view(), options);
            });
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        // The transactions of this test set plain values under checks.
        struct Owned {
            std::vector<std::string> bytes;
            std::vector<Check> checks;
            std::vector<Mutation> mutations;
        };
        auto owned = std::make_shared<Owned>();
        owned->bytes.reserve(write.checks.size() + 2 * write.mutations.size());
        const auto keep = [&](ByteView view) {
            return ByteView(owned->bytes.emplace_back(view.to_string()));
        };
        for (Check check : write.checks) {
            check.key = keep(check.key);
            owned->checks.push_back(check);
        }
        for (Mutation mutation : write.mutations) {
            mutation.key = keep(mutation.key);
            mutation.data = keep(mutation.data);
            owned->mutations.push_back(mutation);
        }
        return steps_->later<CommitResult>(*runtime_, [this, context, owned] {
            const AtomicWrite copy{owned->checks, owned->mutations, {}};
            return inner().atomic_write(context, copy);
        });
    }

  private:
    std::shared_ptr<Steps> steps_;
    std::shared_ptr<Runtime> runtime_;
    bool snapshots_;
};

constexpr int accounts = 4;
constexpr int start_amount = 10;

/// Moves one unit, or reads all accounts, and says what the accounts that it read hold together.
struct Transfer {
    int from;
    int to;
    std::vector<int>* sums;

    Async<void> operator()(AsyncTransaction& tx) const {
        int amounts[accounts];
        int sum = 0;
        for (int i = 0; i < accounts; ++i) {
            const Key key{"account", i};
            auto reading = tx.get(key);
            const Result<std::optional<Entry>>& entry = co_await reading;
            if (!entry) {
                co_return entry.error();
            }
            amounts[i] = std::stoi((*entry)->value.data().to_string());
            sum += amounts[i];
        }
        if (from == to) {
            sums->push_back(sum);  // by a later attempt too, so the last one counts
            co_return {};
        }
        if (amounts[from] == 0) {
            co_return Error(ErrorCode::out_of_range, "empty");
        }
        const Key source{"account", from};
        const Key target{"account", to};
        tx.set(source, std::to_string(amounts[from] - 1));
        tx.set(target, std::to_string(amounts[to] + 1));
        co_return {};
    }
};

struct Outcome {
    int moved = 0;
    int refused = 0;
    int sum = 0;
};

Outcome run_interleaved(std::uint32_t seed, bool snapshots) {
    std::mt19937 random(seed);
    const auto completions = std::make_shared<test::ManualExecutor>();
    const auto runtime = Runtime::create({.completions = completions});
    const auto steps = std::make_shared<Steps>();
    SteppedBackend backend(steps, runtime, snapshots);
    for (int i = 0; i < accounts; ++i) {
        const std::string key = Key{"account", i}.encoded().to_string();
        const std::string amount = std::to_string(start_amount);
        const Mutation set{MutationKind::set, key, amount};
        (void)backend.inner().atomic_write({}, {.mutations = std::span(&set, 1)}).wait().value();
    }
    const BasicAsyncDatabase<SteppedBackend> db(std::move(backend), runtime);
    std::vector<Async<void>> running;
    std::vector<std::vector<int>> sums(12);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const int from = static_cast<int>(random() % accounts);
        const int to = i % 4 == 0 ? from : static_cast<int>(random() % accounts);
        running.push_back(db.transact(Transfer{from, to, &sums[i]},
                                      {.attempts = 1000, .backoff = 0ms, .backoff_max = 0ms}));
    }
    while (completions->run_all() > 0 || !steps->empty()) {
        if (!steps->empty()) {
            steps->run(random() % steps->count());
        }
    }
    Outcome out;
    for (std::size_t i = 0; i < running.size(); ++i) {
        const Result<void> result = std::move(running[i]).wait();
        out.moved += result && sums[i].empty() ? 1 : 0;
        out.refused += result ? 0 : 1;
        EXPECT_TRUE(result || result.error().code() == ErrorCode::out_of_range);
        EXPECT_TRUE(sums[i].empty() || sums[i].back() == accounts * start_amount)
            << "seed " << seed;
        for (const int sum : sums[i]) {
            EXPECT_TRUE(!snapshots || sum == accounts * start_amount) << "seed " << seed;
        }
    }
    for (int i = 0; i < accounts; ++i) {
        const std::string key = Key{"account", i}.encoded().to_string();
        const auto entry = db.backend().inner().get({}, key).wait();
        out.sum += std::stoi((*entry)->value.data().to_string());
    }
    return out;
}

TEST(AsyncTransact, EveryInterleavingKeepsTheSum) {
    int moved = 0;
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        for (const bool snapshots : {true, false}) {
            const Outcome outcome = run_interleaved(seed, snapshots);
            ASSERT_EQ(outcome.sum, accounts * start_amount)
                << "seed " << seed << ", snapshots " << snapshots;
            moved += outcome.moved;
        }
    }
    EXPECT_GT(moved, 500);
}

}  // namespace
}  // namespace turntable::inline v0::kv
