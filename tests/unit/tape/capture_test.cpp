#include "turntable/tape/capture.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/read_file.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::tape {
namespace {

const std::string captures = TURNTABLE_TEST_CAPTURES;
const std::string shadowcat_id = "0f8b1c2e-5a77-4c39-9a51-2f6d1f6f0c11";

/// What a capture holds, as a reader of tapes sees it.
struct Read {
    Head head;
    std::vector<Frame> frames;
    std::vector<Record> others;
    std::string end;
};

Read read_all(const Capture& capture) {
    Reader reader = Reader::open(std::make_unique<MemorySource>(capture.tape)).value();
    Read out;
    out.head = reader.head();
    while (auto record = reader.next().value()) {
        if (auto* frame = std::get_if<Frame>(&*record)) {
            out.frames.push_back(*frame);
        } else if (const auto* end = std::get_if<End>(&*record)) {
            out.end = end->reason;
        } else {
            out.others.push_back(*record);
        }
    }
    EXPECT_TRUE(verify(std::make_unique<MemorySource>(capture.tape)).value().problems.empty());
    return out;
}

std::map<std::string, std::string> attributes(const Read& tape) {
    return {tape.head.attributes.begin(), tape.head.attributes.end()};
}

std::map<std::string, std::uint64_t> left_out(const Capture& capture) {
    std::map<std::string, std::uint64_t> out;
    for (const NameCount& one : capture.left_out) {
        out[one.name] = one.count;
    }
    return out;
}

std::chrono::milliseconds ms(const Frame& frame) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(frame.time);
}

TEST(Capture, AnOldDocumentKeepsItsIdNameTagsTimesAndMessages) {
    const Capture capture =
        read_capture_file(captures + "/shadowcat/" + shadowcat_id + ".json").value();
    EXPECT_EQ(capture.format, CaptureFormat::shadowcat);
    EXPECT_EQ(capture.id, shadowcat_id);
    EXPECT_EQ(capture.problem_count, 0U);
    EXPECT_EQ(capture.labels.description, "asks for the weather");
    // From index.json: the document has no name and no tags.
    EXPECT_EQ(capture.labels.tags, (std::vector<std::string>{"demo", "two-words"}));
    const Read tape = read_all(capture);
    EXPECT_EQ(tape.head.id, shadowcat_id);
    EXPECT_EQ(tape.head.name, "weather, first try");
    EXPECT_EQ(tape.head.recorder, "shadowcat 0.2.0");
    EXPECT_EQ(tape.head.transport, "stdio");
    EXPECT_EQ(to_string(tape.head.created), "2025-08-30T08:15:00.125000000Z");
    EXPECT_EQ(tape.end, "complete");
    const auto told = attributes(tape);
    EXPECT_EQ(told.at("imported_from"), "shadowcat");
    EXPECT_EQ(told.at("imported_file"), shadowcat_id + ".json");
    EXPECT_EQ(told.at("client"), "probe 1.2");
    EXPECT_EQ(told.at("server"), "weather 0.9");
    EXPECT_EQ(told.at("session_id"), "s-1");
    EXPECT_EQ(told.at("protocol_version"), "2025-06-18");

    ASSERT_EQ(tape.frames.size(), 3U);
    // Numbers and escapes as they were; no white space but inside of texts.
    EXPECT_EQ(tape.frames[0].payload.text(),
              R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"forecast",)"
              R"("arguments":{"city":"Z\u00fcrich","days":1.0,"n":12345678901234567890}}})"
              "\n");
    EXPECT_EQ(tape.frames[1].payload.text(),
              R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text",)"
              R"("text":"a \"warm\"  day"}]}})"
              "\n");
    EXPECT_EQ(tape.frames[0].direction, Direction::client_to_server);
    EXPECT_EQ(tape.frames[1].direction, Direction::server_to_client);
    EXPECT_EQ(ms(tape.frames[0]).count(), 0);
    EXPECT_EQ(ms(tape.frames[1]).count(), 500);
    EXPECT_EQ(ms(tape.frames[2]).count(), 1000);
    const auto gone = left_out(capture);
    EXPECT_EQ(gone.at("frames of shadowcat itself (direction internal)"), 1U);
    EXPECT_EQ(gone.at("frame member correlation_id"), 1U);
    EXPECT_EQ(gone.at("jsonrpc: the capture has none, it was put in again"), 1U);
}

TEST(Capture, OldLinesAreReadAroundDamageAndATornEnd) {
    const Capture capture = read_capture_file(captures + "/lines/3d9d4c0a.jsonl").value();
    EXPECT_EQ(capture.format, CaptureFormat::shadowcat_lines);
    EXPECT_EQ(capture.id, "3d9d4c0a");
    EXPECT_EQ(capture.labels.description, "kept beside");
    EXPECT_EQ(capture.labels.tags, std::vector<std::string>{"nightly"});
    ASSERT_EQ(capture.problems.size(), 2U);
    EXPECT_EQ(capture.problems[0].line, 5U);
    EXPECT_EQ(capture.problems[1].line, 8U);
    EXPECT_NE(capture.problems[1].what.find("torn"), std::string::npos);
    const std::string text = test::read_file(captures + "/lines/3d9d4c0a.jsonl");
    EXPECT_EQ(text.substr(capture.problems[0].offset, 9), "this line");
    const Read tape = read_all(capture);
    EXPECT_EQ(tape.head.name, "tools over http");
    EXPECT_EQ(tape.head.transport, "http");
    EXPECT_EQ(tape.end, "");  // torn, and its recorder never finished it
    ASSERT_EQ(tape.frames.size(), 3U);
    EXPECT_EQ(tape.frames[0].payload.text(), R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    EXPECT_EQ(tape.frames[0].exchange, 1U);
    ASSERT_EQ(tape.others.size(), 2U);
    const auto& http = std::get<Http>(tape.others[0]);
    EXPECT_EQ(http.method, "POST");
    EXPECT_EQ(http.target, "/mcp");
    ASSERT_EQ(http.headers.size(), 1U);
    EXPECT_EQ(http.headers[0].first, "mcp-protocol-version");
    EXPECT_EQ(std::get<Gap>(tape.others[1]).frames, 2U);
    EXPECT_EQ(capture.tape.text().find("Bearer"), std::string_view::npos);
    const auto gone = left_out(capture);
    EXPECT_EQ(gone.at("http header authorization"), 1U);
    EXPECT_EQ(gone.at("sse event_id"), 1U);
    EXPECT_EQ(gone.at("lines of correlation: calls are found again"), 1U);
}

TEST(Capture, SnoopedFramesKeepDirectionStatusAndMarks) {
    const Capture capture = read_capture_file(captures + "/snooped.jsonl").value();
    EXPECT_EQ(capture.format, CaptureFormat::mcpsnoop);
    EXPECT_EQ(capture.id, "9e0c");
    EXPECT_EQ(capture.problem_count, 0U);
    const Read tape = read_all(capture);
    EXPECT_EQ(to_string(tape.head.created), "2026-05-01T09:00:00.000000001Z");
    EXPECT_EQ(tape.head.redaction, "mcpsnoop");
    ASSERT_EQ(tape.frames.size(), 4U);
    const Frame& login = tape.frames[0];
    ASSERT_EQ(login.redacted.size(), 1U);
    EXPECT_EQ(login.payload.text().substr(login.redacted[0].offset, login.redacted[0].size),
              "[REDACTED]");
    EXPECT_EQ(tape.frames[1].direction, Direction::server_aside);
    EXPECT_EQ(tape.frames[1].payload.text(), "starting up\n");
    EXPECT_GT(tape.frames[2].truncated_from, tape.frames[2].payload.size());
    EXPECT_EQ(tape.frames[3].connection, 1U);
    ASSERT_EQ(tape.others.size(), 4U);
    EXPECT_EQ(std::get<Note>(tape.others[0]).frame, 1U);
    EXPECT_EQ(std::get<Gap>(tape.others[1]).frames, 2U);
    EXPECT_EQ(std::get<Life>(tape.others[2]).text, "9e0c c2");
    EXPECT_EQ(std::get<Http>(tape.others[3]).status, 404U);
    const auto gone = left_out(capture);
    EXPECT_EQ(gone.at("frame member headers"), 1U);
    EXPECT_EQ(gone.at("the length of a truncated frame: the capture has none"), 1U);
}

TEST(Capture, RecordedPairsBecomeFramesOneAfterAnother) {
    const Capture capture = read_capture_file(captures + "/recorded.json").value();
    EXPECT_EQ(capture.format, CaptureFormat::mcp_recorder);
    // It has no id of its own: the content gives one, and the same each time.
    EXPECT_TRUE(capture.id.starts_with("imported-"));
    EXPECT_EQ(capture.id, read_capture_file(captures + "/recorded.json").value().id);
    const Read tape = read_all(capture);
    EXPECT_EQ(tape.head.name, "files");
    EXPECT_EQ(to_string(tape.head.created), "2026-02-03T04:05:06.000000000Z");
    ASSERT_EQ(tape.frames.size(), 5U);
    EXPECT_EQ(tape.frames[1].time, std::chrono::microseconds(12'500));
    EXPECT_EQ(tape.frames[1].direction, Direction::server_to_client);
    EXPECT_EQ(tape.frames[4].time, std::chrono::microseconds(15'500));
    const auto gone = left_out(capture);
    EXPECT_EQ(gone.at("metadata member secret_rules"), 1U);
    EXPECT_EQ(gone.count("when each call was: the capture has only how long it took"), 1U);
    EXPECT_EQ(gone.count("which calls ran at the same time: the capture has pairs"), 1U);
}

TEST(Capture, OfATornDocumentEveryWholeFrameIsRead) {
    const std::string text = test::read_file(captures + "/shadowcat/" + shadowcat_id + ".json");
    const std::size_t second = text.find("ServerToClient");
    const std::size_t third = text.find("Internal");
    for (const std::size_t cut : {second, third, text.find("c-2")}) {
        const Capture capture =
            read_capture(std::string_view(text).substr(0, cut), {.file = shadowcat_id + ".json"})
                .value();
        EXPECT_EQ(capture.id, shadowcat_id);
        EXPECT_EQ(capture.problem_count, 1U);
        EXPECT_NE(capture.problems[0].what.find("torn"), std::string::npos);
        const Read tape = read_all(capture);
        EXPECT_EQ(tape.frames.size(), cut == second ? 1U : 2U);
        EXPECT_EQ(tape.end, "");
    }
    // Nothing of it is there yet.
    const auto none = read_capture(std::string_view(text).substr(0, text.find("ClientToServer")));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), ErrorCode::corrupt);
    EXPECT_NE(none.error().to_string().find("line="), std::string::npos);
}

TEST(Capture, ADamagedFrameCostsItselfOnly) {
    std::string text = test::read_file(captures + "/shadowcat/" + shadowcat_id + ".json");
    text.replace(text.find("\"Request\""), 9, "\"Req\001est");
    const Capture capture = read_capture(text).value();
    ASSERT_EQ(capture.problems.size(), 1U);
    EXPECT_EQ(capture.problems[0].line, 20U);
    EXPECT_NE(capture.problems[0].what.find("damaged"), std::string::npos);
    const Read tape = read_all(capture);
    EXPECT_EQ(tape.frames.size(), 2U);
    EXPECT_EQ(tape.end, "complete");
}

TEST(Capture, DamageBeforeTheFramesCostsNoFrame) {
    std::string text = test::read_file(captures + "/shadowcat/" + shadowcat_id + ".json");
    text.replace(text.find("\"asks"), 5, "asks ");
    EXPECT_EQ(recognise_capture(text), CaptureFormat::shadowcat);
    const Capture capture = read_capture(text, {.file = shadowcat_id + ".json"}).value();
    EXPECT_EQ(capture.id, shadowcat_id);
    ASSERT_EQ(capture.problems.size(), 1U);
    EXPECT_EQ(capture.problems[0].line, 9U);
    EXPECT_EQ(capture.problems[0].what, "damaged: left out up to the frames");
    EXPECT_EQ(read_all(capture).frames.size(), 3U);
}

TEST(Capture, AnIdThatIsAPathBecomesAnother) {
    const std::string text =
        R"({"id":"../../etc/passwd","frames":[{"dir":"c2s","ts":5,"message":"hello"}]})";
    const Capture capture = read_capture(text, {.file = "x.json"}).value();
    EXPECT_TRUE(is_tape_id(capture.id));
    const Read tape = read_all(capture);
    EXPECT_EQ(attributes(tape).at("imported_id"), "../../etc/passwd");
    EXPECT_EQ(tape.frames.at(0).payload.text(), "hello\n");
    EXPECT_EQ(capture.id, read_capture(text, {.file = "y.json"}).value().id);
}

TEST(Capture, ReadsTheWaysInWhichTimesAreWritten) {
    const auto created = [](const std::string& time) {
        const std::string text =
            R"({"id":"a","frames":[{"dir":"c2s","message":"x","timestamp":)" + time + "}]}";
        return to_string(read_all(read_capture(text).value()).head.created);
    };
    const std::string expected = "2025-08-30T08:15:00.125000000Z";
    for (const char* time : {R"("2025-08-30T08:15:00.125Z")", R"("2025-08-30T10:15:00.125+02:00")",
                             R"("2025-08-30 03:45:00.125-04:30")", "1756541700125",
                             "1756541700.125", "1756541700125000", "1756541700125000000",
                             R"({"secs_since_epoch":1756541700,"nanos_since_epoch":125000000})"}) {
        EXPECT_EQ(created(time), expected) << time;
    }
    for (const char* time : {"\"yesterday\"", "17", "-5", "null", "99999999999999999999999",
                             R"({"secs_since_epoch":99999999999})", "\"2025-13-30T08:15:00Z\""}) {
        EXPECT_EQ(created(time), "1970-01-01T00:00:00.000000000Z") << time;
    }
}

TEST(Capture, KnowsWhatIsNone) {
    for (const char* text :
         {"", " \n", "[]", "{}", "hello", R"({"frames":[]})", R"({"id":"x"})",
          R"({"kind":"head","format":"turntable-tape","version":"1.0","id":"x","frames":[]})",
          R"({"type":"module","name":"x"})", R"({"session_id":"x","seq":1})"}) {
        EXPECT_EQ(recognise_capture(text), std::nullopt) << text;
        EXPECT_EQ(read_capture(text).error().code(), ErrorCode::corrupt) << text;
    }
    // Said to be what it is not.
    for (const CaptureFormat wrong : {CaptureFormat::shadowcat, CaptureFormat::mcp_recorder}) {
        EXPECT_EQ(read_capture(R"({"session_id":"x","seq":1})", {.format = wrong}).error().code(),
                  ErrorCode::corrupt);
    }
    EXPECT_EQ(recognise_capture(R"({"frame":{"seq":1}})"), CaptureFormat::shadowcat_lines);
    EXPECT_EQ(recognise_capture("\n {\"interactions\": [ {"), CaptureFormat::mcp_recorder);
    for (const CaptureFormat format : {CaptureFormat::shadowcat, CaptureFormat::shadowcat_lines,
                                       CaptureFormat::mcpsnoop, CaptureFormat::mcp_recorder}) {
        EXPECT_EQ(parse_capture_format(to_string(format)), format);
    }
    EXPECT_EQ(parse_capture_format("har"), std::nullopt);
    EXPECT_EQ(read_capture_file("/nowhere/x.json").error().code(), ErrorCode::not_found);
}

TEST(Capture, ALargeDocumentIsRecognisedByAllOfIt) {
    const test::TempFolder folder;
    const std::string path = folder.file("large.json");
    std::ofstream(path) << R"({"statistics":")" << std::string(100'000, 'x')
                        << R"(","frames":[{"dir":"c2s","message":"x"}],"id":"late"})";
    EXPECT_EQ(recognise_capture_file(path).value(), CaptureFormat::shadowcat);
    EXPECT_EQ(read_capture_file(path).value().id, "late");
}

TEST(Capture, SecretsAreTakenOutOnTheWay) {
    Redactor redactor = Redactor::create({}).value();
    const std::string text =
        R"({"id":"a","description":"password=hunter2hunter2","frames":[{"dir":"c2s",)"
        R"("message":{"jsonrpc":"2.0","id":1,"method":"x","params":{"password":"hunter2hunter2"}}}]})";
    EXPECT_NE(read_capture(text).value().tape.text().find("hunter2"), std::string_view::npos);
    const Capture capture = read_capture(text, {.redactor = &redactor}).value();
    EXPECT_EQ(capture.tape.text().find("hunter2"), std::string_view::npos);
    const Read tape = read_all(capture);
    EXPECT_EQ(tape.frames.at(0).redacted.size(), 1U);
    EXPECT_EQ(tape.head.redaction, redactor.policy());
    EXPECT_GE(redactor.count(), 1U);
}

TEST(Capture, AFolderListsItsCapturesAndNothingElse) {
    const test::TempFolder folder;
    std::filesystem::copy(captures + "/shadowcat", folder.file("old"));
    std::ofstream(folder.file("old/package.json")) << R"({"name":"x"})";
    std::ofstream(folder.file("old/notes.txt")) << "notes";
    std::filesystem::create_symlink(captures + "/recorded.json", folder.file("old/link.json"));
    EXPECT_EQ(list_captures(folder.file("old")).value(),
              std::vector<std::string>{shadowcat_id + ".json"});
    std::vector<std::string> read;
    ASSERT_TRUE(read_captures(folder.file("old"), {}, [&](const auto& name, const auto& capture) {
        read.push_back(name + " " + read_all(*capture).head.name);
    }));
    EXPECT_EQ(read, std::vector<std::string>{shadowcat_id + ".json weather, first try"});
    EXPECT_EQ(list_captures(folder.file("none")).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace turntable::tape
