// remote_or_sqlite with the real SQLite: which strings open what, and which files that makes.

#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <string>

#include "support/temp_folder.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv {
namespace {

/// Runs in a folder of its own, as relative paths mean the working directory.
class RemoteOrSqliteFiles : public testing::Test {
  protected:
    RemoteOrSqliteFiles() { std::filesystem::current_path(folder_.path()); }
    ~RemoteOrSqliteFiles() override { std::filesystem::current_path(before_); }

    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
            names.insert(file.path().filename().string());
        }
        return names;
    }

    Registry registry_ = remote_or_sqlite(&register_sqlite, lookup_in({})).value();

  private:
    std::filesystem::path before_ = std::filesystem::current_path();
    test::TempFolder folder_;
};

TEST_F(RemoteOrSqliteFiles, PathsAndSqliteUrlsMakeTheirFile) {
    for (const char* url : {"plain.db", "sqlite:named.db"}) {
        auto database = registry_.open(url);
        ASSERT_TRUE(database) << database.error().to_string();
        ASSERT_TRUE(database->set("key", url));
        ASSERT_TRUE(database->close());
    }
    EXPECT_EQ(files(), (std::set<std::string>{"plain.db", "named.db"}));
}

TEST_F(RemoteOrSqliteFiles, MemoryMakesNoFile) {
    for (const char* url : {":memory:", "memory:", "sqlite::memory:"}) {
        auto database = registry_.open(url);
        ASSERT_TRUE(database) << database.error().to_string();
        ASSERT_TRUE(database->set("key", "value"));
        EXPECT_TRUE(database->get("key")->has_value());
    }
    EXPECT_EQ(files(), std::set<std::string>{});
}

TEST_F(RemoteOrSqliteFiles, WhatCannotBeOpenedMakesNoFile) {
    for (const char* url : {"", "https://kv.example/db", "htps://kv.example", "postgress://host/db",
                            "sqllite:app.db", "redis://localhost", "@app"}) {
        const auto database = registry_.open(url);
        ASSERT_FALSE(database) << url;
        EXPECT_THAT(database.error().code(),
                    testing::AnyOf(ErrorCode::unknown_provider, ErrorCode::invalid_config))
            << url;
    }
    EXPECT_EQ(files(), std::set<std::string>{});
}

TEST_F(RemoteOrSqliteFiles, DestroyingAHandleWithoutCloseReleasesTheFile) {
    {
        auto database = registry_.open("left.db");
        ASSERT_TRUE(database && database->set("key", "value"));
        EXPECT_TRUE(files().contains("left.db-wal"));
    }
    EXPECT_EQ(files(), std::set<std::string>{"left.db"});
}

}  // namespace
}  // namespace turntable::inline v0::kv
