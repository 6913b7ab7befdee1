// Calls fail and are made again, and of one write in ten the reply is lost: its caller is told
// commit_unknown, and it may have been made. What programs are made of keeps its promises all the
// same.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "crash/bank.hpp"
#include "crash/collection_record.hpp"
#include "support/collection_check.hpp"
#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/id_sequence.hpp"
#include "turntable/kv/lock.hpp"
#include "turntable/kv/map.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::test {
namespace {

using namespace std::chrono_literals;

Result<void> without_value(const auto& result) {
    return result ? Result<void>() : Result<void>(result.error());
}

/// A database on each engine, and a second handle on it whose replies get lost.
class LostReplies : public testing::TestWithParam<std::string> {
  protected:
    kv::Database open(std::vector<std::string> layers, const std::string& name = "db",
                      std::shared_ptr<Runtime> runtime = Runtime::shared()) const {
        return open_engine(quick_url(GetParam(), folder_.path().string(), name),
                           {.runtime = std::move(runtime), .layers = std::move(layers)})
            .value();
    }
    static std::vector<std::string> losses() { return chaos_layers("21&lost_replies=0.1"); }
    /// The only error that may come through.
    void note(const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::commit_unknown) << error.to_string();
        ++unknown_;
    }

    TempFolder folder_;
    kv::Database db_ = open({});
    kv::Database lossy_ = open(losses());
    std::atomic<int> unknown_{0};
};

TEST_P(LostReplies, MoneyIsMovedOnceOrNotAndTheSumHolds) {
    constexpr int tellers = 3;
    constexpr int moves = 60;
    ASSERT_TRUE(open_bank(db_));
    std::array<std::atomic<std::uint64_t>, tellers> told{};
    std::array<std::atomic<std::uint64_t>, tellers> lost{};
    {
        std::vector<std::jthread> threads;
        for (int teller = 0; teller < tellers; ++teller) {
            threads.emplace_back([&, teller] {
                std::mt19937_64 random(static_cast<std::uint64_t>(teller));
                const auto own = static_cast<std::size_t>(teller);
                for (int i = 0; i < moves; ++i) {
                    const auto moved = move_money(lossy_, teller, random);
                    ++(moved ? told : lost)[own];
                    if (!moved) {
                        note(moved.error());
                    }
                }
            });
        }
        for (int i = 0; i < moves; ++i) {
            EXPECT_EQ(*money_in_bank(lossy_), bank_money);
        }
    }
    EXPECT_EQ(*money_in_bank(db_), bank_money);
    for (int teller = 0; teller < tellers; ++teller) {
        const auto own = static_cast<std::size_t>(teller);
        const auto entry = db_.get(bank_teller(teller)).value();
        ASSERT_TRUE(entry);
        EXPECT_GE(*entry->value.as_u64(), told[own]) << "an acknowledged move is lost";
        EXPECT_LE(*entry->value.as_u64(), told[own] + lost[own]) << "a move was made twice";
    }
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, IdsNeverRepeat) {
    std::mutex mutex;
    std::set<std::uint64_t> seen;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
                const kv::IdSequence ids(lossy_, "ids", {.block = 2});
                std::uint64_t last = 0;
                for (int taken = 0; taken < 100; ++taken) {
                    const auto id = ids.next();
                    if (!id) {
                        if (id.error().code() != ErrorCode::conflict) {
                            note(id.error());
                        }
                        continue;
                    }
                    EXPECT_GT(*id, last);
                    last = *id;
                    const std::scoped_lock guard(mutex);
                    EXPECT_TRUE(seen.insert(*id).second) << *id << " was given twice";
                }
            });
        }
    }
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, ALockIsHeldByOneAndItsTokensGrow) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    const kv::Locks others(open({}, "locked", runtime), "locks");
    const kv::Locks locks(open(losses(), "locked", runtime), "locks");
    std::uint64_t last = 0;
    for (int round = 0; round < 100; ++round) {
        auto lock = locks.try_lock("name", {.lease = 1s});
        if (!lock) {
            note(lock.error());
            clock->advance(1s);  // it may be held until then
            continue;
        }
        ASSERT_TRUE(*lock) << "the lease of whoever held it has ended";
        EXPECT_GT((*lock)->token(), last);
        last = (*lock)->token();
        EXPECT_FALSE(*others.try_lock("name"));
        if (const auto released = (*lock)->release(); !released) {
            note(released.error());
            clock->advance(1s);
        }
    }
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, BatchesOfAMapAreWholeOrAbsent) {
    const kv::Map<std::tuple<int, int>, std::string> map(lossy_, "map");
    std::set<int> told;
    for (int number = 0; number < 100; ++number) {
        auto batch = map.batch();
        for (int entry = 0; entry < 10; ++entry) {
            batch.insert({number, entry}, std::to_string(number * entry));
        }
        const auto done = batch.commit();
        if (done) {
            told.insert(number);
        } else {
            note(done.error());
        }
    }
    std::map<int, int> found;
    for (auto& entry : map.all()) {
        ASSERT_TRUE(entry) << entry.error().to_string();
        const auto [number, which] = entry->key;
        EXPECT_EQ(entry->value, std::to_string(number * which));
        ++found[number];
    }
    for (int number = 0; number < 100; ++number) {
        EXPECT_TRUE(found[number] == 10 || (found[number] == 0 && !told.contains(number)))
            << "batch " << number << " has " << found[number] << " entries";
    }
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, IndexesAgreeWithTheRecordsOfACollection) {
    const auto shelves = kv::Collection<Shelf>::open(db_).value();
    ASSERT_TRUE(kv::Collection<Book>::open(db_));
    const auto books = kv::Collection<Book>::open(lossy_).value();
    for (int id = 0; id < 4; ++id) {
        ASSERT_TRUE(shelves.insert({id}));
    }
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        const auto id = static_cast<std::int32_t>(random() % 30);
        const auto shelf = static_cast<std::int32_t>(random() % 4);
        const Book book{id, "title" + std::to_string(random() % 40), shelf, i};
        const Result<void> done =
            random() % 5 == 0 ? without_value(books.remove(id)) : without_value(books.put(book));
        if (!done && done.error().code() != ErrorCode::already_exists) {
            note(done.error());
        }
    }
    expect_indexes_agree(*kv::Collection<Book>::open(db_).value().store());
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, ACopyIsGoneOnWithUntilItIsWhole) {
    const kv::Database from = open_engine("memory:").value();
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(from.set({"entry", i}, std::string(5000, 'v')));
    }
    // The reply that is lost may be that of the last write, after which the target is full.
    const kv::TransferOptions again{.existing = kv::Existing::replace};
    const kv::Database to = open(chaos_layers("21&lost_replies=0.5"));  // it makes few writes
    auto copied = kv::copy(from, to, again);
    for (int attempt = 1; !copied && attempt < 100; ++attempt) {
        note(copied.error());
        copied = kv::copy(from, to, again);
    }
    ASSERT_TRUE(copied) << copied.error().to_string();
    const auto verified = kv::verify(from, db_);
    EXPECT_TRUE(verified && verified->equal());
    EXPECT_GT(unknown_, 0);
}

TEST_P(LostReplies, AMessageIsInTheQueueOnceOrNot) {
    std::set<std::string> told;
    for (int i = 0; i < 100; ++i) {
        const std::string message = std::to_string(i);
        const auto sent = lossy_.enqueue(message);
        if (sent) {
            told.insert(message);
        } else {
            note(sent.error());
        }
    }
    // Due after all others; within a millisecond the order is open.
    ASSERT_TRUE(db_.enqueue("the last", {.delay = 20ms}));
    std::set<std::string> seen;
    while (!seen.contains("the last")) {
        auto message = lossy_.receive();
        ASSERT_TRUE(message) << message.error().to_string();
        const std::string text = message->value().data().to_string();
        EXPECT_TRUE(seen.insert(text).second) << text << " came twice";
        ASSERT_TRUE(message->finish());
    }
    for (const std::string& message : told) {
        EXPECT_TRUE(seen.contains(message)) << message << " is lost";
    }
    EXPECT_GT(unknown_, 0);
}

std::vector<std::string> engines_without_chaos() {
    std::vector<std::string> engines = file_engines();
    engines.insert(engines.begin(), "memory");
    return engines;
}

INSTANTIATE_TEST_SUITE_P(Engines, LostReplies, testing::ValuesIn(engines_without_chaos()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace turntable::test
