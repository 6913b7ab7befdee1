#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/engines.hpp"
#include "support/temp_folder.hpp"

// Several threads read, write, watch, list and queue for a long time over a bounded set of keys.
// Nothing may fail, and neither memory nor the number of open files may grow once all is warm.
namespace turntable::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int keys = 2000;
constexpr int workers = 2;
/// Memory may differ by this between two looks without anything being lost: arenas and caches.
constexpr double allowed_growth_mib = 16;
/// Connections of the reader pool that were not all needed at once before.
constexpr std::size_t allowed_growth_files = 32;

double resident_mib() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

std::size_t open_files() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

std::chrono::seconds length() {
    const char* seconds = std::getenv("TURNTABLE_FULL_SECONDS");
    return std::chrono::seconds(seconds == nullptr ? 10 : std::max(4, std::stoi(seconds)));
}

kv::Key random_key(std::mt19937& random) { return {"soak", static_cast<int>(random() % keys)}; }

std::string random_value(std::mt19937& random) {
    return std::string(random() % 2000, static_cast<char>('a' + random() % 26));
}

Result<void> without_value(const auto& result) {
    return result ? Result<void>() : Result<void>(result.error());
}

using Step = std::function<Result<void>(const kv::Database&, std::mt19937&)>;

Result<void> list_some(const kv::Database& db, std::mt19937& random) {
    for (const auto& entry :
         db.list(kv::prefix("soak"), {.limit = random() % 200 + 1, .reverse = random() % 2 == 0})) {
        TURNTABLE_CHECK(without_value(entry));
    }
    return {};
}

Result<void> read_a_snapshot(const kv::Database& db, std::mt19937& random) {
    TURNTABLE_TRY(const kv::Snapshot snapshot, db.snapshot());
    return without_value(snapshot.get(random_key(random)));
}

Result<void> change_under_a_check(const kv::Database& db, std::mt19937& random) {
    const kv::Key key = random_key(random);
    TURNTABLE_TRY(const auto before, db.get(key));
    auto write = db.atomic();
    write.check(key, before).set(key, random_value(random)).sum("commits", 1);
    return without_value(write.commit());
}

Result<void> pass_a_message(const kv::Database& db, std::mt19937& random) {
    TURNTABLE_CHECK(without_value(db.enqueue(random_value(random))));
    TURNTABLE_TRY(kv::ReceivedMessage message, db.receive());
    return message.finish();
}

Result<void> watch_a_while(const kv::Database& db, std::mt19937& random) {
    const kv::Key key = random_key(random);
    TURNTABLE_TRY(kv::WatchStream watch, db.watch({key}));
    TURNTABLE_CHECK(without_value(watch.next()));
    TURNTABLE_CHECK(without_value(db.set(key, random_value(random))));
    return without_value(watch.next());
}

const std::vector<Step>& steps() {
    static const std::vector<Step> all{
        [](const auto& db, auto& random) { return without_value(db.get(random_key(random))); },
        [](const auto& db, auto& random) {
            return without_value(db.set(random_key(random), random_value(random)));
        },
        [](const auto& db, auto& random) {
            return without_value(db.set(random_key(random), "brief", {.expire_in = 50ms}));
        },
        [](const auto& db, auto& random) { return without_value(db.remove(random_key(random))); },
        list_some,
        read_a_snapshot,
        change_under_a_check,
        pass_a_message,
        watch_a_while,
    };
    return all;
}

/// One thread's work until `end`; the first failure ends it.
Result<std::uint64_t> work(const kv::Database& db, std::uint32_t seed,
                           steady_clock::time_point end) {
    std::mt19937 random(seed);
    std::uint64_t done = 0;
    while (steady_clock::now() < end) {
        TURNTABLE_CHECK(steps()[random() % steps().size()](db, random));
        ++done;
    }
    return done;
}

void work_together(const kv::Database& db, std::uint32_t seed, std::chrono::seconds time) {
    const auto end = steady_clock::now() + time;
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> done{0};
    for (std::uint32_t i = 0; i < workers; ++i) {
        threads.emplace_back([&, i] {
            const auto result = work(db, seed + i, end);
            EXPECT_TRUE(result) << result.error().to_string();
            done += result ? *result : 0;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_GT(done, 0U);
}

class Soak : public testing::TestWithParam<std::string> {};

TEST_P(Soak, MemoryAndOpenFilesStayFlat) {
    const TempFolder folder;
    const auto db = open_engine(engine_url(GetParam(), folder.path().string()));
    ASSERT_TRUE(db) << db.error().to_string();
    work_together(*db, 1, length() / 4);
    const double warm_mib = resident_mib();
    const std::size_t warm_files = open_files();
    work_together(*db, 1000, length() * 3 / 4);
    const double last_mib = resident_mib();
    EXPECT_LT(last_mib, warm_mib + allowed_growth_mib);
    EXPECT_LE(open_files(), warm_files + allowed_growth_files);
    std::cout << GetParam() << ": " << warm_mib << " MiB warm, " << last_mib << " MiB at the end\n";
}

INSTANTIATE_TEST_SUITE_P(Engines, Soak, testing::ValuesIn(all_engines()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace turntable::test
