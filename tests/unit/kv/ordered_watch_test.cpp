#include <atomic>
#include <functional>
#include <thread>

#include "unit/kv/ordered_store_fixture.hpp"

namespace turntable::test {
namespace {

struct OrderedWatch : StoreTest {
    template <class Store>
    Stream<WatchOutput> watch(Store& store, const std::vector<WatchTarget>& targets) {
        auto stream = store.watch({}, targets);
        EXPECT_TRUE(stream);
        return *std::move(stream);
    }
    static std::string next(Stream<WatchOutput>& stream) {
        return text_of(stream.next(caller_waits).wait());
    }
};

TEST_F(OrderedWatch, BeginsWithTheWholeState) {
    const auto store = open();
    set(*store, "a", "1");
    set(*store, "r2", "2");
    set(*store, "r1", "1");
    set(*store, "s", "1");
    auto stream = watch(*store, {{"a"}, {"none"}, {"r", "s"}});
    EXPECT_EQ(next(stream), "a=1 none- r1=1 r2=2 ");
}

TEST_F(OrderedWatch, TellsWhatChangedAndMergesWhatWasOverwritten) {
    const auto store = open();
    auto stream = watch(*store, {{"a"}, {"b"}, {"r", "s"}});
    EXPECT_EQ(next(stream), "a- b- ");
    set(*store, "a", "1");
    EXPECT_EQ(next(stream), "a=1 ");
    set(*store, "a", "2");
    set(*store, "r1", "1");
    set(*store, "a", "3");
    set(*store, "other", "1");
    EXPECT_EQ(next(stream), "a=3 r1=1 ");
    set(*store, "b", "1");
    remove(*store, "b");
    remove(*store, "r1");
    remove(*store, "a");
    EXPECT_EQ(next(stream), "a- r1- ");
}

TEST_F(OrderedWatch, WakesAPendingNextByAnyKindOfWrite) {
    const auto store = open();
    auto stream = watch(*store, {{"", "\xFF"}});
    EXPECT_EQ(next(stream), "");
    auto pending = stream.next();
    EXPECT_FALSE(pending.is_ready());
    const Mutation suffix{
        .kind = MutationKind::set_suffix_versionstamped_key, .key = "log", .data = "line"};
    const CommitResult logged = write(*store, {.mutations = {&suffix, 1}});
    const std::string log_key = kv::versionstamped_key("log", logged.versionstamp.version());
    EXPECT_EQ(text_of(std::move(pending).wait()), log_key + "=line ");
    pending = stream.next();
    ASSERT_TRUE(store->delete_range(caller_waits, "l", "m").wait());
    EXPECT_EQ(text_of(std::move(pending).wait()), log_key + "- ");
}

TEST_F(OrderedWatch, DoesNotTellTheSameStateTwice) {
    const auto store = open();
    set(*store, "a", "1");
    auto stream = watch(*store, {{"a"}});
    EXPECT_EQ(next(stream), "a=1 ");
    auto pending = stream.next();
    const Mutation nothing{.kind = MutationKind::remove, .key = "b"};
    write(*store, {.mutations = {&nothing, 1}});
    set(*store, "b", "1");
    const Mutation create_and_remove[] = {set_of("c", "1"),
                                          {.kind = MutationKind::remove, .key = "c"}};
    write(*store, {.mutations = create_and_remove});
    set(*store, "a", "1");  // a new versionstamp is a new state
    EXPECT_EQ(text_of(std::move(pending).wait()), "a=1 ");
}

TEST_F(OrderedWatch, IsToldOfExpiryAtItsTimeAndOfItsExtension) {
    const auto store = open();
    set(*store, "a", "1", now_ms() + 100);
    auto stream = watch(*store, {{"a"}, {"", "\xFF"}});
    EXPECT_EQ(next(stream), "a=1 a=1 ");
    const Mutation extend{
        .kind = MutationKind::set_expiry, .key = "a", .expire_at_ms = now_ms() + 500};
    auto pending = stream.next();
    write(*store, {.mutations = {&extend, 1}});
    EXPECT_EQ(text_of(std::move(pending).wait()), "a=1 a=1 ");
    clock->advance(499ms);
    EXPECT_EQ(get(*store, "a"), "1");
    pending = stream.next();
    clock->advance(1ms);
    EXPECT_EQ(text_of(std::move(pending).wait()), "a- a- ");
}

TEST_F(OrderedWatch, IsToldOfExpiryInAReadOnlyStore) {
    set(*open(), "a", "1", now_ms() + 100);
    OrderedStoreOptions read_only = options();
    read_only.read_only = true;
    const auto store = open<MapEngine>(read_only);
    auto stream = watch(*store, {{"a"}});
    EXPECT_EQ(next(stream), "a=1 ");
    auto pending = stream.next();
    clock->advance(100ms);
    EXPECT_EQ(text_of(std::move(pending).wait()), "a- ");
}

TEST_F(OrderedWatch, AStoppedNextLosesNothing) {
    const auto store = open();
    auto stream = watch(*store, {{"a"}});
    EXPECT_EQ(next(stream), "a- ");
    std::stop_source stop;
    auto pending = stream.next({.stop = stop.get_token()});
    stop.request_stop();
    EXPECT_EQ(code_of(std::move(pending)), ErrorCode::cancelled);
    auto late = stream.next({.deadline = clock->steady_now() + 5ms});
    clock->advance(5ms);
    EXPECT_EQ(code_of(std::move(late)), ErrorCode::timeout);
    {
        auto dropped = stream.next();
    }
    set(*store, "a", "1");
    EXPECT_EQ(next(stream), "a=1 ");
}

TEST_F(OrderedWatch, TakesOneNextAtATime) {
    const auto store = open();
    auto stream = watch(*store, {{"a"}});
    EXPECT_EQ(next(stream), "a- ");
    auto pending = stream.next();
    EXPECT_EQ(code_of(stream.next()), ErrorCode::invalid_argument);
    set(*store, "a", "1");
    EXPECT_EQ(text_of(std::move(pending).wait()), "a=1 ");
}

TEST_F(OrderedWatch, EndsWithItsStore) {
    auto store = open();
    auto first = watch(*store, {{"a"}});
    EXPECT_EQ(next(first), "a- ");
    auto pending = first.next();
    auto second = watch(*store, {{"a"}});
    EXPECT_TRUE(store->close({}).wait());
    EXPECT_EQ(text_of(std::move(pending).wait()), "end");
    EXPECT_EQ(next(first), "end");
    EXPECT_EQ(next(second), "end");
    store.reset();
    EXPECT_EQ(next(first), "end");
}

TEST_F(OrderedWatch, OfNoKeyGivesOneEmptyStepAndTheEnd) {
    const auto store = open();
    auto stream = watch(*store, {});
    EXPECT_EQ(next(stream), "");
    EXPECT_EQ(next(stream), "end");
}

TEST_F(OrderedWatch, OfADroppedStreamIsForgotten) {
    const auto store = open();
    {
        auto stream = watch(*store, {{"a"}});
        auto pending = stream.next();
        auto waiting = stream.next();
    }
    set(*store, "a", "1");
    auto stream = watch(*store, {{"a"}});
    EXPECT_EQ(next(stream), "a=1 ");
}

TEST_F(OrderedWatch, SeesCommitsOfOthersWithinTheStatedTime) {
    const auto store = open<MapEngineWithOthers>(options());
    auto stream = watch(*store, {{"a"}, {"r", "s"}});
    EXPECT_EQ(next(stream), "a- ");
    auto pending = stream.next();
    const auto other = open();
    set(*other, "a", "1");
    set(*other, "r1", "1");
    clock->advance(store->capabilities().watch_others_within);
    EXPECT_EQ(text_of(std::move(pending).wait()), "a=1 r1=1 ");
    pending = stream.next();
    remove(*other, "r1");
    clock->advance(store->capabilities().watch_others_within);
    EXPECT_EQ(text_of(std::move(pending).wait()), "r1- ");
}

/// During its first look, once it has looked, others commit and time passes.
class EngineWithALongLook : public MapEngineWithOthers {
  public:
    using MapEngineWithOthers::MapEngineWithOthers;
    Result<bool> changed_by_others() {
        Result<bool> changed = MapEngineWithOthers::changed_by_others();
        if (const auto act = std::exchange(meanwhile, nullptr)) {
            act();
        }
        return changed;
    }
    static inline std::function<void()> meanwhile;
};

TEST_F(OrderedWatch, WhatOthersCommitDuringALookIsTheNextLooks) {
    const auto store = open<EngineWithALongLook>(options());
    auto stream = watch(*store, {{"a", {}}});
    EXPECT_EQ(next(stream), "a- ");
    const auto other = open();
    const auto within = store->capabilities().watch_others_within;
    EngineWithALongLook::meanwhile = [&] {
        set(*other, "a", "1");
        clock->advance(within);
    };
    auto pending = stream.next();
    clock->advance(within);
    EXPECT_EQ(text_of(std::move(pending).wait()), "a=1 ");
}

TEST_F(OrderedWatch, TellsACommitOfOthersTogetherWithAnOwnOneThatComesAfterIt) {
    const auto store = open<MapEngineWithOthers>(options());
    auto stream = watch(*store, {{"r", "s"}});
    EXPECT_EQ(next(stream), "");
    set(*store, "r1", "own");
    EXPECT_EQ(next(stream), "r1=own ");
    const auto other = open();
    const Mutation both[] = {set_of("r1", "other"), set_of("r2", "other")};
    write(*other, {.mutations = both});
    set(*store, "r2", "own");  // the clock stands still: no look at what others did comes between
    EXPECT_EQ(next(stream), "r1=other r2=own ");
    set(*store, "r3", "own");
    EXPECT_EQ(next(stream), "r3=own ");
}

TEST_F(OrderedWatch, ReadsAgainWhenVeryManyKeysChanged) {
    const auto store = open();
    auto stream = watch(*store, {{"", "\xFF"}});
    EXPECT_EQ(next(stream), "");
    std::vector<std::string> keys;
    std::vector<Mutation> mutations;
    for (int i = 0; i < 3000; ++i) {
        keys.push_back("key" + std::to_string(i));
    }
    for (const std::string& key : keys) {
        mutations.push_back(set_of(key, "v"));
    }
    write(*store, {.mutations = mutations});
    const auto step = stream.next().wait();
    ASSERT_TRUE(step && *step);
    EXPECT_EQ((*step)->size(), 3000U);
}

TEST_F(OrderedWatch, NeverTellsAnOlderStateAndAlwaysTheLast) {
    const auto store = open();
    auto stream = watch(*store, {{"n"}});
    EXPECT_EQ(next(stream), "n- ");
    std::thread writer([&] {
        for (int i = 1; i <= 2000; ++i) {
            set(*store, "n", std::to_string(i));
        }
    });
    int last = 0;
    while (last < 2000) {
        const auto step = stream.next().wait();
        ASSERT_TRUE(step && *step);
        const int told = std::stoi((**step)[0].entry->value.data().to_string());
        EXPECT_GT(told, last);
        last = told;
    }
    writer.join();
}

TEST_F(OrderedWatch, TellsACommitInOneStepAlsoOfRanges) {
    const auto store = open();
    auto stream = watch(*store, {{"a", "c"}});
    EXPECT_EQ(next(stream), "");
    std::thread writer([&] {
        for (int i = 1; i <= 1000; ++i) {
            const std::string number = std::to_string(i);
            if (i % 3 == 0) {
                set(*store, "a", "alone");  // its mark may meet the next commit
            }
            const Mutation both[] = {set_of("a", number), set_of("b", number)};
            write(*store, {.mutations = both});
        }
    });
    std::string a;
    std::string b;
    while (b != "1000") {
        const auto step = stream.next().wait();
        ASSERT_TRUE(step && *step);
        for (const kv::WatchChange& change : **step) {
            (change.key.text() == "a" ? a : b) = change.entry->value.data().to_string();
        }
        EXPECT_TRUE(a == b || a == "alone") << a << " and " << b;
    }
    writer.join();
}

TEST_F(OrderedWatch, LosesNoWakeUpAndEndsUnderConcurrentCloses) {
    for (int round = 0; round < 30; ++round) {
        auto store = open();
        std::vector<std::thread> threads;
        std::atomic<int> ready = 0;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&, t] {
                auto stream = watch(*store, {{"a"}, {"", "\xFF"}});
                ++ready;
                while (true) {
                    const auto step = stream.next({.caller_waits = t % 2 == 0}).wait();
                    ASSERT_TRUE(step) << step.error().to_string();
                    if (!*step) {
                        return;
                    }
                }
            });
        }
        while (ready < 3) {
            std::this_thread::yield();
        }
        for (int i = 0; i < 20; ++i) {
            set(*store, "a", std::to_string(i));
        }
        EXPECT_TRUE(store->close({}).wait());
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
}

}  // namespace
}  // namespace turntable::test
