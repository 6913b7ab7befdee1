#include "turntable/tape/capture_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "support/providers.hpp"
#include "support/read_file.hpp"
#include "support/temp_folder.hpp"

namespace turntable::tape {
namespace {

const std::string old_tapes = TURNTABLE_TEST_CAPTURES;

/// Names, bytes and times of all that is in a folder.
auto snapshot_of(const std::string& folder) {
    std::map<std::string, std::pair<std::string, std::filesystem::file_time_type>> all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        all[file.path().string()] = {
            file.is_regular_file() ? test::read_file(file.path().string()) : "",
            file.last_write_time()};
    }
    all[folder] = {"", std::filesystem::last_write_time(folder)};
    return all;
}

/// A folder with a capture of each format, open as a library.
struct OldFolder {
    OldFolder() {
        for (const char* part : {"shadowcat", "lines"}) {
            std::filesystem::copy(old_tapes + "/" + part, path);
        }
        for (const char* file : {"snooped.jsonl", "recorded.json"}) {
            std::filesystem::copy(old_tapes + "/" + std::string(file), path);
        }
        if (!register_captures(registry)) {
            std::abort();
        }
    }
    Library open() const { return registry.open("captures:" + path).value(); }

    test::TempFolder folder;
    std::string path = [this] {
        std::filesystem::create_directory(folder.file("old"));
        return folder.file("old");
    }();
    Registry registry = test::provider_registry();
};

TEST(CaptureFolder, ReadsInPlaceAndChangesNothing) {
    const OldFolder old;
    const auto before = snapshot_of(old.path);
    {
        const Library library = old.open();
        EXPECT_EQ(library.search(SearchCriteria{}).value().tapes.size(), 4U);
        const TapeMetadata found = library.find("weather, first try").value();
        EXPECT_EQ(found.frames, 3U);
        EXPECT_EQ(found.stored_bytes, library.load(found.id).value().content.size());
        const TapePage page = library.search("tag:nightly").value();
        ASSERT_EQ(page.tapes.size(), 1U);
        EXPECT_EQ(page.tapes[0].id, "3d9d4c0a");
        EXPECT_EQ(library.search("\"STARTING up\"").value().tapes.at(0).id, "9e0c");
        EXPECT_EQ(library.search("\"STARTING up\"").value().answered, Answered::scan);
        Reader reader = Reader::open(library.source(found.id).value()).value();
        EXPECT_EQ(reader.head().id, found.id);
        EXPECT_EQ(library.load(found.id).value().metadata, found);
        EXPECT_EQ(library.health().value().state, Health::State::healthy);
        EXPECT_EQ(library.rebuild().value().problems.size(), 2U);

        for (const auto& refused :
             {library.note(found.id, "x").error(), library.remove(found.id).error(),
              library.save_file(old_tapes + "/../../../examples/data/notes.tape").error(),
              library.prune({.count = 0}).error()}) {
            EXPECT_EQ(refused.code(), ErrorCode::unsupported) << refused.to_string();
        }
        library.close().value();
        EXPECT_EQ(library.metadata(found.id).error().code(), ErrorCode::closed);
    }
    EXPECT_EQ(snapshot_of(old.path), before);
}

TEST(CaptureFolder, IsImportedIntoAnyLibraryWithItsLabels) {
    const OldFolder old;
    const auto before = snapshot_of(old.path);
    const Library from = old.open();
    for (const std::string& url : {std::string("memory:"), "tape:" + old.folder.file("new"),
                                   std::string("tape+pair:?blobs=memory:&index=memory:")}) {
        const Library to = old.registry.open(url).value();
        EXPECT_EQ(from.copy_to(to).value().copied, 4U);
        EXPECT_EQ(from.copy_to(to).value().skipped, 4U);
        const TapeMetadata weather = to.find("weather, first try").value();
        EXPECT_EQ(weather.labels.tags, (std::vector<std::string>{"demo", "two-words"}));
        EXPECT_EQ(weather.labels.description, "asks for the weather");
        EXPECT_EQ(weather.head_attributes.at("imported_from"), "shadowcat");
        EXPECT_EQ(to_string(weather.created), "2025-08-30T08:15:00.125000000Z");
        EXPECT_TRUE(to.verify().value().problems.empty());
    }
    EXPECT_EQ(snapshot_of(old.path), before);
}

TEST(CaptureFolder, SeesWhatChangesAndTellsOfTwoWithOneId) {
    const OldFolder old;
    const Library library = old.open();
    EXPECT_EQ(library.metadata("9e0c").value().frames, 4U);
    std::ofstream(old.path + "/snooped.jsonl", std::ios::app)
        << R"({"session_id":"9e0c","seq":7,"direction":"c2s","raw":{"x":1}})" << '\n';
    EXPECT_EQ(library.metadata("9e0c").value().frames, 5U);
    EXPECT_EQ(Reader::open(library.source("9e0c").value()).value().summary().value().totals.frames,
              5U);
    std::filesystem::copy(old.path + "/snooped.jsonl", old.path + "/a-copy.jsonl");
    const auto problems = library.verify().value().problems;
    ASSERT_EQ(problems.size(), 3U);
    EXPECT_EQ(problems.back().kind, IndexProblem::Kind::no_row);
    EXPECT_NE(problems.back().what.find("a-copy.jsonl"), std::string::npos);
    // What lies beside counts too.
    EXPECT_EQ(library.find("tools over http").value().id, "3d9d4c0a");
    std::ofstream(old.path + "/3d9d4c0a.meta.json") << R"({"name":"renamed by hand"})";
    std::filesystem::last_write_time(
        old.path + "/3d9d4c0a.meta.json",
        std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
    EXPECT_EQ(library.find("renamed by hand").value().id, "3d9d4c0a");
    std::filesystem::remove(old.path + "/index.json");
    EXPECT_EQ(library.find("weather, first try").error().code(), ErrorCode::not_found);
    std::filesystem::remove(old.path + "/snooped.jsonl");
    std::filesystem::remove(old.path + "/a-copy.jsonl");
    EXPECT_EQ(library.metadata("9e0c").error().code(), ErrorCode::not_found);
    std::filesystem::remove_all(old.path);
    EXPECT_EQ(library.search(SearchCriteria{}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(library.health().value().state, Health::State::unhealthy);
}

TEST(CaptureFolder, KeepsNoMoreContentsThanItMay) {
    const OldFolder old;
    const Library library(CaptureFolder::create(old.path, {.cache_bytes_max = 1}));
    // Each reading after the first converts again, with the same answer.
    for (int round = 0; round < 2; ++round) {
        for (const char* id : {"9e0c", "3d9d4c0a"}) {
            auto source = library.source(id).value();
            EXPECT_EQ(Reader::open(std::move(source)).value().head().id, id);
        }
    }
}

}  // namespace
}  // namespace turntable::tape
