#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <functional>
#include <thread>

#include "unit/blob_fs/fs_fixture.hpp"

namespace turntable::test {
namespace {

constexpr int races = 300;
constexpr int racers = 8;

/// All at once, race after race; gives how many succeeded in each.
std::vector<int> race(const std::function<bool(int race, int racer)>& run) {
    std::vector<std::atomic<int>> winners(races);
    std::barrier start(racers);
    {
        std::vector<std::jthread> threads;
        for (int racer = 0; racer < racers; ++racer) {
            threads.emplace_back([&, racer] {
                for (int round = 0; round < races; ++round) {
                    start.arrive_and_wait();
                    winners[static_cast<std::size_t>(round)] += run(round, racer) ? 1 : 0;
                }
            });
        }
    }
    return {winners.begin(), winners.end()};
}

TEST_F(FsTest, OneOfManyCreates) {
    const Store store = open();
    EXPECT_EQ(race([&](int round, int racer) {
                  return store
                      .write("n/" + std::to_string(round), std::to_string(racer),
                             {.if_not_exists = true})
                      .has_value();
              }),
              std::vector<int>(races, 1));
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, OneOfManyCopiesAndRenames) {
    const Store store = open();
    for (int racer = 0; racer < racers; ++racer) {
        ASSERT_TRUE(store.write("from" + std::to_string(racer), "x"));
    }
    EXPECT_EQ(race([&](int round, int racer) {
                  return store
                      .copy("from" + std::to_string(racer), "c/" + std::to_string(round),
                            {.if_not_exists = true})
                      .has_value();
              }),
              std::vector<int>(races, 1));
    EXPECT_EQ(race([&](int round, int racer) {
                  const std::string mine = "mine" + std::to_string(racer);
                  return store.write(mine, "x").has_value() &&
                         store.rename(mine, "r/" + std::to_string(round), {.if_not_exists = true})
                             .has_value();
              }),
              std::vector<int>(races, 1));
}

TEST_F(FsTest, OneOfManyReplacesTheVersionThatAllSaw) {
    const Store store = open();
    Names etags = {store.write("a", "0")->etag};
    etags.resize(races + 1);
    EXPECT_EQ(race([&](int round, int racer) {
                  const auto at = static_cast<std::size_t>(round);
                  const auto written =
                      store.write("a", std::to_string(racer), {.if_match = etags[at]});
                  if (written) {
                      etags[at + 1] = written->etag;
                  }
                  return written.has_value();
              }),
              std::vector<int>(races, 1));
    EXPECT_EQ(race([&](int, int) {
                  const auto seen = store.stat("a");
                  return seen && store.remove("a", {.if_match = seen->etag}) &&
                         store.write("a", "again", {.if_not_exists = true});
              }).size(),
              std::size_t{races});
}

TEST_F(FsTest, NoWriteBetweenADecisionAndItsDoing) {
    // Counts up by if_match beside plain writers: a count that was acknowledged and overwritten by
    // a stale one would show as a number that goes back.
    const Store store = open();
    ASSERT_TRUE(store.write("n", "0"));
    std::atomic<int> added = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int done = 0; done < 100;) {
                    auto reader = store.reader("n");
                    const int before = std::stoi(std::string(reader->read(20)->text()));
                    if (store.write("n", std::to_string(before + 1),
                                    {.if_match = reader->metadata().etag})) {
                        ++done;
                        ++added;
                    }
                }
            });
        }
    }
    EXPECT_EQ(store.read("n")->text(), std::to_string(added));
}

TEST_F(FsTest, NoReadIsTornWhileOthersOverwrite) {
    const Store store = open();
    constexpr std::size_t size = 200'000;
    ASSERT_TRUE(store.write("a", std::string(size, 'a')));
    std::atomic<int> reads = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&, i] {
                for (int round = 0; round < 150; ++round) {
                    const std::string mine(size + static_cast<std::size_t>(i),
                                           static_cast<char>('a' + i));
                    ASSERT_TRUE(store.write("a", mine));
                    const Bytes seen = *store.read("a");
                    ASSERT_EQ(seen.text(),
                              std::string(size + static_cast<std::size_t>(seen.text()[0] - 'a'),
                                          seen.text()[0]));
                    ++reads;
                }
            });
        }
    }
    EXPECT_EQ(reads, 450);
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, AppendsOfManyAreAllThereWhole) {
    const Store store = open();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                for (int round = 0; round < 100; ++round) {
                    const std::string line(1000, static_cast<char>('a' + i));
                    ASSERT_TRUE(store.append("log", line + "\n"));
                }
            });
        }
    }
    const std::string all = store.read("log")->to_string();
    ASSERT_EQ(all.size(), 400U * 1001U);
    for (std::size_t at = 0; at < all.size(); at += 1001) {
        ASSERT_EQ(all.substr(at, 1001), std::string(1000, all[at]) + "\n");
    }
}

TEST_F(FsTest, DirectoriesThatOthersRemoveMeanwhileAreMadeAgain) {
    const Store store = open();
    std::atomic<bool> done = false;
    std::jthread remover([&] {
        while (!done) {
            (void)store.remove("d/e/");
            (void)store.remove("d/");
        }
    });
    for (int i = 0; i < 100; ++i) {
        const auto written = store.write("d/e/f", "x");
        EXPECT_TRUE(written) << written.error().to_string();
        EXPECT_TRUE(store.remove("d/e/f"));
    }
    done = true;
}

/// Runs in a process of its own: what it gives is its exit status.
int in_child(const std::function<int()>& run) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(run());
    }
    return child;
}

TEST_F(FsTest, OneOfManyProcessesCreatesAndEachCountIsThere) {
    std::filesystem::create_directories(root());
    std::vector<pid_t> children;
    for (int racer = 0; racer < racers; ++racer) {
        children.push_back(in_child([&] {
            const Store store = *open_files(root(), blob::FsDurability::process, Runtime::create());
            for (int round = 0; round < races; ++round) {
                if (store.write("n/" + std::to_string(round), "x", {.if_not_exists = true}) &&
                    !store.append("winners/" + std::to_string(round), "x")) {
                    return 1;
                }
            }
            for (int counted = 0; counted < 40;) {
                auto reader = store.reader("count");
                const std::string before =
                    reader ? std::string(reader->read(20)->text()) : std::string("0");
                const std::string after = std::to_string(std::stoi(before) + 1);
                const auto written =
                    reader ? store.write("count", after, {.if_match = reader->metadata().etag})
                           : store.write("count", after, {.if_not_exists = true});
                counted += written ? 1 : 0;
            }
            return 0;
        }));
    }
    for (const pid_t child : children) {
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    const Store store = open();
    for (int round = 0; round < races; ++round) {
        ASSERT_EQ(store.read("winners/" + std::to_string(round))->text(), "x") << round;
    }
    EXPECT_EQ(store.read("count")->text(), std::to_string(racers * 40));
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, OpeningRemovesWhatKilledProcessesLeftAndNothingElse) {
    const Store store = open();
    auto writer = store.writer("mine");
    ASSERT_TRUE(writer->write("still being written"));
    const pid_t child = in_child([&] {
        const Store killed = *open_files(root(), blob::FsDurability::process, Runtime::create());
        auto unfinished = killed.writer("theirs");
        (void)unfinished->write("never finished");
        ::raise(SIGKILL);
        return 0;
    });
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(staged().size(), 2U);
    EXPECT_TRUE((*blob::open_fs({.root = root()})).connect());
    EXPECT_EQ(staged().size(), 1U);
    EXPECT_TRUE(writer->finish());
    EXPECT_EQ(names(store.list()), Names{"mine"});
    EXPECT_EQ(staged(), Names{});
}

}  // namespace
}  // namespace turntable::test
