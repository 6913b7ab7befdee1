#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <functional>

#include "support/child_process.hpp"
#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/backup.hpp"

// A process is killed anywhere in a copy, an import, a backup or a restore; doing it again must
// complete it, with nothing there twice and nothing torn.
namespace turntable::test {
namespace {

constexpr int entries = 1500;

class TransferCrash : public testing::Test {
  protected:
    TransferCrash() : source_(open_sqlite(source_file_).value()) {
        constexpr int entries_a_commit = 500;
        for (int i = 0; i < entries;) {
            auto write = source_.atomic();
            for (int n = 0; n < entries_a_commit; ++n, ++i) {
                write.set({"n", i}, std::to_string(i) + std::string(300, 'x'));
            }
            EXPECT_TRUE(write.commit());
        }
    }

    using Check = std::function<void(const std::string& to)>;

    /// Kills at one place after the other, until a process lives to the end.
    void kill_everywhere(const std::string& what, const std::string& from, long step, bool at_calls,
                         const Check& check) {
        constexpr long places_max = 20'000;
        int killed = 0;
        for (long place = 1; place < places_max; place += step) {
            SCOPED_TRACE(what + " killed at " + std::to_string(place));
            const TempFolder folder;
            const std::string to = folder.file("to");
            const std::string number = std::to_string(place);
            const int status = run_program({CRASH_TRANSFER, what, from, to, at_calls ? number : "0",
                                            at_calls ? "0" : number})
                                   .first;
            check(to);
            if (status == 0) {
                EXPECT_GT(killed, 2) << "there is more to do than that";
                return;
            }
            ASSERT_EQ(status, -SIGKILL);
            ASSERT_FALSE(HasFailure());
            ++killed;
        }
        FAIL() << "still not done";
    }

    void expect_whole(const kv::Database& db) {
        const auto verified = kv::verify(source_, db);
        ASSERT_TRUE(verified) << verified.error().to_string();
        EXPECT_TRUE(verified->equal()) << verified->difference_count << " differences";
        EXPECT_EQ(verified->second_entries, static_cast<std::uint64_t>(entries));
        EXPECT_FALSE(*db.get(kv::unfinished_transfer_key()));
    }

    /// A store that a transfer began to fill says so; doing it again finishes it.
    template <class Again>
    Check finished_by(Again again) {
        return [this, again](const std::string& to) {
            const kv::Database db = open_sqlite(to).value();
            const bool unfinished = db.get(kv::unfinished_transfer_key())->has_value();
            const std::uint64_t there = *db.count(kv::everything());
            EXPECT_TRUE(unfinished || there == 0 || there == entries) << there;
            if (unfinished || there == 0) {
                const auto report = again(db);
                ASSERT_TRUE(report) << report.error().to_string();
                EXPECT_EQ(report->resumed, unfinished);
                EXPECT_EQ(report->written, entries - (unfinished ? there - 1 : 0));
            }
            expect_whole(db);
        };
    }
    /// A file is there as a whole or not at all.
    template <class Again, class Whole>
    static Check there_or_not(Again again, Whole whole) {
        return [again, whole](const std::string& to) {
            if (!std::filesystem::exists(to)) {
                const auto report = again(to);
                ASSERT_TRUE(report) << report.error().to_string();
            }
            EXPECT_FALSE(std::filesystem::exists(to + ".partial"));
            whole(to);
        };
    }

    TempFolder folder_;
    std::string source_file_ = folder_.file("source");
    kv::Database source_;
};

constexpr long step = 113;

TEST_F(TransferCrash, ACopyIsFinishedByDoingItAgain) {
    kill_everywhere("copy", source_file_, step, true,
                    finished_by([this](const kv::Database& db) { return kv::copy(source_, db); }));
}

TEST_F(TransferCrash, AnImportIsFinishedByDoingItAgain) {
    const std::string file = folder_.file("export");
    ASSERT_TRUE(kv::export_file(source_, file));
    kill_everywhere("import", file, step, true,
                    finished_by([&](const kv::Database& db) { return kv::import_file(file, db); }));
}

TEST_F(TransferCrash, ANativeBackupIsThereAsAWholeOrNot) {
    kill_everywhere(
        "backup_native", source_file_, step, true,
        there_or_not([this](const std::string& to) { return kv::backup(source_, to); },
                     [this](const std::string& to) { expect_whole(open_sqlite(to).value()); }));
}

TEST_F(TransferCrash, APortableBackupIsThereAsAWholeOrNot) {
    kv::BackupOptions portable;
    portable.form = kv::BackupForm::portable;
    kill_everywhere(
        "backup_portable", source_file_, 1, false,
        there_or_not([&](const std::string& to) { return kv::backup(source_, to, portable); },
                     [](const std::string& to) {
                         const auto info = kv::check_export_file(to);
                         ASSERT_TRUE(info) << info.error().to_string();
                         EXPECT_EQ(info->entries, static_cast<std::uint64_t>(entries));
                     }));
}

TEST_F(TransferCrash, ANativeRestoreIsThereAsAWholeOrNot) {
    const std::string file = folder_.file("backup");
    ASSERT_TRUE(kv::backup(source_, file));
    kill_everywhere("restore", file, step, true,
                    there_or_not(
                        [&](const std::string& to) -> Result<kv::BackupReport> {
                            TURNTABLE_TRY(const kv::Database db, open_sqlite(to));
                            return kv::restore(file, db);
                        },
                        [this](const std::string& to) {
                            expect_whole(open_sqlite(to).value());
                            EXPECT_EQ(sqlite_rows(to, "pragma integrity_check")[0][0], "ok");
                        }));
}

}  // namespace
}  // namespace turntable::test
