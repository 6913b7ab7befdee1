#include "turntable/kv/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/layers/prefix.hpp"
#include "unit/kv_transfer/support.hpp"

namespace turntable::test {
namespace {

using namespace std::chrono_literals;
using kv::BackupForm;

kv::BackupOptions of(BackupForm form, bool replace = false) {
    kv::BackupOptions options;
    options.form = form;
    options.replace = replace;
    return options;
}

class Backup : public testing::Test {
  protected:
    kv::Database open(const std::string& name) const {
        return open_sqlite(folder_.file(name)).value();
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    /// What lies in the folder beside these names.
    std::string others(const std::vector<std::string>& expected) const {
        std::string out;
        for (const auto& one : std::filesystem::directory_iterator(folder_.path())) {
            const std::string name = one.path().filename().string();
            if (std::find(expected.begin(), expected.end(), name) == expected.end()) {
                out += name + " ";
            }
        }
        return out;
    }

    TempFolder folder_;
};

TEST_F(Backup, NativeKeepsVersionstampsQueueAndCounter) {
    const kv::Database from = open("a.db");
    fill_with_everything(from);
    ASSERT_TRUE(from.enqueue("waiting", {.delay = 1h}));
    ASSERT_TRUE(from.enqueue("due"));
    const auto last = from.set("last", "x");
    ASSERT_TRUE(last);
    const auto made = kv::backup(from, file("backup"));
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->form, BackupForm::native);
    EXPECT_EQ(others({"a.db", "a.db-wal", "a.db-shm", "backup"}), "");

    const kv::Database to = open("b.db");
    const auto restored = kv::restore(file("backup"), to);
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->form, BackupForm::native);
    expect_equal(from, to);
    EXPECT_EQ((*to.get("last"))->versionstamp, *last);
    EXPECT_GT(*to.set("later", "x"), *last);
    const auto message = to.receive(10s);
    ASSERT_TRUE(message) << message.error().to_string();
    EXPECT_EQ(message->value().as_text().value(), "due");
    EXPECT_EQ(sqlite_rows(file("b.db"), "select count(*) from queue")[0][0], "1");
    EXPECT_EQ(sqlite_rows(file("b.db"), "pragma integrity_check")[0][0], "ok");
    // The backup is a store too, and anybody may open it as one.
    expect_equal(from, open("backup"));
}

TEST_F(Backup, PortableGoesIntoAnyEngine) {
    const kv::Database from = open("a.db");
    fill_with_everything(from);
    const auto made = kv::backup(from, file("backup"), of(BackupForm::portable));
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->form, BackupForm::portable);
    EXPECT_EQ(made->transfer.entries, *from.count(kv::everything()));
    const kv::Database to = memory_database();
    const auto restored = kv::restore(file("backup"), to);
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->form, BackupForm::portable);
    expect_equal(from, to);
}

TEST_F(Backup, AnEngineWithoutANativeFormMakesAPortableOne) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("a", "x"));
    EXPECT_FALSE(from.capabilities().native_backup);
    EXPECT_EQ(kv::backup(from, file("b"), of(BackupForm::native)).error().code(),
              ErrorCode::unsupported);
    EXPECT_EQ(kv::backup(from, file("b"))->form, BackupForm::portable);
    EXPECT_EQ(from.backend().backup_to({}, file("c"), false).wait().error().code(),
              ErrorCode::unsupported);
    const kv::Database sqlite = open("a.db");
    ASSERT_TRUE(sqlite.set("a", "x"));
    ASSERT_TRUE(kv::backup(sqlite, file("native")));
    EXPECT_EQ(kv::restore(file("native"), from).error().code(), ErrorCode::unsupported);
}

TEST_F(Backup, ALayerPassesTheNativeFormOnUnlessItShowsAPartOfTheStore) {
    const kv::Database layered(kv::AnyBackend(
        kv::Layer<kv::AnyBackend>(std::move(open_sqlite(file("a.db")).value().backend()))));
    EXPECT_EQ(kv::backup(layered, file("native"))->form, BackupForm::native);
    const kv::Database part(kv::AnyBackend(kv::PrefixLayer<kv::AnyBackend>(
        std::move(open_sqlite(file("a.db")).value().backend()), kv::Key("part"))));
    EXPECT_FALSE(part.capabilities().native_backup);
    EXPECT_EQ(kv::backup(part, file("portable"))->form, BackupForm::portable);
}

TEST_F(Backup, OverwritesNothingUnlessAsked) {
    const kv::Database from = open("a.db");
    ASSERT_TRUE(from.set("a", "x"));
    for (const BackupForm form : {BackupForm::native, BackupForm::portable}) {
        std::ofstream(file("backup")) << "precious";
        EXPECT_EQ(kv::backup(from, file("backup"), of(form)).error().code(),
                  ErrorCode::already_exists);
        EXPECT_EQ(std::filesystem::file_size(file("backup")), 8U);
        ASSERT_TRUE(kv::backup(from, file("backup"), of(form, true)));
        const kv::Database there = open("b.db");
        ASSERT_TRUE(there.set("b", "y"));
        EXPECT_EQ(kv::restore(file("backup"), there).error().code(), ErrorCode::already_exists);
        EXPECT_EQ(*there.count(kv::everything()), 1U);
        EXPECT_EQ(
            others({"a.db", "a.db-wal", "a.db-shm", "b.db", "b.db-wal", "b.db-shm", "backup"}), "");
    }
}

TEST_F(Backup, StopsWhenAskedAndLeavesNothing) {
    const kv::Database from = open("a.db");
    ASSERT_TRUE(from.set("a", "x"));
    std::stop_source stop;
    stop.request_stop();
    for (const BackupForm form : {BackupForm::native, BackupForm::portable}) {
        kv::BackupOptions options = of(form);
        options.stop = stop.get_token();
        EXPECT_EQ(kv::backup(from, file("backup"), options).error().code(), ErrorCode::cancelled);
    }
    EXPECT_EQ(others({"a.db", "a.db-wal", "a.db-shm"}), "");
}

TEST_F(Backup, OfADamagedFileIsNotRestored) {
    const kv::Database from = open("a.db");
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(from.set({"n", i}, std::string(100, 'x')));
    }
    ASSERT_TRUE(kv::backup(from, file("backup")));
    std::filesystem::resize_file(file("backup"), std::filesystem::file_size(file("backup")) / 2);
    const auto refused = kv::restore(file("backup"), open("b.db"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt) << refused.error().to_string();
    EXPECT_FALSE(std::filesystem::exists(file("b.db")));
    std::ofstream(file("text")) << "hello";
    EXPECT_FALSE(kv::restore(file("text"), open("b.db")));
    EXPECT_EQ(kv::restore(file("none"), open("b.db")).error().code(), ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(file("b.db")));
    EXPECT_EQ(kv::restore(file("backup"), open_sqlite(":memory:").value()).error().code(),
              ErrorCode::unsupported);
}

/// Money moves between accounts, and each commit writes its number under two keys.
class Bank {
  public:
    static constexpr std::uint64_t accounts = 300;

    explicit Bank(const kv::Database& db) : db_(db) {
        auto write = db_.atomic();
        for (std::uint64_t i = 0; i < accounts; ++i) {
            write.set({"account", i}, kv::Value::u64(1000));
        }
        EXPECT_TRUE(write.set("first", "0").set("second", "0").commit());
        for (int thread = 0; thread < 2; ++thread) {
            threads_.emplace_back(
                [this, thread] { move_money(static_cast<std::uint64_t>(thread)); });
        }
        wait_for(20);
    }
    ~Bank() {
        done_ = true;
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }
    /// Until so many more commits were made.
    void wait_for(std::uint64_t more) {
        for (std::uint64_t now = commits_, end = now + more; now < end; now = commits_) {
            commits_.wait(now);
        }
    }
    std::uint64_t commits() const { return commits_; }

    static void expect_one_state(const kv::Database& db) {
        std::uint64_t sum = 0;
        std::uint64_t count = 0;
        for (auto& entry : db.list(kv::prefix("account"))) {
            ASSERT_TRUE(entry) << entry.error().to_string();
            sum += *entry->value.as_u64();
            ++count;
        }
        EXPECT_EQ(count, accounts);
        EXPECT_EQ(sum, accounts * 1000);
        const auto pair = db.get_many({kv::Key("first"), kv::Key("second")});
        ASSERT_TRUE(pair && (*pair)[0] && (*pair)[1]);
        EXPECT_EQ((*pair)[0]->value, (*pair)[1]->value);
    }

  private:
    void move_money(std::uint64_t thread) {
        for (std::uint64_t i = 0; !done_; ++i) {
            const std::string number = std::to_string(thread) + ":" + std::to_string(i);
            auto write = db_.atomic();
            write.sum({"account", (i * 7 + thread) % accounts}, 1)
                .sum({"account", (i * 13 + thread) % accounts}, UINT64_MAX)
                .set("first", number)
                .set("second", number);
            EXPECT_TRUE(write.commit());
            ++commits_;
            commits_.notify_all();
        }
    }

    kv::Database db_;
    std::atomic<bool> done_{false};
    std::atomic<std::uint64_t> commits_{0};
    std::vector<std::thread> threads_;
};

TEST_F(Backup, WhileOthersWriteIsOneCommittedState) {
    const kv::Database from = open("bank.db?durability=off");
    Bank bank(from);
    int round = 0;
    for (const BackupForm form :
         {BackupForm::native, BackupForm::portable, BackupForm::native, BackupForm::portable}) {
        const std::string name = std::to_string(round++);
        const std::uint64_t before = bank.commits();
        ASSERT_TRUE(kv::backup(from, file("backup" + name), of(form)));
        bank.wait_for(5);  // nobody was stopped by it
        EXPECT_GT(bank.commits(), before);
        const kv::Database to = open("restored" + name);
        const auto restored = kv::restore(file("backup" + name), to);
        ASSERT_TRUE(restored) << restored.error().to_string();
        EXPECT_EQ(restored->form, form);
        Bank::expect_one_state(to);
        const kv::Database memory = memory_database();
        ASSERT_TRUE(kv::copy(from, memory));
        Bank::expect_one_state(memory);
    }
}

TEST_F(Backup, RestoresIntoAStoreThatOthersWriteTo) {
    const kv::Database from = open("a.db");
    ASSERT_TRUE(from.set({"users", 1}, "ada"));
    ASSERT_TRUE(kv::backup(from, file("backup"), of(BackupForm::portable)));
    const kv::Database bank_db = open("bank.db?durability=off");
    Bank bank(bank_db);
    kv::TransferOptions options;
    options.existing = kv::Existing::merge;
    const auto restored = kv::restore(file("backup"), bank_db, options);
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_TRUE(*bank_db.get({"users", 1}));
}

}  // namespace
}  // namespace turntable::test
