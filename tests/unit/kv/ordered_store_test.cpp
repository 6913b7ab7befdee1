#include "turntable/kv/ordered_store.hpp"

#include <algorithm>
#include <thread>

#include "unit/kv/ordered_store_fixture.hpp"

// Writes, reads, expiry and the end of a store; watches and the queue have files of their own.
namespace turntable::test {
namespace {

using OrderedStore = StoreTest;

TEST_F(OrderedStore, ModelsTheContractOnSixCalls) {
    static_assert(kv::Backend<MapStore> && kv::BackendWithGet<MapStore> &&
                  kv::BackendWithDeleteRange<MapStore> && !kv::BackendWithSnapshots<MapStore>);
    static_assert(kv::BackendWithSnapshots<StoreOn<MapEngineWithOthers>>);
    const auto store = open();
    set(*store, "a", "1");
    EXPECT_EQ(get(*store, "a"), "1");
    EXPECT_FALSE(store->capabilities().snapshots);
    EXPECT_EQ(store->capabilities().watch_others_within, 0ms);
    EXPECT_EQ(open<MapEngineWithOthers>(options())->capabilities().watch_others_within, 100ms);
}

TEST_F(OrderedStore, NeverShowsReservedKeys) {
    const auto store = open();
    set(*store, "a", "1", now_ms() + 1000);
    enqueue(*store, {.payload = "p"});
    EXPECT_GT(file->snapshot()->size(), 3U);
    EXPECT_THAT(list(*store), testing::ElementsAre("a"));
    const ReadRange all{"", "\xFF\xFF", 10};
    EXPECT_EQ(code_of(store->snapshot_read({}, {&all, 1}, {})), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(store->get({}, "\xFFv")), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(write_async(*store, set_of("\xFFv", "x"))), ErrorCode::invalid_argument);
    const auto removed = store->delete_range(caller_waits, "", "\xFF").wait();
    EXPECT_EQ(removed->removed, 1U);
    EXPECT_GT(file->snapshot()->size(), 1U);
}

TEST_F(OrderedStore, VersionsGrowByOneToNineAndNotByFailedChecks) {
    const auto store = open();
    std::uint64_t last = 0;
    for (int i = 0; i < 50; ++i) {
        const std::uint64_t version = write(*store, {}).versionstamp.version();
        EXPECT_GE(version, last + 1);
        EXPECT_LE(version, last + 9);
        last = version;
        const Check check{"absent", Versionstamp::from_version(5)};
        const CommitResult failed = write(*store, {.checks = {&check, 1}});
        EXPECT_FALSE(failed.committed);
        EXPECT_THAT(failed.failed_checks, testing::ElementsAre(0));
    }
    EXPECT_EQ(file->count_commits(), 50U);
}

TEST_F(OrderedStore, GathersWhatWaitsIntoOneCommitWithAResultForEach) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    std::vector<Async<CommitResult>> writes;
    writes.push_back(write_async(*store, set_of("first", "1")));
    barrier.reached();
    for (int i = 0; i < 20; ++i) {
        const std::string key = "key" + std::to_string(10 + i);  // gone when the call returns
        writes.push_back(write_async(*store, set_of(key, key)));
    }
    barrier.open();
    std::uint64_t last = 0;
    for (auto& pending : writes) {
        const auto result = std::move(pending).wait();
        ASSERT_TRUE(result) << result.error().to_string();
        EXPECT_GT(result->versionstamp.version(), last);
        last = result->versionstamp.version();
    }
    EXPECT_EQ(file->count_commits(), 2U);
    EXPECT_EQ(get(*store, "key15"), "key15");
    EXPECT_EQ((*store->get({}, "key29").wait())->versionstamp.version(), last);
}

TEST_F(OrderedStore, WritesThatComeBeforeTheCommitJoinIt) {
    const auto store = open();
    std::vector<Async<CommitResult>> writes;
    file->on_put = [&](ByteView key) {
        if (key == "first" || key == "second") {
            writes.push_back(write_async(*store, set_of(key == "first" ? "second" : "third", "1")));
        }
    };
    ASSERT_TRUE(write_async(*store, set_of("first", "1")).wait());
    ASSERT_EQ(writes.size(), 2U);
    for (auto& joined : writes) {
        ASSERT_TRUE(std::move(joined).wait());
    }
    EXPECT_EQ(stored_keys(), (std::vector<std::string>{"first", "second", "third"}));
    EXPECT_EQ(file->count_commits(), 1U);
}

TEST_F(OrderedStore, ABatchTakesNoMoreThanItsLimit) {
    OrderedStoreOptions limited = options();
    limited.batch_writes_max = 2;
    const auto store = open(limited);
    std::vector<Async<CommitResult>> writes;
    file->on_put = [&](ByteView key) {
        if (key == "0") {
            for (const char* more : {"1", "2", "3", "4"}) {
                writes.push_back(write_async(*store, set_of(more, "x")));
            }
        }
    };
    ASSERT_TRUE(write_async(*store, set_of("0", "x")).wait());
    for (auto& joined : writes) {
        ASSERT_TRUE(std::move(joined).wait());
    }
    EXPECT_EQ(stored_keys().size(), 5U);
    EXPECT_EQ(file->count_commits(), 3U);
}

TEST_F(OrderedStore, LaterWritesOfABatchSeeEarlierOnes) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    auto first = write_async(*store, set_of("x", "1"));
    barrier.reached();
    auto created = write_async(*store, set_of("a", "1"));
    const Check absent{"a"};
    auto refused = store->atomic_write({}, {.checks = {&absent, 1}});
    barrier.open();
    EXPECT_TRUE(std::move(created).wait()->committed);
    EXPECT_FALSE(std::move(refused).wait()->committed);
}

TEST_F(OrderedStore, ABadWriteDoesNotHurtItsNeighboursAndLeavesNothing) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    file->bad_key = "bad";
    const auto store = open();
    auto first = write_async(*store, set_of("x", "text"));
    barrier.reached();
    const Bytes one = kv::Value::u64(1).data();
    const Mutation half_bad[] = {set_of("half", "1"), set_of("bad", "1")};
    const Mutation ill_typed[] = {
        set_of("typed", "1"),
        {.kind = MutationKind::sum, .key = "x", .data = one, .encoding = kv::ValueEncoding::le64}};
    const Check present{"nothing", Versionstamp::from_version(1)};
    const Mutation checked = set_of("checked", "1");
    auto good1 = write_async(*store, set_of("good1", "1"));
    auto engine_fails = store->atomic_write({}, {.mutations = half_bad});
    auto plan_fails = store->atomic_write({}, {.mutations = ill_typed});
    auto check_fails =
        store->atomic_write({}, {.checks = {&present, 1}, .mutations = {&checked, 1}});
    auto good2 = write_async(*store, set_of("good2", "1"));
    barrier.open();
    EXPECT_TRUE(std::move(good1).wait());
    EXPECT_TRUE(std::move(good2).wait());
    const auto failed = std::move(engine_fails).wait();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::no_space);
    EXPECT_THAT(failed.error().to_string(), testing::HasSubstr("atomic_write on map:test"));
    EXPECT_EQ(code_of(std::move(plan_fails)), ErrorCode::type_mismatch);
    EXPECT_FALSE(std::move(check_fails).wait()->committed);
    EXPECT_THAT(list(*store), testing::ElementsAre("good1", "good2", "x"));
}

TEST_F(OrderedStore, ACommitThatFailsIsTriedAgainForEachWriteAlone) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    auto first = write_async(*store, set_of("x", "1"));
    barrier.reached();
    auto second = write_async(*store, set_of("a", "1"));
    auto third = write_async(*store, set_of("b", "1"));
    const Error full(ErrorCode::no_space, "full");
    file->commit_errors = {Error(ErrorCode::io, "of the first"), full, full};
    barrier.open();
    EXPECT_EQ(code_of(std::move(first)), ErrorCode::io);
    EXPECT_EQ(code_of(std::move(second)), ErrorCode::no_space);
    EXPECT_TRUE(std::move(third).wait());
    EXPECT_THAT(list(*store), testing::ElementsAre("b"));
}

TEST_F(OrderedStore, ReportsAnUnknownCommitAndDoesNotRepeatIt) {
    const auto store = open();
    const WatchTarget target{"a"};
    auto stream = store->watch({}, {&target, 1});
    ASSERT_TRUE(stream);
    EXPECT_EQ(text_of(stream->next(caller_waits).wait()), "a- ");
    auto next = stream->next();
    file->commit_errors = {Error(ErrorCode::commit_unknown, "who knows")};
    file->unknown_commits_happen = true;
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "1"))), ErrorCode::commit_unknown);
    EXPECT_EQ(text_of(std::move(next).wait()), "a=1 ");
    EXPECT_EQ(file->count_commits(), 1U);
}

TEST_F(OrderedStore, ABusyEngineFailsAllThatWaitWithoutAskingForEach) {
    file->begin_error = Error(ErrorCode::busy, "locked");
    const auto store = open();
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "1"))), ErrorCode::busy);
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "1"), caller_waits)), ErrorCode::busy);
    EXPECT_EQ(file->writes_begun, 2U);
}

TEST_F(OrderedStore, ABlockingCallerCommitsOnItsOwnThread) {
    std::thread::id committer;
    file->before_commit = [&] { committer = std::this_thread::get_id(); };
    const auto store = open();
    EXPECT_TRUE(write_async(*store, set_of("a", "1"), caller_waits).is_ready());
    EXPECT_EQ(committer, std::this_thread::get_id());
    ASSERT_TRUE(write_async(*store, set_of("a", "2")).wait());
    EXPECT_NE(committer, std::this_thread::get_id());
}

TEST_F(OrderedStore, ABlockingCallerCommitsForThoseWhoCameMeanwhile) {
    const auto store = open();
    std::optional<Async<CommitResult>> meanwhile;
    file->before_commit = [&] {
        if (!meanwhile) {
            meanwhile = write_async(*store, set_of("b", "1"));
        }
    };
    set(*store, "a", "1");
    ASSERT_TRUE(meanwhile->is_ready());
    EXPECT_TRUE(meanwhile->peek());
    EXPECT_EQ(file->count_commits(), 2U);
}

TEST_F(OrderedStore, StoppedBeforeSubmissionMeansNotWritten) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    auto first = write_async(*store, set_of("x", "1"));
    barrier.reached();
    std::stop_source stop;
    auto stopped = write_async(*store, set_of("a", "1"), {.stop = stop.get_token()});
    auto late = write_async(*store, set_of("b", "1"), {.deadline = clock->steady_now() + 10ms});
    {
        auto dropped = write_async(*store, set_of("c", "1"));
    }
    auto kept = write_async(*store, set_of("d", "1"));
    stop.request_stop();
    EXPECT_EQ(code_of(std::move(stopped)), ErrorCode::cancelled);
    clock->advance(20ms);
    EXPECT_EQ(code_of(std::move(late)), ErrorCode::timeout);
    first.request_stop();  // submitted already: its result counts
    barrier.open();
    EXPECT_TRUE(std::move(first).wait());
    EXPECT_TRUE(std::move(kept).wait());
    EXPECT_THAT(list(*store), testing::ElementsAre("d", "x"));
}

TEST_F(OrderedStore, RefusesWhatWasStoppedBeforeTheCall) {
    const auto store = open();
    std::stop_source stop;
    stop.request_stop();
    const Context stopped{.stop = stop.get_token()};
    const Context late{.deadline = clock->steady_now()};
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "1"), stopped)), ErrorCode::cancelled);
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "1"), late)), ErrorCode::timeout);
    EXPECT_EQ(code_of(store->get(stopped, "a")), ErrorCode::cancelled);
    EXPECT_EQ(code_of(store->queue_take(late)), ErrorCode::timeout);
    EXPECT_EQ(file->count_commits(), 0U);
}

TEST_F(OrderedStore, RefusesMoreWritesThanMayWait) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    OrderedStoreOptions few = options();
    few.pending_writes_max = 2;
    const auto store = open<MapEngine>(few);
    auto first = write_async(*store, set_of("x", "1"));
    barrier.reached();
    auto second = write_async(*store, set_of("a", "1"));
    auto third = write_async(*store, set_of("b", "1"));
    EXPECT_EQ(code_of(write_async(*store, set_of("c", "1"))), ErrorCode::busy);
    barrier.open();
    EXPECT_TRUE(std::move(third).wait());
}

TEST_F(OrderedStore, BatchesAreBoundedInCountAndBytes) {
    for (const bool by_count : {true, false}) {
        Barrier barrier;
        file = std::make_shared<MapFile>();
        file->before_commit = [&] { barrier.pass(); };
        OrderedStoreOptions small = options();
        small.batch_writes_max = by_count ? 2 : 1000;
        small.batch_bytes_max = by_count ? 1U << 20U : 2 * (1 + 100);
        const auto store = open<MapEngine>(small);
        std::vector<Async<CommitResult>> writes;
        writes.push_back(write_async(*store, set_of("x", "1")));
        barrier.reached();
        for (const char* key : {"a", "b", "c", "d"}) {
            writes.push_back(write_async(*store, set_of(key, std::string(100, 'v'))));
        }
        barrier.open();
        for (auto& pending : writes) {
            EXPECT_TRUE(std::move(pending).wait());
        }
        EXPECT_EQ(file->count_commits(), 3U);
    }
}

TEST_F(OrderedStore, ReadsInlineWithinBoundsAndOnThePoolBeyond) {
    OrderedStoreOptions bounded = options();
    bounded.inline_rows_max = 10;
    bounded.inline_bytes_max = 100;
    const auto store = open<MapEngine>(bounded);
    set(*store, "a", std::string(60, 'v'));
    set(*store, "b", std::string(60, 'v'));
    const auto read = [&](std::uint32_t limit, const Context& context) {
        const ReadRange range{"a", "c", limit};
        auto async = store->snapshot_read(context, {&range, 1}, {});
        const bool ready = async.is_ready();
        EXPECT_EQ(keys_of(std::move(async).wait()).size(), std::min(limit, 2U));
        return ready;
    };
    EXPECT_TRUE(read(1, {}));
    EXPECT_TRUE(read(11, caller_waits));
    // What goes to the pool may be ready by the time it is looked at; the answer is the same.
    (void)read(2, {});
    (void)read(11, {});
    OrderedStoreOptions pooled = options();
    pooled.reads = kv::ReadMode::on_pool;
    const auto other = open<MapEngine>(pooled);
    EXPECT_TRUE(other->get(caller_waits, "a").is_ready());
    EXPECT_EQ((*other->get({}, "a").wait())->value.data().size(), 60U);
    EXPECT_EQ(list(*other, {}).size(), 2U);
}

TEST_F(OrderedStore, HidesExpiredEntriesAtOnceAndSweepsThemLater) {
    const auto store = open();
    set(*store, "a", "1", now_ms() + 100);
    set(*store, "b", "1", now_ms() + 5000);
    set(*store, "kept", "1", now_ms() + 100);
    set(*store, "kept", "2");
    EXPECT_THAT(list(*store), testing::ElementsAre("a", "b", "kept"));
    clock->advance(99ms);
    EXPECT_EQ(get(*store, "a"), "1");
    clock->advance(1ms);
    EXPECT_EQ(get(*store, "a"), std::nullopt);
    EXPECT_THAT(list(*store), testing::ElementsAre("b", "kept"));
    file->wait_until([](const Map& map) { return !map.contains("a"); });
    EXPECT_THAT(stored_keys(), testing::ElementsAre("b", "kept"));
    clock->advance(10s);
    file->wait_until([](const Map& map) { return !map.contains("b"); });
    // Nothing is left in the index of expiry times either.
    for (const auto& [key, record] : *file->snapshot()) {
        EXPECT_FALSE(
            key.starts_with("\xFF"
                            "e"));
    }
}

TEST_F(OrderedStore, SweepsWhatAnEarlierProcessLeft) {
    set(*open(), "a", "1", now_ms() + 100);
    clock->advance(1s);
    const auto store = open();
    set(*store, "b", "1");  // the first write looks
    file->wait_until([](const Map& map) { return !map.contains("a"); });
}

TEST_F(OrderedStore, SweepsInBoundedBatches) {
    const auto store = open();
    std::vector<std::string> keys;
    std::vector<Mutation> mutations;
    for (int i = 0; i < 2500; ++i) {
        keys.push_back("key" + std::to_string(i));
    }
    for (const std::string& key : keys) {
        mutations.push_back(set_of(key, "v", now_ms() + 10));
    }
    write(*store, {.mutations = mutations});
    clock->advance(10ms);
    file->wait_until([](const Map& map) { return map.size() <= 1; });
    EXPECT_GE(file->count_commits(), 4U);
}

TEST_F(OrderedStore, ReadOnlyRefusesWritesAndReads) {
    set(*open(), "a", "1");
    OrderedStoreOptions read_only = options();
    read_only.read_only = true;
    const auto store = open<MapEngine>(read_only);
    EXPECT_EQ(get(*store, "a"), "1");
    EXPECT_EQ(code_of(write_async(*store, set_of("a", "2"))), ErrorCode::permission_denied);
    EXPECT_EQ(code_of(store->queue_take({})), ErrorCode::permission_denied);
    EXPECT_EQ(code_of(store->delete_range({}, "a", "b")), ErrorCode::permission_denied);
    EXPECT_TRUE(store->capabilities().read_only);
    EXPECT_FALSE(store->capabilities().queue);
}

TEST_F(OrderedStore, RemovesARangeInOneCommit) {
    const auto store = open();
    for (const char* key : {"a", "b", "c", "d"}) {
        set(*store, key, "1");
    }
    set(*store, "bb", "1", now_ms());  // expired: goes, but was not there
    const std::size_t before = file->count_commits();
    const auto removed = store->delete_range({}, "b", "d").wait();
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->removed, 2U);
    EXPECT_GT(removed->versionstamp.version(), 0U);
    EXPECT_THAT(list(*store), testing::ElementsAre("a", "d"));
    EXPECT_LE(file->count_commits(), before + 2);
}

TEST_F(OrderedStore, SnapshotsKeepTheirTimeAsWell) {
    const auto store = open<MapEngineWithOthers>(options());
    set(*store, "a", "1", now_ms() + 100);
    auto snapshot = *store->open_snapshot({}).wait();
    clock->advance(1s);
    remove(*store, "a");
    const ReadRange range{"", "\xFF", 10};
    EXPECT_THAT(keys_of(snapshot->read({}, {&range, 1}).wait()), testing::ElementsAre("a"));
    const ReadRange reserved{"", "\xFF\xFF", 10};
    EXPECT_EQ(code_of(snapshot->read({}, {&reserved, 1})), ErrorCode::invalid_argument);
}

TEST_F(OrderedStore, HealthAsksTheEngine) {
    const auto store = open();
    EXPECT_EQ(store->health({}).wait()->state, Health::State::healthy);
}

TEST_F(OrderedStore, CloseWaitsForWhatIsPendingAndRefusesTheRest) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    auto first = write_async(*store, set_of("a", "1"));
    barrier.reached();
    auto second = write_async(*store, set_of("b", "1"));
    auto closing = store->close({});
    EXPECT_FALSE(closing.is_ready());
    EXPECT_EQ(code_of(write_async(*store, set_of("c", "1"))), ErrorCode::closed);
    EXPECT_EQ(code_of(store->get({}, "a")), ErrorCode::closed);
    EXPECT_EQ(code_of(store->queue_take({})), ErrorCode::closed);
    EXPECT_EQ(store->watch({}, {}).error().code(), ErrorCode::closed);
    EXPECT_EQ(code_of(store->health({})), ErrorCode::closed);
    barrier.open();
    EXPECT_TRUE(std::move(closing).wait());
    EXPECT_TRUE(first.is_ready());
    EXPECT_TRUE(second.is_ready());
    EXPECT_EQ(store->engine(), nullptr);
    EXPECT_TRUE(store->close({}).wait());
    EXPECT_THAT(stored_keys(), testing::ElementsAre("a", "b"));
}

TEST_F(OrderedStore, ACloseThatRunsOutOfTimeGoesOn) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    const auto store = open();
    auto write = write_async(*store, set_of("a", "1"));
    barrier.reached();
    auto closing = store->close({.deadline = clock->steady_now() + 10ms});
    clock->advance(20ms);
    EXPECT_EQ(code_of(std::move(closing)), ErrorCode::timeout);
    barrier.open();
    EXPECT_TRUE(std::move(write).wait());
    EXPECT_TRUE(store->close({}).wait());
}

TEST_F(OrderedStore, DestroyedWithoutCloseCancelsWhatHasNotBegun) {
    Barrier barrier;
    file->before_commit = [&] { barrier.pass(); };
    auto store = open();
    auto first = write_async(*store, set_of("a", "1"));
    barrier.reached();
    auto second = write_async(*store, set_of("b", "1"));
    std::thread opener([&] {
        // The destructor waits for the first write, so another thread lets it pass, and only when
        // the second one is gone.
        EXPECT_EQ(code_of(std::move(second)), ErrorCode::cancelled);
        barrier.open();
    });
    store.reset();
    opener.join();
    EXPECT_TRUE(std::move(first).wait());
    EXPECT_THAT(stored_keys(), testing::ElementsAre("a"));
}

TEST_F(OrderedStore, LosesNothingUnderConcurrentWritersReadersAndAClose) {
    auto store = open();
    const Bytes one = kv::Value::u64(1).data();
    std::atomic<std::uint64_t> acknowledged = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            const Context context{.caller_waits = t % 2 == 0};
            while (true) {
                const Mutation sum{.kind = MutationKind::sum,
                                   .key = "n",
                                   .data = one,
                                   .encoding = kv::ValueEncoding::le64};
                const auto result = write_async(*store, sum, context).wait();
                if (!result) {
                    EXPECT_EQ(result.error().code(), ErrorCode::closed);
                    return;
                }
                const std::uint64_t so_far = ++acknowledged;
                const auto read = store->get(context, "n").wait();
                if (read) {
                    EXPECT_GE(*(*read)->value.as_u64(), so_far > 4 ? so_far - 4 : 0);
                }
                if (so_far == 2000) {
                    EXPECT_TRUE(store->close({}).wait());
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    store.reset();
    const auto number = file->snapshot()->at("n");
    EXPECT_EQ(kv::Value(number.data, number.encoding).as_u64().value(), acknowledged.load());
}

}  // namespace
}  // namespace turntable::test
