#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "server/backup_files.hpp"
#include "server/backup_schedule.hpp"
#include "support/asked_service.hpp"
#include "support/map_backend.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/kv/layer.hpp"

namespace {

using namespace turntable;
using namespace std::chrono_literals;
using server::BackupSchedule;
using server::BackupState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr WallTime noon{1'700'000'000'000ms};  // 2023-11-14T22:13:20Z

TEST(BackupFiles, AreNamedByTheirTime) {
    EXPECT_EQ(server::backup_file_name("main", noon + 999ms), "main-20231114T221320Z.backup");
    EXPECT_EQ(server::backup_time("main", "main-20231114T221320Z.backup"), noon);
    for (const char* other :
         {"main-20231114T221320Z.backup.unverified", "main-20231114T221320.backup", "main.backup",
          "other-20231114T221320Z.backup", "main-20231314T221320Z.backup",
          "main-20231114T241320Z.backup", "main-20231114T2213x0Z.backup",
          "main-x-20231114T221320Z.backup", ""}) {
        EXPECT_FALSE(server::backup_time("main", other)) << other;
    }
}

TEST(BackupFiles, OthersInTheFolderAreLeftAlone) {
    const test::TempFolder folder;
    for (const char* name :
         {"main-20231114T221320Z.backup", "main-20231114T221321Z.backup",
          "main-20231114T221322Z.backup", "main-20231114T221323Z.backup.unverified",
          "main-20231114T221323Z.backup.unverified.partial",
          "main-20231114T221323Z.backup.unverified-wal",
          "main-20231114T221323Z.backup.unverified.partial-journal",
          "main-20231114T221320Z.backup-shm", "main-x-20231114T221320Z.backup",
          "main-x-20231114T221320Z.backup.unverified", "mine.unverified", "notes"}) {
        std::ofstream(folder.file(name)) << "x";
    }
    const std::string path = folder.path().string();
    EXPECT_EQ(server::whole_backups(path, "main", noon + 1h)->size(), 3U);
    EXPECT_EQ(server::whole_backups(path, "main", noon + 1h)->front().made, noon + 2s);
    ASSERT_TRUE(server::remove_torn_backups(path, "main"));
    ASSERT_TRUE(server::remove_old_backups(path, "main", 2, noon + 1h));
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        left.push_back(entry.path().filename().string());
    }
    EXPECT_THAT(left, testing::UnorderedElementsAre(
                          "main-20231114T221321Z.backup", "main-20231114T221322Z.backup",
                          "main-x-20231114T221320Z.backup",
                          "main-x-20231114T221320Z.backup.unverified", "mine.unverified", "notes"));
    EXPECT_THAT(*server::whole_backups(folder.file("none"), "main", noon), IsEmpty());
}

/// An engine with backups of its own.
class NativelySaved : public kv::Layer<test::MapBackend> {
  public:
    using Layer::Layer;
    kv::Capabilities capabilities() const {
        kv::Capabilities all = Layer::capabilities();
        all.native_backup = true;
        return all;
    }
    Async<void> backup_to(const Context&, std::string_view path, bool) {
        std::ofstream(std::string(path)) << "pages";
        return Result<void>();
    }
    Async<void> restore_from(const Context&, std::string_view) { return Result<void>(); }
};

class Schedule : public testing::Test {
  protected:
    std::unique_ptr<BackupSchedule> start(std::uint32_t keep = 2) {
        auto schedule = BackupSchedule::create(runtime, {{.database_name = "main",
                                                          .database = db,
                                                          .folder = folder.file("b"),
                                                          .every = 1h,
                                                          .keep = keep}})
                            .value();
        schedule->begin();
        return schedule;
    }
    std::vector<server::BackupFile> whole() {
        return server::whole_backups(folder.file("b"), "main", clock->wall_now()).value();
    }
    std::string logged() {
        const std::scoped_lock guard(log_mutex);
        return log;
    }
    /// Until there are that many whole ones of which the newest is of `time`.
    void wait_for(std::size_t count, WallTime time) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        for (;;) {
            const auto found = whole();
            // The number is told when all else of a backup is done.
            if (found.size() == count && found.front().made == time &&
                gauge("turntable_backup_last_success_seconds") == time.time_since_epoch() / 1s) {
                return;
            }
            ASSERT_LT(std::chrono::steady_clock::now(), until) << found.size();
            std::this_thread::yield();
        }
    }
    static void wait_until(const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (!condition() && std::chrono::steady_clock::now() < until) {
            std::this_thread::yield();
        }
        ASSERT_TRUE(condition());
    }
    std::int64_t gauge(std::string_view name) {
        return runtime->metrics()->gauge(name, "", {{"database", "main"}}).value();
    }
    std::uint64_t failures() {
        return runtime->metrics()
            ->counter("turntable_backup_failures_total", "", {{"database", "main"}})
            .value();
    }

    test::TempFolder folder;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(noon);
    std::mutex log_mutex;
    std::string log;
    std::shared_ptr<Runtime> runtime =
        Runtime::create({.clock = clock,
                         .log = std::make_shared<UniqueFunction<void(const LogRecord&)>>(
                             [this](const LogRecord& record) {
                                 const std::scoped_lock guard(log_mutex);
                                 log.append(record.message).append("\n");
                             })});
    kv::Database db{kv::FakeBackend(runtime), runtime};
};

TEST_F(Schedule, MakesOneAtOnceAndThenEveryPeriodAndKeepsTheNewest) {
    ASSERT_TRUE(db.set("n", "0"));
    const auto schedule = start();
    wait_for(1, noon);
    EXPECT_GT(gauge("turntable_backup_bytes"), 0);
    for (int i = 1; i <= 3; ++i) {
        ASSERT_TRUE(db.set("n", std::to_string(i)));
        clock->advance(1h);
        wait_for(std::min<std::size_t>(static_cast<std::size_t>(i) + 1, 2), noon + i * 1h);
    }
    EXPECT_EQ(failures(), 0U);
    // The newest one holds the newest state.
    const kv::Database restored = kv::Database(kv::FakeBackend(runtime), runtime);
    const auto newest = whole().front().path;
    ASSERT_TRUE(kv::restore(newest, restored));
    EXPECT_EQ((*restored.get("n"))->value.as_text().value(), "3");
    struct stat status{};
    ASSERT_EQ(::stat(folder.file("b").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(Schedule, ARestartGoesOnWithTheOldSchedule) {
    {
        const auto schedule = start();
        wait_for(1, noon);
    }
    clock->advance(30min);
    const auto schedule = start();
    EXPECT_EQ(schedule->states().at(0).last_success, noon);
    clock->advance(29min);
    EXPECT_EQ(whole().size(), 1U);
    clock->advance(1min);
    wait_for(2, noon + 1h);
}

TEST_F(Schedule, AFailureLeavesTheOlderOnesAndIsTriedAgainAfterAMinute) {
    const auto schedule = start();
    wait_for(1, noon);
    std::filesystem::rename(folder.file("b"), folder.file("away"));
    std::ofstream(folder.file("b")) << "no folder";
    clock->advance(1h);
    wait_until([&] { return schedule->states().at(0).failures == 1; });
    EXPECT_EQ(failures(), 1U);
    EXPECT_EQ(schedule->states().at(0).last_success, noon);
    EXPECT_FALSE(schedule->states().at(0).late);
    std::filesystem::remove(folder.file("b"));
    std::filesystem::rename(folder.file("away"), folder.file("b"));
    clock->advance(1min);
    wait_for(2, noon + 1h + 1min);
    wait_until([&] { return schedule->states().at(0).failures == 0; });
}

TEST_F(Schedule, WaitsForAnotherProcessThatMakesOneInTheSameFolder) {
    const std::string path = folder.file("b");
    std::filesystem::create_directory(path);
    const std::string torn = path + "/" + server::backup_file_name("main", noon) + ".unverified";
    std::ofstream(torn) << "what the other one writes";
    std::optional<server::BackupLock> other = server::BackupLock::take(path, "main").value();
    EXPECT_EQ(server::BackupLock::take(path, "main").error().code(), ErrorCode::busy);
    EXPECT_TRUE(server::BackupLock::take(path, "other"));
    const auto schedule = start();
    wait_until([&] { return schedule->states().at(0).failures == 1; });
    EXPECT_THAT(whole(), IsEmpty());
    EXPECT_TRUE(std::filesystem::exists(torn));
    other.reset();
    clock->advance(1min);
    wait_for(1, noon + 1min);
    EXPECT_FALSE(std::filesystem::exists(torn));
}

TEST_F(Schedule, BackupsOfAClockThatWasAheadAreTheOldest) {
    std::filesystem::create_directory(folder.file("b"));
    for (const auto ahead : {24h, 48h, 72h}) {
        std::ofstream(folder.file("b/" + server::backup_file_name("main", noon + ahead))) << "x";
    }
    const auto schedule = start();  // one is due now
    wait_for(2, noon);
    EXPECT_EQ(whole().at(1).made, noon + 72h);
    clock->advance(1h);
    wait_for(2, noon + 1h);
    EXPECT_EQ(whole().at(1).made, noon);
    EXPECT_EQ(schedule->states().at(0).last_success, noon + 1h);
    EXPECT_EQ(failures(), 0U);
}

TEST_F(Schedule, AnOldOneThatCannotBeRemovedIsAWarning) {
    const auto name_of = [&](WallTime made) {
        return folder.file("b/" + server::backup_file_name("main", made));
    };
    // What is no file cannot be unlinked, not even by root.
    std::filesystem::create_directories(name_of(noon - 3h));
    std::ofstream(name_of(noon - 4h)) << "x";
    const auto schedule = start(1);
    wait_for(2, noon);
    EXPECT_FALSE(std::filesystem::exists(name_of(noon - 4h))) << "it goes on past the other";
    EXPECT_EQ(failures(), 0U);
    EXPECT_THAT(logged(), HasSubstr("could not be removed"));
    EXPECT_THAT(logged(), HasSubstr("a backup was made"));
    clock->advance(59min);  // not tried again each minute
    EXPECT_EQ(whole().front().made, noon);
    clock->advance(1min);
    wait_for(2, noon + 1h);
}

TEST_F(Schedule, OneThatIsNotVerifiedIsNotPublished) {
    db = kv::Database(kv::AnyBackend(NativelySaved(test::MapBackend())), runtime);
    std::atomic<bool> sound = true;
    std::vector<std::string> checked;
    const auto schedule = BackupSchedule::create(
                              runtime, {{.database_name = "main",
                                         .database = db,
                                         .folder = folder.file("b"),
                                         .every = 1h,
                                         .keep = 1,
                                         .check_native =
                                             [&](const std::string& path) {
                                                 checked.push_back(path);
                                                 return sound
                                                            ? Result<void>()
                                                            : Error(ErrorCode::corrupt, "bad page");
                                             }}})
                              .value();
    schedule->begin();
    wait_for(1, noon);
    sound = false;
    clock->advance(1h);
    wait_until([&] { return schedule->states().at(0).failures == 1; });
    EXPECT_EQ(failures(), 1U);
    ASSERT_EQ(whole().size(), 1U);
    EXPECT_EQ(whole().front().made, noon);
    EXPECT_EQ(schedule->states().at(0).last_success, noon);
    sound = true;
    clock->advance(1min);
    wait_for(1, noon + 1h + 1min);
    schedule->stop();
    EXPECT_EQ(checked.size(), 3U);
    EXPECT_TRUE(checked.at(1).ends_with(".unverified"));
    EXPECT_FALSE(std::filesystem::exists(checked.at(1)));
}

TEST_F(Schedule, IsLateAfterTwoPeriodsWithoutASuccess) {
    std::filesystem::create_directory(folder.file("b"));
    const auto schedule = start();
    wait_for(1, noon);
    std::filesystem::remove_all(folder.file("b"));
    std::ofstream(folder.file("b")) << "no folder";
    clock->advance(2h);
    EXPECT_FALSE(schedule->states().at(0).late);
    clock->advance(1ms);
    EXPECT_TRUE(schedule->states().at(0).late);
}

TEST_F(Schedule, AFolderThatCannotBeIsRefusedAtTheStart) {
    std::ofstream(folder.file("b")) << "no folder";
    EXPECT_FALSE(BackupSchedule::create(
        runtime, {{.database_name = "main", .database = db, .folder = folder.file("b")}}));
}

TEST(BackupHealth, IsToldWithThatOfTheDatabases) {
    const auto runtime = Runtime::create();
    const auto service =
        server::Service::create(
            {.runtime = runtime,
             .databases = {{.name = "main", .database = kv::Database(kv::FakeBackend(runtime))}},
             .backups =
                 [] {
                     return std::vector<BackupState>{
                         {.database_name = "main", .last_success = noon},
                         {.database_name = "b", .failures = 2, .late = true}};
                 }})
            .value();
    const auto answer =
        test::answer_of(service->handle(test::request_of("GET", "/readyz"), Context()));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text(),
              "main: healthy\nbackup of main: 2023-11-14T22:13:20.000Z\n"
              "backup of b: none yet, failed 2 times since, late\n");
}

}  // namespace
