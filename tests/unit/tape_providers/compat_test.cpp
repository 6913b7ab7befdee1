#include <gtest/gtest.h>

#include <filesystem>

#include "support/read_file.hpp"
#include "support/recorded_tape.hpp"
#include "support/temp_folder.hpp"
#include "turntable/compat/tape_storage.hpp"
#include "turntable/kv/sqlite.hpp"

// These calls warn whoever uses them: here that is wanted.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace turntable::compat {
namespace {

Tape tape_named(std::string id, std::string name) {
    Tape tape{.head = test::head_of(std::move(id), std::move(name))};
    tape.records.emplace_back(tape::Frame{.payload = Bytes::copy("ping")});
    tape.records.emplace_back(tape::Frame{.time = std::chrono::milliseconds(5),
                                          .direction = tape::Direction::server_to_client,
                                          .payload = Bytes::copy("pong")});
    return tape;
}

TEST(CompatTapeStorage, TheOldCallsWorkOnAFolder) {
    const test::TempFolder folder;
    TapeStorage storage(folder.file("tapes"));
    EXPECT_EQ(storage.load("a").error().code(), ErrorCode::closed);
    ASSERT_TRUE(storage.initialize());
    EXPECT_FALSE(storage.exists("a").value());
    Tape tape = tape_named("a", "first");
    tape.labels.tags = {"old"};
    EXPECT_EQ(storage.save(tape).value(), "a");
    EXPECT_EQ(storage.save(tape).value(), "a");  // as it was: in place of the one before
    EXPECT_TRUE(storage.exists("a").value());
    EXPECT_TRUE(storage.save(tape_named("", "second")).value().size() > 8);

    const Tape loaded = storage.load("a").value();
    EXPECT_EQ(loaded.head.name, "first");
    EXPECT_EQ(loaded.labels.tags, std::vector<std::string>{"old"});
    ASSERT_EQ(loaded.records.size(), 2U);
    EXPECT_EQ(std::get<tape::Frame>(loaded.records[1]).payload.text(), "pong");
    ASSERT_TRUE(storage.append_frames("a", {{.payload = Bytes::copy("again")}}));
    EXPECT_EQ(storage.stream_frames("a").value().size(), 3U);
    EXPECT_EQ(storage.stream_frames("a", 2, 2).value().at(0).payload.text(), "pong");

    EXPECT_EQ(storage.list().value().size(), 2U);
    EXPECT_EQ(storage.list(tape::SearchCriteria{.limit = 1}).value().size(), 2U);
    EXPECT_EQ(storage.search("tag:old").value().at(0).id, "a");
    EXPECT_EQ(storage.search("tga:old").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(storage.stats().value().frames, 5U);
    EXPECT_TRUE(storage.capabilities().append);
    EXPECT_TRUE(storage.delete_tape("a"));
    EXPECT_EQ(storage.delete_tape("a").error().code(), ErrorCode::not_found);
    EXPECT_EQ(storage.load("../a").error().code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(TapeStorage::validate_config({{"root_path", "x"}, {"compression", "none"}}));
    EXPECT_EQ(TapeStorage::validate_config({{"root", "x"}}).error().code(),
              ErrorCode::invalid_config);
}

TEST(CompatTapeStorage, AnotherOneSeesItWithAndWithoutAnIndexOnDisk) {
    const test::TempFolder folder;
    auto indexes = std::make_shared<kv::Registry>();
    ASSERT_TRUE(kv::register_sqlite(*indexes));
    {
        TapeStorage storage(folder.file("tapes"), indexes);
        ASSERT_TRUE(storage.initialize());
        ASSERT_TRUE(storage.save(tape_named("a", "first")));
    }
    EXPECT_TRUE(std::filesystem::exists(folder.file("tapes/index.sqlite")));
    TapeStorage other(folder.file("tapes"));
    ASSERT_TRUE(other.initialize());
    EXPECT_EQ(other.list().value().size(), 1U);
}

TEST(CompatTapeStorage, OldFilesAreTakenOverOnceAndStay) {
    const test::TempFolder folder;
    const std::string old = TURNTABLE_TEST_CAPTURES "/shadowcat";
    std::filesystem::copy(old, folder.file("tapes"));
    TapeStorage storage(folder.file("tapes"));
    ASSERT_TRUE(storage.initialize());
    EXPECT_EQ(storage.import_old().value(), 1U);
    EXPECT_EQ(storage.import_old().value(), 0U);
    const auto tapes = storage.list().value();
    ASSERT_EQ(tapes.size(), 1U);
    EXPECT_EQ(tapes[0].name(), "weather, first try");
    const std::string file = "/" + tapes[0].id + ".json";
    EXPECT_EQ(test::read_file(folder.file("tapes") + file), test::read_file(old + file));
}

}  // namespace
}  // namespace turntable::compat
