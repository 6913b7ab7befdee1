#include "turntable/tape/metadata.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/recorded_tape.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/metadata_json.hpp"

namespace turntable::tape {
namespace {

using std::chrono::milliseconds;

Result<TapeMetadata> derived(const std::string& text) {
    return derive_metadata(std::make_unique<MemorySource>(Bytes::copy(text)), test::words());
}

TEST(TapeMetadata, IsDerivedFromTheRecords) {
    Head head = test::head_of("t1", "first");
    head.links = {{"copy_of", "t0"}};
    head.attributes = {{"team", "a"}};
    const std::string text = test::tape_text(head, {{"search x", "ok", milliseconds(10)},
                                                    {"search y", "fail 7", milliseconds(40)},
                                                    {"fetch z", "ok", milliseconds(100)},
                                                    {"fetch z", ""}});
    const TapeMetadata tape = derived(text).value();
    EXPECT_EQ(tape.id, "t1");
    EXPECT_EQ(tape.name(), "first");
    EXPECT_EQ(tape.state, TapeState::complete);
    EXPECT_EQ(tape.end_reason, "complete");
    EXPECT_EQ(tape.chain.size(), 64U);
    EXPECT_EQ(tape.frames, 7U);
    EXPECT_EQ(tape.client_frames, 4U);
    EXPECT_EQ(tape.server_frames, 3U);
    EXPECT_EQ(tape.bytes, 8U + 2 + 8 + 6 + 7 + 2 + 7);
    EXPECT_EQ(tape.stored_bytes, text.size());
    EXPECT_EQ(tape.duration, milliseconds(154));
    EXPECT_EQ(tape.facts.requests, 4U);
    EXPECT_EQ(tape.facts.unanswered, 1U);
    EXPECT_EQ(tape.tools, (std::vector<NameCount>{{"fetch", 2}, {"search", 2}}));
    EXPECT_EQ(tape.error_codes, (std::vector<NameCount>{{"7", 1}}));
    EXPECT_EQ(tape.latency.calls, 3U);
    EXPECT_EQ(tape.latency.least, milliseconds(10));
    EXPECT_EQ(tape.latency.average, milliseconds(50));
    EXPECT_EQ(tape.latency.most, milliseconds(100));
    EXPECT_NEAR(static_cast<double>(tape.latency.p50.count()), 40e6, 40e6 / 32);
    EXPECT_NEAR(static_cast<double>(tape.latency.p95.count()), 100e6, 100e6 / 32);
}

TEST(TapeMetadata, TellsWhetherTheTapeIsWhole) {
    const std::string whole = test::tape_text(test::head_of("t1"), {{"a"}, {"b"}});
    const std::string open = test::tape_text(test::head_of("t1"), {{"a"}, {"b"}}, "");
    EXPECT_EQ(derived(open).value().state, TapeState::interrupted);
    const TapeMetadata torn = derived(whole.substr(0, whole.size() - 5)).value();
    EXPECT_EQ(torn.state, TapeState::interrupted);
    EXPECT_GT(torn.torn_bytes, 0U);
    std::string damaged = whole;
    damaged[damaged.find("\"b\"") + 1] = 'c';
    EXPECT_EQ(derived(damaged).value().state, TapeState::damaged);

    std::string gap;
    auto writer = Writer::create(std::make_unique<MemorySink>(gap), test::head_of("t1")).value();
    ASSERT_TRUE(writer.append(Gap{.frames = 3, .why = "full"}));
    ASSERT_TRUE(writer.end({}));
    EXPECT_EQ(derived(gap).value().state, TapeState::incomplete);
    EXPECT_EQ(derived(gap).value().dropped, 3U);
    EXPECT_FALSE(derived("no tape"));
}

TEST(TapeMetadata, KeepsABoundedNumberOfNames) {
    std::vector<test::SaidCall> calls;
    for (std::size_t i = 0; i <= metadata_names_max; ++i) {
        calls.push_back({"tool" + std::to_string(i)});
        if (i + 1 == metadata_names_max) {
            EXPECT_FALSE(derived(test::tape_text(test::head_of("t1"), calls)).value().names_cut);
        }
    }
    const TapeMetadata tape = derived(test::tape_text(test::head_of("t1"), calls)).value();
    EXPECT_EQ(tape.tools.size(), metadata_names_max);
    EXPECT_TRUE(tape.names_cut);
}

TEST(TapeMetadata, ComesBackFromJson) {
    Head head = test::head_of("t1", "a \"name\"");
    head.links = {{"copy_of", "t0"}};
    head.attributes = {{"team", "a"}};
    TapeMetadata tape = derived(test::tape_text(head, {{"search x", "fail 7"}, {"fetch"}})).value();
    tape.labels = {"n", "d", {"a", "b"}, {"note"}, {{"k", "v"}}, true};
    tape.names_cut = true;
    tape.facts.client = {"c", "1"};
    tape.facts.server = {"s", "2"};
    tape.facts.versions = {"2025-11-25"};
    tape.endpoint = "http://x/";
    tape.redaction = "default";
    tape.recorder = "r";
    const std::string json = to_json(tape);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    EXPECT_EQ(metadata_from_json(json).value(), tape);
    EXPECT_EQ(labels_from_json(to_json(tape.labels)).value(), tape.labels);
    EXPECT_EQ(metadata_from_json(to_json(derived(test::tape_text(head, {})).value())).value(),
              derived(test::tape_text(head, {})).value());
    for (const char* wrong :
         {"", "[]", "{}", "{\"id\":1}", "{\"id\":\"a\",\"state\":\"x\",\"created\":\"y\"}"}) {
        const auto read = metadata_from_json(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code(), ErrorCode::corrupt) << wrong;
    }
}

TEST(TapeMetadata, LabelsChangeByParts) {
    Labels labels = changed({}, {.name = "n", .add_tags = {"b", "a", "b"}}).value();
    EXPECT_EQ(labels.tags, (std::vector<std::string>{"a", "b"}));
    labels = changed(labels, {.add_tags = {"c"},
                              .remove_tags = {"a", "zz"},
                              .add_notes = {"seen"},
                              .set_attributes = {{"k", "v"}},
                              .pinned = true})
                 .value();
    EXPECT_EQ(labels, (Labels{"n", "", {"b", "c"}, {"seen"}, {{"k", "v"}}, true}));
    labels = changed(labels, {.name = "", .remove_attributes = {"k"}, .pinned = false}).value();
    EXPECT_EQ(labels, (Labels{"", "", {"b", "c"}, {"seen"}, {}, false}));
}

TEST(TapeMetadata, TheRecorderMayHaveTaggedIt) {
    Head head = test::head_of("t1");
    head.attributes = {{"tags", "b,,a b,a,b"}};
    const TapeMetadata tape = derived(test::tape_text(head, {})).value();
    EXPECT_EQ(tape.labels, (Labels{.tags = {"a", "b"}}));
    EXPECT_EQ(initial_labels(tape), tape.labels);
}

TEST(TapeMetadata, LabelsHaveLimits) {
    const auto code = [](const LabelChange& change) {
        const auto labels = changed({}, change);
        return labels ? std::string("ok") : std::string(to_string(labels.error().code()));
    };
    for (const char* tag : {"", "a b", "a\"", "(a", "a)", "\xFF"}) {
        EXPECT_EQ(code({.add_tags = {tag}}), "invalid_argument") << tag;
    }
    EXPECT_EQ(code({.add_tags = {std::string(limits::tag_bytes_max, 'x')}}), "ok");
    EXPECT_EQ(code({.add_tags = {std::string(limits::tag_bytes_max + 1, 'x')}}), "limit_exceeded");
    EXPECT_EQ(code({.add_notes = {std::string(limits::labels_bytes_max, 'x')}}), "ok");
    EXPECT_EQ(code({.add_notes = {std::string(limits::labels_bytes_max + 1, 'x')}}),
              "limit_exceeded");
    EXPECT_EQ(code({.name = "\xFF"}), "invalid_argument");
}

TEST(TapeMetadata, AnIdLeadsOutOfNoFolder) {
    for (const char* id : {"a", "0190-AB_c", "tape"}) {
        EXPECT_TRUE(is_tape_id(id)) << id;
    }
    EXPECT_TRUE(is_tape_id(std::string(limits::id_bytes_max, 'a')));
    EXPECT_FALSE(is_tape_id(std::string(limits::id_bytes_max + 1, 'a')));
    for (const char* id :
         {"", ".", "..", "a/b", "../a", "/a", "a.b", "-a", "_a", "a b", "\xC3\xA4", "a\n"}) {
        EXPECT_FALSE(is_tape_id(id)) << id;
        EXPECT_EQ(check_tape_id(id).error().code(), ErrorCode::invalid_argument) << id;
    }
    EXPECT_FALSE(is_tape_id(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace turntable::tape
