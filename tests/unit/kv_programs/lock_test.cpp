#include "turntable/kv/lock.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/layer.hpp"

// Named locks with a lease and a token that grows. Kills are in tests/crash.
namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;

/// A database in memory whose time the test moves.
struct Timed {
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    Database db{AnyBackend(MemoryBackend({.runtime = runtime})), runtime};
    Locks locks{db, "locks"};
};

TEST(Lock, OneHoldsItAtATime) {
    Timed timed;
    auto first = timed.locks.try_lock("report");
    ASSERT_TRUE(first && *first);
    EXPECT_TRUE((*first)->is_held());
    EXPECT_FALSE(*timed.locks.try_lock("report"));
    EXPECT_TRUE(*timed.locks.try_lock("other"));
    ASSERT_TRUE((*first)->release());
    EXPECT_FALSE((*first)->is_held());
    EXPECT_EQ((*first)->release().error().code(), ErrorCode::not_found);
    auto second = timed.locks.try_lock("report");
    ASSERT_TRUE(second && *second);
    EXPECT_GT((*second)->token(), (*first)->token());
}

TEST(Lock, EndsWithItsLeaseAndTheTokenGrows) {
    Timed timed;
    Lock old = **timed.locks.try_lock("report", {.lease = 5s});
    timed.clock->advance(4999ms);
    EXPECT_TRUE(old.is_held());
    EXPECT_FALSE(*timed.locks.try_lock("report"));
    timed.clock->advance(1ms);
    EXPECT_FALSE(old.is_held());
    Lock next = **timed.locks.try_lock("report", {.lease = 5s});
    EXPECT_GT(next.token(), old.token());
    // Who lost it can neither keep nor release that of another.
    EXPECT_EQ(old.extend().error().code(), ErrorCode::not_found);
    EXPECT_EQ(old.release().error().code(), ErrorCode::not_found);
    EXPECT_TRUE(next.extend());
    EXPECT_TRUE(next.release());
}

TEST(Lock, ExtendBeginsANewLease) {
    Timed timed;
    Lock lock = **timed.locks.try_lock("report", {.lease = 5s});
    for (int i = 0; i < 5; ++i) {
        timed.clock->advance(4s);
        ASSERT_TRUE(lock.extend());
        EXPECT_TRUE(lock.is_held());
        EXPECT_FALSE(*timed.locks.try_lock("report"));
    }
    timed.clock->advance(5s);
    EXPECT_EQ(lock.extend().error().code(), ErrorCode::not_found);
}

TEST(Lock, WaitsForTheLeaseToEnd) {
    Timed timed;
    const Lock old = **timed.locks.try_lock("report", {.lease = 5s});
    std::jthread time([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            timed.clock->advance(100ms);
            std::this_thread::yield();
        }
    });
    const auto lock = timed.locks.lock("report");
    ASSERT_TRUE(lock) << lock.error().to_string();
    EXPECT_GT(lock->token(), old.token());
}

TEST(Lock, TheWaitEndsByTimeoutStopAndClose) {
    Timed timed;
    const Lock held = **timed.locks.try_lock("report", {.lease = 1h});
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(timed.locks.lock("report", {}, stop.get_token()).error().code(),
              ErrorCode::cancelled);
    EXPECT_EQ(timed.locks.lock("report", {}, 0ms).error().code(), ErrorCode::timeout);
    std::jthread closer([&] { EXPECT_TRUE(timed.db.close()); });
    EXPECT_EQ(timed.locks.lock("report").error().code(), ErrorCode::closed);
}

TEST(Lock, ALeaseMustLast) {
    Timed timed;
    EXPECT_EQ(timed.locks.try_lock("report", {.lease = 0ms}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(timed.locks.lock("report", {.lease = -1ms}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_TRUE((*timed.locks.try_lock("report", {.lease = 1ms}))->is_held());
    EXPECT_EQ(timed.locks.try_lock("\xFF").error().code(), ErrorCode::invalid_argument);
    const auto forever = std::chrono::milliseconds::max();
    EXPECT_TRUE((*timed.locks.try_lock("forever", {.lease = forever}))->is_held());
}

TEST(Lock, AfterACommitOfUnknownFateItIsFreeAgainWhenTheLeaseEnds) {
    Timed timed;
    FakeBackend fake(AnyBackend(MemoryBackend({.runtime = timed.runtime})), timed.runtime);
    const Locks locks(Database(AnyBackend(fake), timed.runtime), "locks");
    fake.lose_next_reply();
    EXPECT_EQ(locks.try_lock("report", {.lease = 5s}).error().code(), ErrorCode::commit_unknown);
    EXPECT_FALSE(*locks.try_lock("report"));
    timed.clock->advance(5s);
    EXPECT_EQ((*locks.try_lock("report"))->token(), 2U);
}

/// Tells of each key what it was when it was read first after a write of its own, as a cache may.
class OldReads : public Layer<AnyBackend> {
  public:
    using Layer::Layer;
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        const auto known = known_->find(key.to_string());
        if (known != known_->end()) {
            return known->second;
        }
        Result<std::optional<Entry>> entry = inner().get(context, key).wait();
        known_->emplace(key.to_string(), *entry);
        return entry;
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        for (const Mutation& mutation : write.mutations) {
            known_->erase(mutation.key.to_string());
        }
        return inner().atomic_write(context, write);
    }

  private:
    std::shared_ptr<std::map<std::string, std::optional<Entry>>> known_ =
        std::make_shared<std::map<std::string, std::optional<Entry>>>();
};

TEST(Lock, ACacheHidesNeitherHoldersNorReleases) {
    const MemoryOptions shared{.name = "locks behind a cache"};
    const Locks here(Database(AnyBackend(MemoryBackend(shared))), "locks");
    const Locks cached(Database(AnyBackend(OldReads(AnyBackend(MemoryBackend(shared))))), "locks");
    for (int i = 0; i < 3; ++i) {
        Lock lock = **here.try_lock("report");
        EXPECT_FALSE(*cached.try_lock("report"));
        ASSERT_TRUE(lock.release());
        auto second = cached.lock("report", {}, 20s);
        ASSERT_TRUE(second) << second.error().to_string();
        EXPECT_GT(second->token(), lock.token());
        ASSERT_TRUE(second->release());
    }
}

/// Does things between the two reads of every try.
class Meddler : public Layer<AnyBackend> {
  public:
    Meddler(AnyBackend inner, std::function<void()> before, std::function<void()> after)
        : Layer(std::move(inner)), before_(std::move(before)), after_(std::move(after)) {}
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        before_();
        return Layer::get(context, key);
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        auto opened = Layer::open_snapshot(context);
        after_();
        return opened;
    }

  private:
    std::function<void()> before_;
    std::function<void()> after_;
};

TEST(Lock, IsNotWaitedForWhenItWasTakenAndLetGoBetweenTwoLooks) {
    const MemoryOptions shared{.name = "a lock that comes and goes"};
    const Locks others(Database(AnyBackend(MemoryBackend(shared))), "locks");
    std::optional<Lock> held = *others.try_lock("report");
    int releases = 0;
    const auto take = [&] {
        if (!held && releases == 1) {
            held = *others.try_lock("report");
        }
    };
    const auto let_go = [&] {
        if (held) {
            EXPECT_TRUE(held->release());
            held.reset();
            ++releases;
        }
    };
    Meddler meddler(AnyBackend(MemoryBackend(shared)), take, let_go);
    const Locks locks(Database(AnyBackend(std::move(meddler))), "locks");
    // Held at each of two tries, and free each time that the watch looks.
    const auto lock = locks.lock("report", {}, 20s);
    ASSERT_TRUE(lock) << lock.error().to_string();
    EXPECT_EQ(releases, 2);
}

class LockOnEngines : public testing::TestWithParam<std::string> {};

TEST_P(LockOnEngines, ThreadsTakeTurns) {
    const test::TempFolder folder;
    const Database db =
        test::open_engine(test::quick_url(GetParam(), folder.path().string())).value();
    const Locks locks(db, "locks");
    int inside = 0;  // protected by the lock alone: the thread sanitizer looks on
    std::uint64_t newest = 0;
    constexpr int threads = 3;
    constexpr int turns = 8;
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i) {
            running.emplace_back([&] {
                for (int turn = 0; turn < turns; ++turn) {
                    auto lock = locks.lock("turn", {.lease = 60s}, 60s);
                    ASSERT_TRUE(lock) << lock.error().to_string();
                    EXPECT_GT(lock->token(), newest);
                    newest = lock->token();
                    ++inside;
                    ASSERT_TRUE(lock->release());
                }
            });
        }
    }
    EXPECT_EQ(inside, threads * turns);
    EXPECT_EQ(newest, static_cast<std::uint64_t>(threads * turns));
}

INSTANTIATE_TEST_SUITE_P(Engines, LockOnEngines, testing::ValuesIn(test::all_engines()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace turntable::inline v0::kv
