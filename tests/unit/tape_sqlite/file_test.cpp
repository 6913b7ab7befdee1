#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/sqlite/tape/schema.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/sqlite.hpp"
#include "unit/tape_sqlite/raw_file.hpp"

namespace turntable::tape {
namespace {

class TapeSqliteFile : public testing::Test {
  protected:
    Library open(const std::string& settings = {}) {
        auto library = test::open_tapes(path_, settings);
        EXPECT_TRUE(library) << library.error().to_string();
        return *std::move(library);
    }
    static std::string text_of(const std::string& id, int calls = 3) {
        std::vector<test::SaidCall> said;
        for (int i = 0; i < calls; ++i) {
            said.push_back({"search word" + std::to_string(i), i % 2 == 0 ? "ok" : "fail 7"});
        }
        return test::tape_text(test::head_of(id), said);
    }
    std::string bytes_of_file() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    template <class T>
    static Error error_of(const Result<T>& result) {
        EXPECT_FALSE(result);
        return result ? Error(ErrorCode::backend, "no error") : result.error();
    }

    test::TempFolder folder_;
    const std::string path_ = folder_.file("tapes.db");
};

TEST_F(TapeSqliteFile, GivesBackEveryByte) {
    const Library library = open();
    // More than a few rows of content, and a torn end.
    const std::string text = text_of("long", 2000) + "{\"torn";
    ASSERT_GT(text.size(), 200'000U);
    const TapeMetadata saved = test::save_text(library, text).value();
    EXPECT_EQ(saved.torn_bytes, 6U);
    EXPECT_EQ(library.load("long").value().content.view().to_string(), text);
    auto source = library.source("long").value();
    std::string part(70'000, '\0');
    ASSERT_EQ(source->read(31'000, part.data(), part.size()).value(), part.size());
    EXPECT_EQ(part, text.substr(31'000, part.size()));
}

TEST_F(TapeSqliteFile, ManySmallAppendsMakeFewRows) {
    const Library library = open("?durability=off");
    const std::string text = text_of("live", 500);
    {
        auto sink = library.sink("live").value();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at) + 1;
            ASSERT_TRUE(sink->append(std::string_view(text).substr(at, end - at)));
            at = end;
        }
    }
    EXPECT_EQ(library.load("live").value().content.view().to_string(), text);
    EXPECT_EQ(library.metadata("live").value().state, TapeState::complete);
    test::RawFile file(path_);
    const auto rows = file.run("select count(*) <= 1 + sum(length(bytes)) / 32768 from chunk");
    EXPECT_EQ(rows, std::vector<std::string>{"1"});
    EXPECT_TRUE(library.verify().value().problems.empty());
}

TEST_F(TapeSqliteFile, AFailedSaveLeavesNothing) {
    /// Fails in the middle, once everything before it was written.
    class Failing final : public Source {
      public:
        explicit Failing(std::string text) : text_(std::move(text)) {}
        Result<std::uint64_t> size() override { return std::uint64_t{text_.size()}; }
        Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override {
            if (offset + size >= text_.size() && ++ends_ > 1) {
                return Error(ErrorCode::io, "the disk is gone");
            }
            return text_.copy(buffer, size, static_cast<std::size_t>(offset));
        }

      private:
        std::string text_;
        int ends_ = 0;
    };
    const Library library = open();
    ASSERT_TRUE(test::save_text(library, text_of("t1")));
    test::RawFile file(path_);
    const std::string counts =
        "select (select count(*) from tape), (select count(*) from chunk), (select count(*) from "
        "value), (select count(*) from call), (select count(*) from piece)";
    const auto before = file.run(counts);
    const auto saved =
        library.save(std::make_unique<Failing>(text_of("t1", 2000)), {.replace = true});
    EXPECT_EQ(error_of(saved).code(), ErrorCode::io);
    EXPECT_EQ(file.run(counts), before);
    EXPECT_EQ(library.load("t1").value().content.view().to_string(), text_of("t1"));
}

TEST_F(TapeSqliteFile, ABatchIsOneTransactionWithAnAnswerForEach) {
    const Library library = open();
    ASSERT_TRUE(test::save_text(library, text_of("t2")));
    std::vector<std::unique_ptr<Source>> contents;
    for (const std::string& text :
         {text_of("t1"), text_of("t2"), std::string("no tape"), text_of("t3")}) {
        contents.push_back(std::make_unique<MemorySource>(Bytes::copy(text)));
    }
    test::RawFile file(path_);
    const auto before = file.run("pragma data_version");
    const auto saved = library.save_all(std::move(contents));
    ASSERT_EQ(saved.size(), 4U);
    EXPECT_TRUE(saved[0] && saved[0]->id == "t1");
    EXPECT_EQ(error_of(saved[1]).code(), ErrorCode::already_exists);
    EXPECT_EQ(error_of(saved[2]).code(), ErrorCode::corrupt);
    EXPECT_TRUE(saved[3] && saved[3]->id == "t3");
    EXPECT_NE(file.run("pragma data_version"), before);
    EXPECT_EQ(library.search("tool:search word1").value().tapes.size(), 3U);
    EXPECT_TRUE(library.verify().value().problems.empty());
    // A batch that cannot begin is an answer for each.
    file.run("begin immediate");
    std::vector<std::unique_ptr<Source>> more;
    more.push_back(std::make_unique<MemorySource>(Bytes::copy(text_of("t4"))));
    const Library hasty = open("?busy_timeout=0ms");
    const auto refused = hasty.save_all(std::move(more));
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(error_of(refused[0]).code(), ErrorCode::busy);
}

TEST_F(TapeSqliteFile, WhatIsRemovedLeavesNoRow) {
    const Library library = open();
    ASSERT_TRUE(test::save_text(library, text_of("t1", 3000), {.labels = Labels{.tags = {"x"}}}));
    ASSERT_TRUE(library.tag("t1", {"y"}));
    ASSERT_TRUE(library.remove("t1"));
    test::RawFile file(path_);
    for (const char* table : {"tape", "about", "chunk", "value", "call", "piece", "growing"}) {
        EXPECT_EQ(file.run(std::string("select count(*) from ") + table),
                  std::vector<std::string>{"0"})
            << table;
    }
    // The words went too.
    EXPECT_EQ(file.run("select count(*) from words where words match '736561'"),
              std::vector<std::string>{"0"});
}

TEST_F(TapeSqliteFile, RefusesOtherFilesAndLeavesThemAsTheyAre) {
    struct Refused {
        const char* sql;
        ErrorCode code;
        const char* says;
    };
    const std::string newer = "pragma application_id = " + std::to_string(sqlite::application_id) +
                              "; pragma user_version = 2; create table tape (n)";
    const std::string empty = "pragma application_id = " + std::to_string(sqlite::application_id);
    const Refused table[] = {
        {"create table other (a)", ErrorCode::invalid_config, "another program"},
        {"pragma application_id = 7", ErrorCode::invalid_config, "another program"},
        {newer.c_str(), ErrorCode::unsupported, "has version 2"},
        {empty.c_str(), ErrorCode::corrupt, "has not the tables"},
    };
    for (const Refused& row : table) {
        SCOPED_TRACE(row.sql);
        std::filesystem::remove(path_);
        test::RawFile(path_).run(row.sql);
        const std::string before = bytes_of_file();
        const Error error = error_of(open().metadata("t1"));
        EXPECT_EQ(error.code(), row.code);
        EXPECT_NE(error.message().find(row.says), std::string::npos) << error.message();
        EXPECT_EQ(bytes_of_file(), before);
    }
    std::ofstream(path_, std::ios::trunc) << "no database at all, but a text of some length";
    EXPECT_EQ(error_of(open().metadata("t1")).code(), ErrorCode::corrupt);
}

TEST_F(TapeSqliteFile, IsMadeOnlyWhereThatIsAskedFor) {
    EXPECT_EQ(error_of(open("?create=false").metadata("t1")).code(), ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_EQ(error_of(test::open_tapes(":memory:")).code(), ErrorCode::invalid_config);
    ASSERT_TRUE(test::save_text(open(), text_of("t1")));
    const Library reading = open("?read_only=true");
    EXPECT_EQ(reading.search("tool:search word1").value().tapes.size(), 1U);
    EXPECT_TRUE(reading.verify().value().problems.empty());
    EXPECT_EQ(error_of(test::save_text(reading, text_of("t2"))).code(),
              ErrorCode::permission_denied);
}

TEST_F(TapeSqliteFile, ChangesOfOthersShow) {
    const Library one = open();
    const Library other = open();
    ASSERT_TRUE(test::save_text(one, text_of("t1")));
    EXPECT_EQ(other.search("tool:search").value().tapes.size(), 1U);
    ASSERT_TRUE(other.tag("t1", {"x"}));
    EXPECT_EQ(one.search("tag:x").value().tapes.size(), 1U);
    ASSERT_TRUE(other.remove("t1"));
    EXPECT_EQ(error_of(one.metadata("t1")).code(), ErrorCode::not_found);
}

TEST_F(TapeSqliteFile, WaitsForAnotherWriterForSoLong) {
    const Library library = open("?busy_timeout=0ms");
    ASSERT_TRUE(test::save_text(library, text_of("t1")));
    test::RawFile other(path_);
    other.run("begin immediate");
    EXPECT_EQ(error_of(library.tag("t1", {"x"})).code(), ErrorCode::busy);
    // Who only reads does not wait.
    EXPECT_EQ(library.search("tool:search").value().tapes.size(), 1U);
    other.run("commit");
    EXPECT_TRUE(library.tag("t1", {"x"}));
}

TEST_F(TapeSqliteFile, OneOfManyThreadsWins) {
    const Library library = open("?durability=off");
    std::atomic<int> won = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int tape = 0; tape < 10; ++tape) {
                const std::string id = "t" + std::to_string(tape);
                won += test::save_text(library, text_of(id)).has_value() ? 1 : 0;
                EXPECT_TRUE(library.search("word1"));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(won.load(), 10);
    EXPECT_TRUE(library.verify().value().problems.empty());
}

/// Damage of one kind, what an inspection says of it, and whether it can be put right.
struct Damage {
    const char* name;
    const char* sql;
    IndexProblem::Kind kind;
    bool repaired;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class TapeSqliteDamage : public TapeSqliteFile, public testing::WithParamInterface<Damage> {};

TEST_P(TapeSqliteDamage, IsFoundAndPutRight) {
    {
        const Library library = open();
        ASSERT_TRUE(
            test::save_text(library, text_of("t1", 600), {.labels = Labels{.tags = {"x"}}}));
        ASSERT_TRUE(test::save_text(library, text_of("t2")));
    }
    test::RawFile(path_).run(GetParam().sql);
    const Library library = open();
    const InspectReport found = library.verify().value();
    ASSERT_FALSE(found.problems.empty());
    EXPECT_EQ(to_string(found.problems[0].kind), to_string(GetParam().kind));
    const InspectReport report = library.rebuild().value();
    EXPECT_EQ(report.repaired > 0, GetParam().repaired);
    EXPECT_EQ(library.verify().value().problems.empty(), GetParam().repaired);
    if (GetParam().repaired && GetParam().kind == IndexProblem::Kind::stale) {
        EXPECT_EQ(library.search("tag:x word599 tool:search error").value().tapes.size(), 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Of, TapeSqliteDamage,
    testing::Values(
        Damage{"column",
               "update about set metadata = replace(metadata, '\"frames\":', '\"frames\":1')",
               IndexProblem::Kind::stale, true},
        Damage{"metadata", "update about set metadata = '{' where tape = 1",
               IndexProblem::Kind::stale, true},
        Damage{"value", "delete from value where field = 'tag'", IndexProblem::Kind::stale, true},
        Damage{"calls", "delete from call where number = 3", IndexProblem::Kind::stale, true},
        Damage{"pieces", "delete from piece where frames > 0", IndexProblem::Kind::stale, true},
        Damage{"words", "update words_data set block = x'00ff00ff00ff00ff' where id > 100",
               IndexProblem::Kind::stale, true},
        Damage{"hole", "delete from chunk where tape = 1 and offset = 32768",
               IndexProblem::Kind::damaged, false},
        Damage{"content", "delete from chunk where tape = 2", IndexProblem::Kind::no_content,
               true}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace turntable::tape
