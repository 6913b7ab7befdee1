#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <random>
#include <stdexcept>
#include <string>

#include "support/map_backend.hpp"
#include "support/memory_database.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/memory.hpp"

// transact: reads that become checks, own writes that are seen, attempts that end.
namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr TransactOptions at_once{.attempts = 5, .backoff = 0ms, .backoff_max = 0ms};

using test::memory_database;

std::string text_of(const std::optional<Entry>& entry) {
    return entry ? entry->value.data().to_string() : "absent";
}

TEST(Transact, CommitsWhatItWroteAndGivesTheAnswer) {
    const Database db = memory_database();
    ASSERT_TRUE(db.set("from", "100") && db.set("to", "0"));
    const Result<int> answer = db.transact([](Transaction& tx) -> Result<int> {
        TURNTABLE_TRY(const auto from, tx.get("from"));
        TURNTABLE_TRY(const auto to, tx.get("to"));
        EXPECT_EQ(text_of(from) + text_of(to), "1000");
        tx.set("from", "70").set("to", "30");
        return 7;
    });
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(*answer, 7);
    EXPECT_EQ(text_of(*db.get("from")) + " " + text_of(*db.get("to")), "70 30");
    EXPECT_EQ((*db.get("from"))->versionstamp, (*db.get("to"))->versionstamp);
}

/// Does the verb of this number; the same on a transaction and on an atomic write.
template <class Writer>
void do_verb(unsigned verb, const std::string& key, Writer& writer) {
    switch (verb % 8) {
        case 0:
            writer.set(key, "text" + std::to_string(verb));
            break;
        case 1:
            writer.set(key, Value::u64(verb));
            break;
        case 2:
            writer.set(key, Value::u64(verb), {.expire_in = verb % 16 < 8 ? 0ms : 1h});
            break;
        case 3:
            writer.remove(key);
            break;
        case 4:
            writer.sum(key, verb);
            break;
        case 5:
            writer.min(key, verb);
            break;
        case 6:
            writer.max(key, verb);
            break;
        default:
            writer.set_expiry(key, verb % 16 < 8 ? 0ms : 1h);
            break;
    }
}

TEST(Transact, ShowsItsOwnWritesAsTheCommitWillMakeThem) {
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        const Database ours = memory_database();
        const Database theirs = memory_database();
        if (round % 3 != 0) {
            ASSERT_TRUE(ours.set("k1", Value::u64(5)) && theirs.set("k1", Value::u64(5)));
        }
        const unsigned verbs = random() % 14;
        auto atomic = theirs.atomic();
        std::string seen;
        const Result<int> done = ours.transact([&](Transaction& tx) -> Result<int> {
            if (round % 2 == 0) {
                TURNTABLE_CHECK(tx.get("k1"));
            }
            for (unsigned i = 0; i < verbs; ++i) {
                const unsigned verb = random() % 1000;
                const std::string key = "k" + std::to_string(random() % 3);
                do_verb(verb, key, tx);
                do_verb(verb, key, atomic);
            }
            for (const std::string key : {"k0", "k1", "k2"}) {
                const auto entry = tx.get(key);
                seen += entry ? text_of(*entry) : std::string(to_string(entry.error().code()));
                seen += ' ';
            }
            return 0;
        });
        const auto committed = atomic.commit();
        ASSERT_EQ(done.has_value(), committed.has_value()) << round;
        if (!committed) {
            EXPECT_EQ(done.error().code(), committed.error().code());
            continue;
        }
        std::string made;
        for (const std::string key : {"k0", "k1", "k2"}) {
            made += text_of(*theirs.get(key)) + ' ';
        }
        ASSERT_EQ(seen, made) << round;
    }
}

TEST(Transact, AnOwnWriteHasNoVersionstampYet) {
    const Database db = memory_database();
    ASSERT_TRUE(db.transact([](Transaction& tx) -> Result<int> {
        tx.set("k", "v");
        TURNTABLE_TRY(const auto entry, tx.get("k"));
        EXPECT_EQ(entry->versionstamp, Versionstamp());
        return 0;
    }));
}

TEST(Transact, RunsAgainWhenAnotherWriterWasFaster) {
    const Database db = memory_database();
    const Result<std::uint32_t> attempts =
        db.transact([&](Transaction& tx) -> Result<std::uint32_t> {
            TURNTABLE_TRY(const auto entry, tx.get("k"));
            if (tx.attempt() < 3) {
                EXPECT_TRUE(db.set("k", std::to_string(tx.attempt())));
            }
            tx.set("k", text_of(entry) + "+");
            return tx.attempt();
        });
    ASSERT_TRUE(attempts) << attempts.error().to_string();
    EXPECT_EQ(*attempts, 3U);
    EXPECT_EQ(text_of(*db.get("k")), "2+");
}

TEST(Transact, AnAbsentEntryThatWasReadIsACheckToo) {
    const Database db = memory_database();
    ASSERT_TRUE(db.transact([&](Transaction& tx) -> Result<int> {
        TURNTABLE_TRY(const auto entry, tx.get("k"));
        if (tx.attempt() == 1) {
            EXPECT_FALSE(entry);
            EXPECT_TRUE(db.set("k", "theirs"));
        }
        tx.set("copy", text_of(entry));
        return 0;
    }));
    EXPECT_EQ(text_of(*db.get("copy")), "theirs");
}

TEST(Transact, AWriteWithoutAReadIsNoCheck) {
    const Database db = memory_database();
    const auto attempts = db.transact([&](Transaction& tx) -> Result<std::uint32_t> {
        EXPECT_TRUE(db.set("k", "theirs"));
        tx.set("k", "ours");
        TURNTABLE_CHECK(tx.get("k"));  // of its own write
        return tx.attempt();
    });
    EXPECT_EQ(*attempts, 1U);
    EXPECT_EQ(text_of(*db.get("k")), "ours");
}

TEST(Transact, AllReadsAreOfOneState) {
    const Database db = memory_database();
    ASSERT_TRUE(db.atomic().set("a", "1").set("b", "1").set("c", "1").commit());
    std::string seen;
    ASSERT_TRUE(db.transact([&](Transaction& tx) -> Result<int> {
        TURNTABLE_TRY(const auto a, tx.get("a"));
        if (tx.attempt() == 1) {
            EXPECT_TRUE(db.atomic().set("a", "2").set("b", "2").set("c", "2").commit());
        }
        const auto b = tx.get("b");
        if (tx.attempt() == 1) {
            // The second read would be of a newer state.
            EXPECT_EQ(b.error().code(), ErrorCode::conflict);
            EXPECT_EQ(tx.get("c").error().code(), ErrorCode::conflict);
            return 0;  // the closure does not care, transact does
        }
        EXPECT_TRUE(db.set("c", "3"));
        TURNTABLE_TRY(const auto c, tx.get("c"));
        TURNTABLE_TRY(const auto again, tx.get("a"));
        seen = text_of(a) + text_of(*b) + text_of(c) + text_of(again);
        return 0;
    }));
    EXPECT_EQ(seen, "2222");
}

TEST(Transact, OnlyReadingCommitsNothing) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    ASSERT_TRUE(db.set("a", "1"));
    ASSERT_TRUE(db.transact([](Transaction& tx) -> Result<int> {
        TURNTABLE_CHECK(tx.get("a"));
        TURNTABLE_CHECK(tx.get("b"));
        return 0;
    }));
    ASSERT_TRUE(db.transact([](Transaction&) -> Result<void> { return {}; }));
    EXPECT_EQ(fake.count(FakeCall::atomic_write), 1U);
}

TEST(Transact, AnErrorOfTheClosureWritesNothing) {
    const Database db = memory_database();
    int calls = 0;
    const auto answer = db.transact([&](Transaction& tx) -> Result<int> {
        ++calls;
        tx.set("k", "v");
        return Error(ErrorCode::busy, "mine");  // temporary, but not of a read
    });
    EXPECT_EQ(answer.error().message(), "mine");
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(*db.get("k"));
}

TEST(Transact, AnExceptionOfTheClosureReachesTheCallerAndWritesNothing) {
    const Database db = memory_database();
    const auto run = [&] {
        return db.transact([](Transaction& tx) -> Result<int> {
            TURNTABLE_CHECK(tx.get("a"));
            TURNTABLE_CHECK(tx.get("b"));  // with a snapshot open
            tx.set("k", "v");
            throw std::runtime_error("mine");
        });
    };
    EXPECT_THROW((void)run(), std::runtime_error);
    EXPECT_FALSE(*db.get("k"));
    EXPECT_TRUE(db.set("k", "after"));
    EXPECT_TRUE(db.close());
}

TEST(Transact, GivesUpAfterItsAttemptsAndSaysSo) {
    const Database db = memory_database();
    std::uint32_t calls = 0;
    const auto answer = db.transact(
        [&](Transaction& tx) -> Result<int> {
            ++calls;
            TURNTABLE_CHECK(tx.get({"users", 42}));
            EXPECT_TRUE(db.set({"users", 42}, std::to_string(calls)));
            tx.set("k", "v");
            return 0;
        },
        at_once);
    ASSERT_FALSE(answer);
    EXPECT_EQ(calls, 5U);
    const Error& error = answer.error();
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_EQ(error.retry(), Retry::exhausted);
    EXPECT_EQ(error.operation(), "transact");
    EXPECT_THAT(error.to_string(), HasSubstr("attempts=5"));
    ASSERT_NE(error.cause(), nullptr);
    EXPECT_THAT(error.cause()->to_string(), HasSubstr("key=users/42n"));
    EXPECT_FALSE(*db.get("k"));
}

TEST(Transact, OneAttemptIsTheLeast) {
    const Database db = memory_database();
    const auto body = [&](Transaction& tx) -> Result<int> {
        TURNTABLE_CHECK(tx.get("k"));
        tx.set("k", "v");
        return 1;
    };
    EXPECT_TRUE(db.transact(body, {.attempts = 1}));
    EXPECT_EQ(db.transact(body, {.attempts = 0}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.transact(body, {.backoff = -1ms}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.transact(body, {.backoff_max = -1ms}).error().code(), ErrorCode::invalid_argument);
}

TEST(Transact, TheTimeoutEndsTheAttempts) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock, .random = Random::seeded(1)});
    const Database db(AnyBackend(MemoryBackend({.runtime = runtime})), runtime);
    std::uint32_t calls = 0;
    const auto conflict_after = [&](std::chrono::milliseconds work,
                                    const TransactOptions& options) {
        calls = 0;
        return db
            .transact(
                [&](Transaction& tx) -> Result<int> {
                    ++calls;
                    clock->advance(work);
                    TURNTABLE_CHECK(tx.get("k"));
                    EXPECT_TRUE(db.set("k", std::to_string(calls)));
                    tx.set("k", "v");
                    return 0;
                },
                options, 35ms)
            .error();
    };
    const Error late = conflict_after(10ms, {.attempts = 1000, .backoff = 0ms, .backoff_max = 0ms});
    EXPECT_EQ(late.code(), ErrorCode::timeout);
    EXPECT_THAT(late.to_string(), HasSubstr("attempts=4"));
    // It does not begin to wait when the timeout would pass meanwhile.
    const Error soon = conflict_after(0ms, {.backoff = 1h, .backoff_max = 1h});
    EXPECT_EQ(soon.code(), ErrorCode::conflict);
    EXPECT_THAT(soon.to_string(), HasSubstr("attempts=1"));
    EXPECT_EQ(calls, 1U);
}

TEST(Transact, ACommitOfUnknownFateIsNeverRepeated) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    fake.lose_next_reply();
    int calls = 0;
    const auto answer = db.transact([&](Transaction& tx) -> Result<int> {
        ++calls;
        tx.sum("count", 1);
        return 0;
    });
    EXPECT_EQ(answer.error().code(), ErrorCode::commit_unknown);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(*(*db.get("count"))->value.as_u64(), 1U);
    // Not even one that a backend calls temporary.
    fake.fail_next(FakeCall::atomic_write,
                   Error(ErrorCode::commit_unknown, "lost").with_retry(Retry::temporary));
    EXPECT_FALSE(db.transact([&](Transaction& tx) -> Result<int> {
        ++calls;
        tx.sum("count", 1);
        return 0;
    }));
    EXPECT_EQ(calls, 2);
}

TEST(Transact, FailuresThatMayPassAreTriedAgain) {
    struct Row {
        FakeCall call;
        ErrorCode code;
        int calls;
    };
    const Row rows[] = {
        {FakeCall::get, ErrorCode::busy, 2},  // the second attempt opens a snapshot at once
        {FakeCall::open_snapshot, ErrorCode::busy, 3},
        {FakeCall::atomic_write, ErrorCode::busy, 3},
        {FakeCall::atomic_write, ErrorCode::conflict, 3},
        {FakeCall::get, ErrorCode::io, 1},
        {FakeCall::open_snapshot, ErrorCode::corrupt, 1},
        {FakeCall::atomic_write, ErrorCode::no_space, 1},
    };
    for (const Row& row : rows) {
        FakeBackend fake;
        const Database db{AnyBackend(fake)};
        fake.fail_next(row.call, Error(row.code, "scripted"), 2);
        int calls = 0;
        const auto answer = db.transact(
            [&](Transaction& tx) -> Result<int> {
                ++calls;
                TURNTABLE_CHECK(tx.get("a"));
                TURNTABLE_CHECK(tx.get("b"));
                tx.set("a", "v");
                return 0;
            },
            at_once);
        EXPECT_EQ(answer.has_value(), row.calls > 1) << to_string(row.code);
        EXPECT_EQ(calls, row.calls) << to_string(row.code);
    }
}

TEST(Transact, AFailureThatDoesNotPassIsToldAsItIs) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    fake.fail_next(FakeCall::get, Error(ErrorCode::busy, "locked"), 100);
    fake.fail_next(FakeCall::open_snapshot, Error(ErrorCode::busy, "locked"), 100);
    const auto answer = db.transact(
        [&](Transaction& tx) -> Result<int> {
            TURNTABLE_CHECK(tx.get("a"));
            return 0;
        },
        at_once);
    EXPECT_EQ(answer.error().code(), ErrorCode::busy);
    EXPECT_EQ(answer.error().retry(), Retry::exhausted);
    EXPECT_THAT(answer.error().to_string(), HasSubstr("attempts=5"));
}

TEST(Transact, AReadThatFailedIsNoCheckWhenTheClosureGoesOn) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    fake.fail_next(FakeCall::get, Error(ErrorCode::busy, "locked"));
    const auto attempts = db.transact([&](Transaction& tx) -> Result<std::uint32_t> {
        tx.set("k", tx.get("a") ? "read" : "not read");
        return tx.attempt();
    });
    EXPECT_EQ(*attempts, 1U);
    EXPECT_EQ(text_of(*db.get("k")), "not read");
}

TEST(Transact, WithoutSnapshotsReadsOfTwoStatesAreNeverTold) {
    const BasicDatabase<test::MapBackend> db{test::MapBackend()};
    ASSERT_TRUE(db.atomic().set("a", "1").set("b", "1").commit());
    const auto read_both = [&](bool write, bool fail) {
        return db.transact(
            [&](Transaction& tx) -> Result<std::string> {
                TURNTABLE_TRY(const auto a, tx.get("a"));
                if (tx.attempt() == 1) {
                    const std::string next = text_of(a) + "+";
                    EXPECT_TRUE(db.atomic().set("a", next).set("b", next).commit());
                }
                TURNTABLE_TRY(const auto b, tx.get("b"));
                if (write) {
                    tx.set("seen", text_of(a) + text_of(b));
                }
                if (fail) {
                    return Error(ErrorCode::out_of_range, text_of(a) + text_of(b));
                }
                return text_of(a) + text_of(b);
            },
            at_once);
    };
    EXPECT_EQ(*read_both(false, false), "1+1+");
    EXPECT_EQ(*read_both(true, false), "1++1++");
    EXPECT_EQ(read_both(false, true).error().message(), "1+++1+++");
}

/// Answers point reads of one key with an old entry, as a cache may.
class OldReads : public Layer<AnyBackend> {
  public:
    OldReads(AnyBackend inner, bool snapshots) : Layer(std::move(inner)), snapshots_(snapshots) {}
    Capabilities capabilities() const {
        Capabilities out = inner().capabilities();
        out.snapshots = snapshots_;
        return out;
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return key == Key("cached").encoded() ? Async<std::optional<Entry>>(std::optional<Entry>())
                                              : inner().get(context, key);
    }

  private:
    bool snapshots_;
};

TEST(Transact, ALaterAttemptReadsPastACache) {
    for (const bool snapshots : {true, false}) {
        for (const bool read_more : {true, false}) {
            const BasicDatabase<OldReads> db{OldReads(AnyBackend(MemoryBackend()), snapshots)};
            ASSERT_TRUE(db.set("cached", "new") && db.set("k", "v"));
            const auto seen = db.transact([&](Transaction& tx) -> Result<std::string> {
                TURNTABLE_TRY(const auto entry, tx.get("cached"));
                if (read_more) {
                    TURNTABLE_CHECK(tx.get("k"));
                }
                tx.set("seen", text_of(entry));
                return text_of(entry) + std::to_string(tx.attempt());
            });
            ASSERT_TRUE(seen) << seen.error().to_string();
            EXPECT_EQ(*seen, "new2");
        }
    }
}

TEST(Transact, WithoutSnapshotsReadingManyKeysHasALimit) {
    FakeBackend fake;
    Capabilities capabilities = fake.capabilities();
    capabilities.snapshots = false;
    capabilities.limits.ranges = 3;
    fake.set_capabilities(capabilities);
    const Database db{AnyBackend(fake)};
    const auto read = [&](int keys, bool write) {
        return db.transact([&](Transaction& tx) -> Result<int> {
            for (int i = 0; i < keys; ++i) {
                TURNTABLE_CHECK(tx.get({"k", i}));
            }
            if (write) {
                tx.set("k", "v");
            }
            return keys;
        });
    };
    EXPECT_TRUE(read(2, false));
    EXPECT_TRUE(read(3, false));
    EXPECT_EQ(read(4, false).error().code(), ErrorCode::limit_exceeded);
    EXPECT_TRUE(read(4, true));
}

TEST(Transact, AListInsideIsRefusedWithWhatToDoInstead) {
    const Database db = memory_database();
    const auto answer = db.transact([](Transaction& tx) -> Result<std::size_t> {
        TURNTABLE_TRY(const auto entries, tx.list(prefix("users")));
        return entries.size();
    });
    EXPECT_EQ(answer.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(answer.error().message(), HasSubstr("range_checks"));
    EXPECT_THAT(answer.error().message(), HasSubstr("get"));
}

TEST(Transact, WrongArgumentsAreTold) {
    const Database db = memory_database();
    const auto code = [&](auto body) {
        return db
            .transact([&](Transaction& tx) -> Result<int> {
                body(tx);
                return 0;
            })
            .error()
            .code();
    };
    EXPECT_EQ(code([](Transaction& tx) { tx.set(Key(), "v"); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code([](Transaction& tx) { tx.set("k", "v", {.expire_in = -1ms}); }),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code([](Transaction& tx) { tx.set("k", "v").sum("k", 1); }),
              ErrorCode::type_mismatch);
    const auto read = db.transact([](Transaction& tx) -> Result<int> {
        TURNTABLE_CHECK(tx.get(Key()));
        return 0;
    });
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
}

TEST(Transact, MessagesAndExpiryArePartOfIt) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    const Database db(AnyBackend(MemoryBackend({.runtime = runtime})), runtime);
    const auto order = [&](bool fail) {
        return db.transact([&](Transaction& tx) -> Result<void> {
            tx.set("order", "1", {.expire_in = 10s}).enqueue("mail");
            if (fail) {
                return Error(ErrorCode::out_of_range, "no");
            }
            return {};
        });
    };
    EXPECT_FALSE(order(true));
    ASSERT_TRUE(order(false));
    auto message = db.receive();
    EXPECT_EQ(*message->value().as_text(), "mail");
    ASSERT_TRUE(message->finish());
    EXPECT_TRUE(*db.get("order"));
    clock->advance(10s);
    EXPECT_FALSE(*db.get("order"));
}

TEST(Transact, WhereBlockingIsForbiddenTheReadThatWouldBlockIsTold) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    const LibraryThreadScope library_thread;
    const auto run = [&] {
        return db.transact([](Transaction& tx) -> Result<int> {
            TURNTABLE_CHECK(tx.get("k"));
            tx.set("k", "v");
            return 1;
        });
    };
    EXPECT_TRUE(run());  // all is ready, nothing blocks
    fake.hold_next(FakeCall::get);
    EXPECT_EQ(run().error().code(), ErrorCode::would_deadlock);
    fake.release(FakeCall::get);
    EXPECT_TRUE(run());
}

TEST(Transact, ManyKeysAreFoundAgain) {
    const Database db = memory_database();
    for (int i = 0; i < 100; i += 2) {
        ASSERT_TRUE(db.set({"k", i}, std::to_string(i)));
    }
    ASSERT_TRUE(db.transact([](Transaction& tx) -> Result<int> {
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 100; ++i) {
                TURNTABLE_TRY(const auto entry, tx.get({"k", i}));
                EXPECT_EQ(text_of(entry), round == 1   ? "new " + std::to_string(i)
                                          : i % 2 == 0 ? std::to_string(i)
                                                       : "absent");
                tx.set({"k", i}, "new " + std::to_string(i));
            }
        }
        return 0;
    }));
    EXPECT_EQ(*db.count(prefix("k")), 100U);
    EXPECT_EQ(text_of(*db.get({"k", 99})), "new 99");
}

TEST(Transact, ReadsEachKeyOnce) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    ASSERT_TRUE(db.transact([](Transaction& tx) -> Result<int> {
        for (int i = 0; i < 3; ++i) {
            TURNTABLE_CHECK(tx.get("k"));
        }
        tx.set("k", "v");
        return 0;
    }));
    EXPECT_EQ(fake.count(FakeCall::get), 1U);
    EXPECT_EQ(fake.count(FakeCall::open_snapshot), 0U);
}

/// Returns when every timer that is due has run.
void let_timers_run(Runtime& runtime) {
    std::promise<void> done;
    runtime.timers().call_at(runtime.clock().steady_now(), [&] { done.set_value(); });
    done.get_future().wait();
}

TEST(Transact, WaitsARandomTimeWithinABoundThatDoubles) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock, .random = Random::seeded(1)});
    const auto same = Random::seeded(1);
    const detail::HandleCore handle{runtime, "test:"};
    const Error why(ErrorCode::conflict, "theirs");
    const std::chrono::nanoseconds bounds[] = {4ms, 8ms, 16ms, 20ms, 20ms};
    for (int round = 0; round < 10; ++round) {
        detail::TransactLoop loop(handle, {.attempts = 6, .backoff = 4ms, .backoff_max = 20ms}, {});
        for (const std::chrono::nanoseconds bound : bounds) {
            const std::chrono::nanoseconds wait(
                same->between(0, static_cast<std::uint64_t>(bound.count())));
            Async<void> pause = loop.pause(why);
            clock->advance(std::chrono::floor<std::chrono::milliseconds>(wait));
            let_timers_run(*runtime);
            ASSERT_FALSE(pause.is_ready());
            clock->advance(1ms);
            let_timers_run(*runtime);
            ASSERT_TRUE(pause.is_ready() && pause.peek());
        }
        EXPECT_EQ(loop.pause(why).wait().error().code(), ErrorCode::conflict);
    }
}

TEST(Transact, AStopEndsTheWait) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    const detail::HandleCore handle{runtime, "test:"};
    std::stop_source stop;
    detail::TransactLoop loop(handle, {.backoff = 1h, .backoff_max = 1h}, {stop.get_token()});
    Async<void> pause = loop.pause(Error(ErrorCode::conflict, "theirs"));
    stop.request_stop();
    EXPECT_EQ(std::move(pause).wait().error().code(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace turntable::inline v0::kv
