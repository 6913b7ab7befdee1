#include "unit/tape/tapes.hpp"

#include "turntable/tape/limits.hpp"

// Every kind of record comes back as it went in, and frames byte for byte.
namespace turntable::tape::test {
namespace {

std::string only_line_of(const Record& record) {
    std::string text;
    Writer writer = writer_to(text);
    const std::size_t head = text.size();
    EXPECT_TRUE(writer.append(record));
    return text.substr(head);
}

Record back(const Record& record) {
    std::string text;
    Writer writer = writer_to(text);
    const auto done = writer.append(record);
    EXPECT_TRUE(done) << done.error().to_string();
    const auto records = records_of(text);
    EXPECT_EQ(records.size(), 1U);
    return records.empty() ? Record() : records[0];
}

TEST(TapeRecord, EveryKindComesBack) {
    const TapeTime time(42);
    const std::vector<Record> all = {
        Http{time, 7, 2, "open", "POST", "/mcp?a=\"b\"", 0, {{"accept", "a, b"}, {"x", ""}}, ""},
        Http{time, 7, 2, "response", "", "", 404, {}, ""},
        Life{time, "spawn", 4711, "", 0, ""},
        Life{time, "exit", -9, "tab\t and \xF0\x9F\x8E\xB5", 3, ""},
        Gap{time, 12, 3456, "the disk is full", ""},
        Note{time, "see \\ here", 2, ""},
        Unknown{time, "weather", R"("rain":{"mm":[1,2.50]},"sun":null)"},
    };
    for (const Record& record : all) {
        EXPECT_EQ(back(record), record) << kind_of(record);
    }
}

TEST(TapeRecord, TheHeadComesBack) {
    Head head = small_head();
    head.endpoint = "http://localhost/";
    head.segment = {3, std::string(64, 'a'), 17};
    head.links = {{"probe_of", "x"}, {"redacted_from", "y"}};
    head.redaction = "default";
    head.attributes = {{"client", "\xC3\xA9"}, {"era", ""}};
    head.extra = R"("later":[{}])";
    std::string text;
    (void)Writer::create(sink_to(text), head).value();
    EXPECT_EQ(reader_of(text).head(), head);
}

TEST(TapeRecord, AFrameWithEverythingComesBack) {
    Frame frame = frame_of(Direction::server_aside, TapeTime(5), "0123456789");
    frame.connection = 1;
    frame.exchange = 2;
    frame.truncated_from = 100;
    frame.redacted = {{0, 2, "token"}, {4, 1, "a \"rule\""}};
    frame.extra = R"("weight":1e3)";
    Record record = back(frame);
    frame.number = 1;
    EXPECT_EQ(as<Frame>(record), frame);
}

TEST(TapeRecord, PartsOfAFrameComeBack) {
    Frame frame;
    frame.parts = {Part{Bytes::copy("{\"data\":\""), {}},
                   Part{{}, PayloadRef{std::string(64, '0'), 1 << 20}},
                   Part{Bytes::copy("\xFF\x00"), {}}, Part{Bytes::copy("\"}\n"), {}}};
    Record record = back(frame);
    frame.number = 1;
    EXPECT_EQ(as<Frame>(record), frame);
}

struct Payload {
    const char* name;
    std::string bytes;
    /// What its line must hold.
    const char* form;
};

class TapePayload : public testing::TestWithParam<Payload> {};

TEST_P(TapePayload, ComesBackByteForByte) {
    const Frame frame = frame_of(Direction::server_to_client, TapeTime(1), GetParam().bytes);
    EXPECT_EQ(as<Frame>(back(frame)).payload.text(), GetParam().bytes);
    EXPECT_NE(only_line_of(frame).find(GetParam().form), std::string::npos) << only_line_of(frame);
}

std::string deep(unsigned levels) { return std::string(levels, '[') + std::string(levels, ']'); }

INSTANTIATE_TEST_SUITE_P(
    Forms, TapePayload,
    testing::Values(
        Payload{"empty", "", R"("text":"")"}, Payload{"line_feed", "\n", R"("text":"\n")"},
        Payload{"object",
                R"({"a":1})"
                "\n",
                R"("json":{"a":1},"tail":"\n")"},
        Payload{"spaces",
                R"({ "a" : [ 1 , 2 ] })"
                "\t \r\n",
                R"("json":{ "a" : [ 1 , 2 ] },"tail":"\t \r\n")"},
        Payload{"no_tail", "[]", R"("json":[],"crc")"},
        Payload{"numbers", R"([-0,1.50,1E+2,123456789012345678901234567890])",
                R"("json":[-0,1.50,1E+2,123456789012345678901234567890],)"},
        Payload{"half_a_pair", R"({"a":"\ud800"})", R"("json":{"a":"\ud800"})"},
        Payload{"members_twice", R"({"a":1,"a":2})", R"("json":{"a":1,"a":2})"},
        Payload{"space_before", " {}", R"("text":" {}")"},
        Payload{"line_break_inside", "{\n}", R"("text":"{\n}")"},
        Payload{"carriage_return_inside", "{\r}", R"("text":"{\r}")"},
        Payload{"two_objects", "{}{}", R"("text":"{}{}")"},
        Payload{"two_lines", "{}\n{}\n", R"("text":"{}\n{}\n")"},
        Payload{"scalar", "42\n", R"("text":"42\n")"},
        Payload{"half_an_object", R"({"a":)", R"("text":"{\"a\":")"},
        Payload{"trailing_comma", "[1,]", R"("text":"[1,]")"},
        Payload{"zero_first", "[01]", R"("text":"[01]")"},
        Payload{"fits_deep", deep(256), R"("json":[[)"},
        Payload{"too_deep", deep(257), R"("text":"[[)"},
        Payload{"free_text", "Server started: \xE2\x9C\x93\n",
                "\"text\":\"Server started: \xE2\x9C\x93\\n\""},
        Payload{"nul", std::string("a\0b", 3), R"("text":"a\u0000b")"},
        Payload{"controls", "\x01\x1f\x7f\b\f", "\"text\":\"\\u0001\\u001f\x7f\\u0008\\u000c\""},
        Payload{"nul_in_json", std::string("{\"\0\":1}", 7), R"("text":"{\"\u0000\":1}")"},
        Payload{"invalid", "\xFF\xFE", R"("base64":"//4=")"},
        Payload{"overlong", "\xC0\x80", R"("base64":"wIA=")"},
        Payload{"half_surrogate", "\xED\xA0\x80", R"("base64":"7aCA")"},
        Payload{"cut_character", "abc\xE2\x82", R"("base64":"YWJj4oI=")"},
        Payload{"invalid_in_json", "{\"a\":\"\xFF\"}", R"("base64":")"},
        Payload{"looks_like_a_record",
                R"({"kind":"end","crc":"00000000"})"
                "\n",
                R"("json":{"kind":"end","crc":"00000000"},"tail":"\n",)"}),
    [](const auto& payload) { return std::string(payload.param.name); });

TEST(TapeFrame, AllBytesComeBackInEveryForm) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(as<Frame>(back(frame_of(Direction::client_to_server, {}, bytes))).payload.text(),
              bytes);
    bytes.resize(128);
    EXPECT_EQ(as<Frame>(back(frame_of(Direction::client_to_server, {}, bytes))).payload.text(),
              bytes);
}

TEST(TapeFrame, HasAtMost32MiB) {
    std::string text;
    Writer writer = writer_to(text);
    const std::string bytes(limits::frame_bytes_max + 1, 'x');
    const auto refused = writer.frame(frame_of(Direction::client_to_server, {}, bytes));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
    EXPECT_EQ(writer.totals().frames, 0U);
    EXPECT_EQ(*writer.frame(frame_of(Direction::client_to_server, {}, ByteView(bytes).substr(1))),
              1U);
    const auto records = records_of(text);
    ASSERT_EQ(records.size(), 2U) << "the frame and a check";
    EXPECT_EQ(as<Frame>(records[0]).payload.size(), limits::frame_bytes_max);
}

TEST(TapeHead, HasAtMost1MiB) {
    Head head = small_head();
    head.name = "";
    std::string text;
    (void)Writer::create(sink_to(text), head).value();
    const std::string member = R"(,"name":"")";
    head.name = std::string(limits::head_bytes_max - text.size() - member.size(), 'n');
    std::string full;
    ASSERT_TRUE(Writer::create(sink_to(full), head));
    EXPECT_EQ(full.find('\n') + 1, limits::head_bytes_max);
    EXPECT_EQ(reader_of(full).head().name, head.name);
    head.name += 'n';
    const auto refused = Writer::create(sink_to(text), head);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
}

TEST(TapeRecord, WhatIsNoRecordIsRefused) {
    std::string text;
    Writer writer = writer_to(text);
    const std::size_t before = text.size();
    const std::vector<Record> wrong = {
        small_head(),
        Check(),
        End(),
        Note{{}, "\xFF", 0, ""},
        Note{{}, "a", 0, R"("unfinished":)"},
        Note{{}, "a", 0, "\"two\":1,\n\"lines\":2"},
        Unknown{{}, "Not A Word", ""},
        Unknown{{}, "", ""},
    };
    for (const Record& record : wrong) {
        const auto done = writer.append(record);
        ASSERT_FALSE(done) << kind_of(record);
        EXPECT_EQ(done.error().code(), ErrorCode::invalid_argument);
    }
    EXPECT_EQ(text.size(), before);
    EXPECT_TRUE(writer.append(Note{{}, "still fine", 0, ""}));
    EXPECT_EQ(records_of(text).size(), 1U);
}

TEST(TapeTimes, AreWallTimesToTheNanosecond) {
    for (const char* text : {"1970-01-01T00:00:00.000000000Z", "2026-11-22T15:04:05.123456789Z",
                             "2024-02-29T23:59:59.999999999Z"}) {
        const auto time = parse_wall_time(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(to_string(*time), text);
    }
    for (const char* text : {"", "2026-11-22T15:04:05Z", "2026-13-22T15:04:05.123456789Z",
                             "2025-02-29T15:04:05.123456789Z", "2026-11-22T24:04:05.123456789Z",
                             "2026-11-22 15:04:05.123456789Z", "2026-11-22T15:04:05.12345678xZ"}) {
        EXPECT_FALSE(parse_wall_time(text)) << text;
    }
}

TEST(TapeTimes, NeverGoBack) {
    std::string text;
    Writer writer = writer_to(text);
    (void)writer.frame(frame_of(Direction::client_to_server, TapeTime(100), "a")).value();
    (void)writer.frame(frame_of(Direction::client_to_server, TapeTime(50), "b")).value();
    EXPECT_TRUE(writer.append(Note{TapeTime(70), "c", 0, ""}));
    for (const Record& record : records_of(text)) {
        EXPECT_EQ(time_of(record), TapeTime(100));
    }
}

TEST(TapeId, SortsByTimeAndIsAUuid) {
    const auto clock = std::make_shared<ManualClock>();
    Runtime runtime({.clock = clock, .random = Random::seeded(1)});
    const std::string first = new_tape_id(runtime);
    clock->advance(std::chrono::milliseconds(1));
    const std::string second = new_tape_id(runtime);
    EXPECT_LT(first, second);
    EXPECT_EQ(first.size(), 36U);
    EXPECT_EQ(first.substr(0, 15), "018bcfe5-6800-7");
    EXPECT_NE(std::string("89ab").find(first[19]), std::string::npos);
}

}  // namespace
}  // namespace turntable::tape::test
