#include "turntable/tape/limits.hpp"
#include "unit/tape/tapes.hpp"

// What a reader makes of tapes that are whole, torn, damaged, newer, or no tapes.
namespace turntable::tape::test {
namespace {

TEST(TapeReader, ATapeIsTextOneRecordALine) {
    std::string text;
    Writer writer = writer_to(text);
    (void)writer.frame(request(1)).value();
    EXPECT_TRUE(writer.end(TapeTime(2000)));
    const std::string chain = R"("chain":")";
    const std::size_t at = text.find(chain);
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(
        text.substr(0, at),
        R"({"kind":"head","format":"turntable-tape","version":"1.0",)"
        R"("id":"0197a5f0-7c2e-7d3a-9c41-0f6b1f0e2d55","name":"a small tape",)"
        R"("created":"2026-11-22T12:00:00.000000001Z","recorder":"test 1","transport":"stdio",)"
        R"("command":["server","--root","a \"b\"\n"],"crc":"e8ff4e49"})"
        "\n"
        R"({"kind":"frame","n":1,"t":1000,"dir":"c2s",)"
        R"("json":{"jsonrpc":"2.0","id":1,"method":"ping"},"tail":"\n","crc":"9e28e052"})"
        "\n"
        R"({"kind":"end","t":2000,"records":2,"frames":1,"bytes":41,"dropped":0,)"
        R"("reason":"complete",)");
}

TEST(TapeReader, TornInItsHeadIsNoTape) {
    const std::string whole = tape_of(0);
    for (std::size_t size = 0; size < whole.find('\n') + 1; ++size) {
        const auto reader = Reader::open(source_of(whole.substr(0, size)));
        ASSERT_FALSE(reader) << size;
        EXPECT_EQ(reader.error().code(), ErrorCode::corrupt);
    }
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at) + 1;
        lines.push_back(text.substr(at, end - at));
        at = end;
    }
    return lines;
}
std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line;
    }
    return text;
}

TEST(TapeReader, LinesThatAreCutOutDoubledOrMovedAreFound) {
    const std::vector<std::string> lines = lines_of(tape_of(5));
    const auto expect_found = [](const std::vector<std::string>& changed, const char* how) {
        const auto report = verify(source_of(joined(changed)));
        ASSERT_TRUE(report) << how;
        EXPECT_FALSE(report->problems.empty()) << how;
    };
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        auto cut = lines;
        cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(i));
        expect_found(cut, "cut");
        auto doubled = lines;
        doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        expect_found(doubled, "doubled");
        auto moved = lines;
        std::swap(moved[i], moved[i + 1]);
        expect_found(moved, "moved");
    }
}

TEST(TapeReader, VerifyGivesTheChainThatTheWriterHad) {
    std::string text;
    Writer writer = writer_to(text, {.check_bytes = 300});
    for (int id = 1; id <= 20; ++id) {
        (void)writer.frame(request(id)).value();
        const auto report = verify(source_of(text));
        ASSERT_TRUE(report);
        EXPECT_EQ(report->chain, writer.chain());
        EXPECT_EQ(report->summary.totals, writer.totals());
        EXPECT_TRUE(report->problems.empty()) << report->problems[0].what;
    }
    EXPECT_NE(text.find("\"kind\":\"check\""), std::string::npos);
}

TEST(TapeReader, OtherBytesOfTheSameChecksumsHaveAnotherChain) {
    const std::string first = tape_of(3);
    std::string other;
    Writer writer = writer_to(other);
    for (const int id : {1, 2, 4}) {
        (void)writer.frame(request(id)).value();
    }
    EXPECT_TRUE(writer.end(TapeTime(3000)));
    EXPECT_TRUE(verify(source_of(other))->problems.empty());
    EXPECT_NE(verify(source_of(first))->chain, verify(source_of(other))->chain);
}

TEST(TapeReader, ARecordHasAtMost256Members) {
    const auto read = [](unsigned members) {
        std::string line = R"({"kind":"many")";
        for (unsigned i = 1; i < members; ++i) {
            line += ",\"m" + std::to_string(i) + "\":0";
        }
        std::string text = tape_of(0);
        text.resize(text.find('\n') + 1);
        Reader reader = reader_of(text + line + "}\n", {.checksums = false});
        return reader.next();
    };
    EXPECT_TRUE(read(limits::members_max));
    EXPECT_EQ(read(limits::members_max + 1).error().code(), ErrorCode::corrupt);
}

TEST(TapeReader, RefusesANewerMajorVersionByName) {
    std::string text = tape_of(1);
    text.replace(text.find("\"1.0\""), 5, "\"2.3\"");
    const auto reader = Reader::open(source_of(text));
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code(), ErrorCode::unsupported);
    EXPECT_EQ(reader.error().message(),
              "this tape has format 2.3, and this program reads 1: read it with a newer turntable");
}

TEST(TapeReader, ReadsANewerMinorVersionAndKeepsWhatItDoesNotKnow) {
    std::string text;
    Head head = small_head();
    head.extra = R"("mood":"good")";
    Writer writer = Writer::create(sink_to(text), head).value();
    Frame frame = request(1);
    frame.extra = R"("weight":7)";
    (void)writer.frame(frame).value();
    EXPECT_TRUE(writer.append(Unknown{TapeTime(2000), "weather", R"("rain":true)"}));
    text.replace(text.find("\"1.0\""), 5, "\"1.9\"");
    std::string rewritten;
    Reader reader = reader_of(text, {.checksums = false});
    Writer again = Writer::create(sink_to(rewritten), reader.head()).value();
    while (true) {
        const auto record = reader.next().value();
        if (!record) {
            break;
        }
        EXPECT_TRUE(again.append(*record));
    }
    EXPECT_EQ(reader_of(rewritten).head(), head);
    const auto records = records_of(rewritten);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(as<Frame>(records[0]).extra, frame.extra);
    EXPECT_EQ(as<Unknown>(records[1]).extra, R"("rain":true)");
}

TEST(TapeReader, WhatIsNoTapeIsNamed) {
    for (const char* text : {"", "\n", "{}\n", "hello\n", "{\"kind\":\"frame\"}\n",
                             R"({"kind":"head","format":"turntable-tape","version":"0.1"})"
                             "\n",
                             R"({"kind":"head","format":"turntable-tape","version":"x"})"
                             "\n",
                             R"({"kind":"head","format":"turntable-tape","version":"1.0"})"
                             "\n"}) {
        const auto reader = Reader::open(source_of(text));
        ASSERT_FALSE(reader) << text;
        EXPECT_EQ(reader.error().code(), ErrorCode::corrupt) << text;
    }
}

TEST(TapeReader, LinesEditedByHandAreReadWhenAskedTo) {
    std::string text = tape_of(2);
    text.replace(text.find("ping"), 4, "pong");
    Reader strict = reader_of(text);
    EXPECT_EQ(strict.next().error().code(), ErrorCode::corrupt);
    const auto records = records_of(text, {.checksums = false});
    EXPECT_NE(as<Frame>(records[0]).payload.text().find("pong"), std::string_view::npos);
}

class WrongLine : public testing::TestWithParam<const char*> {};

TEST_P(WrongLine, IsCorrupt) {
    std::string text = tape_of(0);
    text.resize(text.find('\n') + 1);
    text += std::string(GetParam()) + "\n";
    Reader reader = reader_of(text, {.checksums = false});
    const auto record = reader.next();
    ASSERT_FALSE(record) << GetParam();
    EXPECT_EQ(record.error().code(), ErrorCode::corrupt);
    EXPECT_FALSE(*reader.next());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, WrongLine,
    testing::Values("", "{}", "[]", "x", R"({"t":1,"kind":"note"})", R"({"kind":7})",
                    R"({"kind":"note","t":-1,"text":""})", R"({"kind":"note","t":1.5,"text":""})",
                    R"({"kind":"note","t":9223372036854775808,"text":""})",
                    R"({"kind":"note","t":1,"text":7})", R"({"kind":"note","t":1,"t":2})",
                    R"({"kind":"note","t":1,"text":"\ud800"})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s"})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"up","text":""})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","text":"","json":{}})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","json":1})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","base64":"a"})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","parts":[{"sha256":"x"}]})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","parts":[7]})",
                    R"({"kind":"frame","n":1,"t":1,"dir":"c2s","text":"","redacted":[[1,2]]})",
                    R"({"kind":"life","t":1,"event":"exit","code":1.5})",
                    R"({"kind":"http","t":1,"headers":[["a"]]})",
                    R"({"kind":"note","t":1,"text":"a"}x)", R"({"kind":"note","t":1,"text":"a")"));

}  // namespace
}  // namespace turntable::tape::test
