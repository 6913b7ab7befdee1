// The messages beside protoc, which makes the same bytes of the same fields.
#include "kv_connect/messages.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace turntable::kv::connect {
namespace {

/// What protoc makes of a message in its text form.
std::string from_protoc(const std::string& type, const std::string& text) {
    const std::string folder = TURNTABLE_TEST_PROTO;
    test::ChildProcess protoc({"protoc", "--proto_path=" + folder,
                               "--encode=com.deno.kv.datapath." + type, "datapath.proto"});
    protoc.write_line(text);
    protoc.close_input();
    std::string bytes = protoc.read_all();
    EXPECT_EQ(protoc.wait(), 0) << text;
    return bytes;
}

const Versionstamp stamp_5 = Versionstamp::from_version(5);
const std::string text_5 = R"(versionstamp: "\000\000\000\000\000\000\000\005\000\000")";

TEST(ConnectProtoc, Reads) {
    const std::vector<ReadRange> ranges = {{"\x02"
                                            "a",
                                            "\x02"
                                            "b",
                                            7, true},
                                           {"", "\xFF", 2147483647, false}};
    const std::string bytes =
        from_protoc("SnapshotRead",
                    R"(ranges { start: "\002a" end: "\002b" limit: 7 reverse: true }
           ranges { end: "\377" limit: 2147483647 })");
    EXPECT_EQ(encode_read(ranges), bytes);
    const auto decoded = decode_read(bytes);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(encode_read(*decoded), bytes);
}

TEST(ConnectProtoc, AnswersOfReads) {
    ReadOutput output(3);
    ASSERT_TRUE(output[0].append("k1", "v1", ValueEncoding::bytes, stamp_5));
    ASSERT_TRUE(output[0].append("k2", ByteView("\xFF\x0F\x30", 3), ValueEncoding::v8, stamp_5));
    ASSERT_TRUE(
        output[2].append("k3", ByteView("\0\0\0\0\0\0\0\1", 8), ValueEncoding::le64, stamp_5));
    const std::string bytes = from_protoc(
        "SnapshotReadOutput",
        "ranges { values { key: 'k1' value: 'v1' encoding: VE_BYTES " + text_5 + " }" +
            R"(values { key: 'k2' value: "\377\017\060" encoding: VE_V8 )" + text_5 + "} }" +
            "ranges { }" +
            R"(ranges { values { key: 'k3' value: "\000\000\000\000\000\000\000\001" )" +
            "encoding: VE_LE64 " + text_5 + " } }" +
            "read_is_strongly_consistent: true status: SR_SUCCESS");
    EXPECT_EQ(encode_read_output(output), bytes);
    const auto reply = decode_read_output(bytes);
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->status, ReadStatus::success);
    EXPECT_TRUE(reply->strongly_consistent);
    EXPECT_EQ(encode_read_output(reply->output), bytes);
}

TEST(ConnectProtoc, Writes) {
    const Check checks[] = {{"a", stamp_5}, {"b", {}}};
    const Mutation mutations[] = {
        {.kind = MutationKind::set, .key = "a", .data = "v", .expire_at_ms = 1234},
        {.kind = MutationKind::remove, .key = "b"},
        {.kind = MutationKind::sum,
         .key = "c",
         .data = "s",
         .encoding = ValueEncoding::v8,
         .sum_min = "m",
         .sum_max = "n",
         .sum_clamp = true},
        {.kind = MutationKind::max,
         .key = "d",
         .data = "12345678",
         .encoding = ValueEncoding::le64},
        {.kind = MutationKind::min,
         .key = "e",
         .data = "12345678",
         .encoding = ValueEncoding::le64},
        {.kind = MutationKind::set_suffix_versionstamped_key, .key = "f", .data = {}}};
    const ByteView keys[] = {"u", ""};
    const std::uint32_t backoff[] = {100, 4'000'000'000};
    const Enqueue enqueues[] = {
        {.payload = "p", .deadline_ms = 99, .keys_if_undelivered = keys, .backoff_ms = backoff},
        {.payload = "q"}};
    const std::string bytes = from_protoc(
        "AtomicWrite",
        "checks { key: 'a' " + text_5 + " } checks { key: 'b' }" +
            R"(mutations { key: 'a' value { data: 'v' encoding: VE_BYTES } mutation_type: M_SET
                           expire_at_ms: 1234 }
               mutations { key: 'b' mutation_type: M_DELETE }
               mutations { key: 'c' value { data: 's' encoding: VE_V8 } mutation_type: M_SUM
                           sum_min: 'm' sum_max: 'n' sum_clamp: true }
               mutations { key: 'd' value { data: '12345678' encoding: VE_LE64 }
                           mutation_type: M_MAX }
               mutations { key: 'e' value { data: '12345678' encoding: VE_LE64 }
                           mutation_type: M_MIN }
               mutations { key: 'f' value { encoding: VE_BYTES }
                           mutation_type: M_SET_SUFFIX_VERSIONSTAMPED_KEY }
               enqueues { payload: 'p' deadline_ms: 99 keys_if_undelivered: ['u', '']
                          backoff_schedule: [100, 4000000000] }
               enqueues { payload: 'q' })");
    EXPECT_EQ(encode_write({checks, mutations, enqueues}).value(), bytes);
    const auto decoded = decode_write(bytes);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(encode_write(decoded->view()).value(), bytes);
}

TEST(ConnectProtoc, AnswersOfWrites) {
    const std::string done = from_protoc("AtomicWriteOutput", "status: AW_SUCCESS " + text_5);
    EXPECT_EQ(encode_write_output({true, stamp_5, {}}), done);
    EXPECT_EQ(decode_write_output(done)->versionstamp, stamp_5);
    const std::string refused =
        from_protoc("AtomicWriteOutput", "status: AW_CHECK_FAILURE failed_checks: [0, 3]");
    EXPECT_EQ(encode_write_output({false, {}, {0, 3}}), refused);
    const auto reply = decode_write_output(refused);
    EXPECT_EQ(reply->status, WriteStatus::check_failure);
    EXPECT_EQ(reply->failed_checks, (std::vector<std::uint32_t>{0, 3}));
}

TEST(ConnectProtoc, Watches) {
    const WatchTarget targets[] = {{"a"}, {"b"}, {"c"}};
    const std::string bytes =
        from_protoc("Watch", "keys { key: 'a' } keys { key: 'b' } keys { key: 'c' }");
    EXPECT_EQ(encode_watch(targets).value(), bytes);
    EXPECT_EQ(encode_watch(decode_watch(bytes).value()).value(), bytes);

    const WatchOutput output = {{0, Bytes::copy("a"), Entry{Value("v"), stamp_5}},
                                {2, Bytes::copy("c"), std::nullopt}};
    const std::string told =
        from_protoc("WatchOutput",
                    "status: SR_SUCCESS keys { changed: true entry_if_changed { key: 'a' "
                    "value: 'v' encoding: VE_BYTES " +
                        text_5 + " } } keys { } keys { changed: true }");
    EXPECT_EQ(encode_watch_output(output, 3), told);
    const auto reply = decode_watch_output(told);
    ASSERT_TRUE(reply && reply->keys.size() == 3);
    EXPECT_EQ(reply->keys[0].entry->value, Value("v"));
    EXPECT_FALSE(reply->keys[1].changed);
    EXPECT_TRUE(reply->keys[2].changed && !reply->keys[2].entry);
}

}  // namespace
}  // namespace turntable::kv::connect
