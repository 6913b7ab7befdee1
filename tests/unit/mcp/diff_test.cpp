#include "turntable/mcp/diff.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/mcp/recording.hpp"

namespace turntable::mcp {
namespace {

tape::SegmentReader reader_of(const Recording& recording) {
    return tape::SegmentReader::open([text = recording.text()](std::uint64_t number)
                                         -> Result<std::unique_ptr<tape::Source>> {
               if (number > 1) {
                   return Error(ErrorCode::not_found, "there is one segment");
               }
               return tape::test::source_of(text);
           })
        .value();
}

/// Each call that differs on a line, with its places.
std::string compared(const Recording& first, const Recording& second,
                     const DiffOptions& options = {}) {
    tape::SegmentReader one = reader_of(first);
    tape::SegmentReader other = reader_of(second);
    const DiffReport report = diff(one, other, options).value();
    std::string out;
    for (const DiffCall& call : report.calls) {
        out += std::string(to_string(call.kind)) + " " + call.method + " " + call.subject + " " +
               std::to_string(call.first) + "," + std::to_string(call.second);
        for (const DiffPlace& place : call.places) {
            out += " " + place.path + ":" + place.first + ">" + place.second;
        }
        out += "\n";
    }
    return out + std::to_string(report.same) + " same";
}

TEST(McpDiff, IdsTimesAndOrderDoNotCount) {
    Recording first;
    first.client(call("1", "1")).server(answer("1", "1"));
    first.client(call("2", "2")).server(answer("2", R"({"a":1,"b":2})"));
    Recording second;
    second.client(call("8", "2", R"(,"_meta":{"progressToken":1})"))
        .wait(5s)
        .server(answer("8", R"({"b":2,"a":1})"));
    second.client(call("9", "1")).server(answer("9", "1"));
    EXPECT_EQ(compared(first, second), "2 same");
}

TEST(McpDiff, TellsWhatIsMissingAddedAndAnsweredOtherwise) {
    Recording first;
    first.client(R"({"id":1,"method":"tools/list"})")
        .server(answer("1", R"({"tools":[{"name":"a","v":1},{"name":"b"},{"name":"c"}]})"));
    first.client(call("2", "1")).server(answer("2", "1"));
    first.client(R"({"id":3,"method":"prompts/list"})").server(answer("3", "{}"));
    Recording second;
    second.client(R"({"id":1,"method":"tools/list"})")
        .server(answer("1", R"({"tools":[{"name":"c"},{"name":"a","v":2},{"name":"d"}]})"));
    second.client(call("2", "7")).server(answer("2", "1"));
    second.client(R"({"id":4,"method":"resources/read","params":{"uri":"u"}})")
        .server(R"({"id":4,"error":{"code":-32002}})");
    EXPECT_EQ(compared(first, second),
              "answer tools/list  1,1 /result/tools/a/v:1>2 /result/tools/b:{\"name\":\"b\"}> "
              "/result/tools/d:>{\"name\":\"d\"}\n"
              "request tools/call t 3,3 /params/arguments:1>7\n"
              "added resources/read u 0,5\n"
              "missing prompts/list  5,0\n"
              "0 same");
}

TEST(McpDiff, LeavesOutWhatIsIgnored) {
    Recording first;
    first.client(call("1", R"({"q":1,"now":1})"))
        .server(answer("1", R"({"time":1,"list":[{"id":1}]})"));
    Recording second;
    second.client(call("1", R"({"q":1,"now":2})"))
        .server(answer("1", R"({"time":2,"list":[{"id":2}]})"));
    EXPECT_EQ(compared(first, second,
                       {.ignore = {"/params/arguments/now", "/result/time", "/result/list/*/id"}}),
              "1 same");
    EXPECT_EQ(compared(first, second, {.ignore = {"/params/arguments/now"}, .places_max = 1}),
              "answer tools/call t 1,1 /result/list/0/id:1>2\n0 same");
    tape::SegmentReader one = reader_of(first);
    tape::SegmentReader other = reader_of(second);
    EXPECT_EQ(diff(one, other, {.ignore = {"x"}}).error().code(), ErrorCode::invalid_argument);
}

TEST(McpDiff, ACallThatNobodyAnswersAnyMoreIsADifference) {
    Recording first;
    first.client(call("1", "1")).server(answer("1", "1"));
    Recording second;
    second.client(call("1", "1"));
    EXPECT_EQ(compared(first, second), "answer tools/call t 1,1 :{\"result\":1}>null\n0 same");
}

}  // namespace
}  // namespace turntable::mcp
