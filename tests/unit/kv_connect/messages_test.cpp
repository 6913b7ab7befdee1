// What the decoders refuse, and what they put up with from real clients.
#include "kv_connect/messages.hpp"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <string>

namespace turntable::kv::connect {
namespace {

using protozero::pbf_writer;

/// A write of one mutation with these fields.
template <class Fill>
std::string mutation(const Fill& fill) {
    std::string out;
    pbf_writer message(out);
    {
        pbf_writer one(message, 2);
        one.add_bytes(1, "key");
        fill(one);
    }
    return out;
}
void add_value(pbf_writer& one, std::int32_t encoding) {
    pbf_writer value(one, 2);
    value.add_bytes(1, "data");
    value.add_enum(2, encoding);
}

std::string refusal_of_write(const std::string& message) {
    const auto decoded = decode_write(message);
    if (decoded) {
        return "none";
    }
    EXPECT_EQ(decoded.error().code(), ErrorCode::invalid_argument);
    return decoded.error().to_string();
}

TEST(ConnectMessages, AWriteThatSaysTooLittleOrNonsenseIsRefusedByItsField) {
    const struct {
        std::string message;
        const char* says;
    } rows[] = {
        {mutation([](pbf_writer& one) { add_value(one, 3); }), "type 0"},
        {mutation([](pbf_writer& one) { add_value(one, 3), one.add_enum(3, 6); }), "type 6"},
        {mutation([](pbf_writer& one) { add_value(one, 3), one.add_enum(3, 64); }), "type 64"},
        {mutation([](pbf_writer& one) { one.add_enum(3, 1); }), "needs a value"},
        {mutation([](pbf_writer& one) { add_value(one, 0), one.add_enum(3, 1); }), "encoding 0"},
        {mutation([](pbf_writer& one) { add_value(one, 4), one.add_enum(3, 1); }), "encoding 4"},
        {mutation(
             [](pbf_writer& one) { add_value(one, 3), one.add_enum(3, 1), one.add_int64(4, -2); }),
         "-2"},
        {std::string("\x0A\x05\x12\x03"
                     "abc"),
         "10 bytes"},
        {std::string("\x0A\x05\x12\x0A"
                     "abc"),
         "no AtomicWrite"},
        {std::string("\x12"), "no AtomicWrite"},
        {std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "no AtomicWrite"},
    };
    for (const auto& row : rows) {
        EXPECT_NE(refusal_of_write(row.message).find(row.says), std::string::npos)
            << row.says << ": " << refusal_of_write(row.message);
    }
    const std::string second =
        mutation([](pbf_writer& one) { one.add_enum(3, 2); }) + mutation([](pbf_writer&) {});
    EXPECT_NE(refusal_of_write(second).find("mutations[1]"), std::string::npos);
}

TEST(ConnectMessages, AnExpiryOfZeroOrMinusOneIsNone) {
    for (const std::int64_t expiry : {0, -1}) {
        const auto decoded = decode_write(mutation([expiry](pbf_writer& one) {
            add_value(one, 3), one.add_enum(3, 1), one.add_int64(4, expiry);
        }));
        EXPECT_EQ(decoded->mutations.at(0).expire_at_ms, never_expires) << expiry;
    }
    // What has expired for long is said as one millisecond, since zero means never.
    const Mutation expired{.kind = MutationKind::set, .key = "k", .expire_at_ms = 0};
    const std::string bytes = encode_write({{}, {&expired, 1}, {}}).value();
    EXPECT_EQ(decode_write(bytes)->mutations.at(0).expire_at_ms, 1);
}

TEST(ConnectMessages, ARemovalMayCarryAnEmptyValue) {
    const auto decoded =
        decode_write(mutation([](pbf_writer& one) { add_value(one, 3), one.add_enum(3, 2); }));
    EXPECT_EQ(decoded->mutations.at(0).kind, MutationKind::remove);
    EXPECT_TRUE(decoded->mutations.at(0).data.empty());
}

TEST(ConnectMessages, AnEmptyScheduleIsTheDefaultAndOneTryIsSaidToOurServersOnly) {
    const Enqueue usual{.payload = "p"};
    const std::string bytes = encode_write({{}, {}, {&usual, 1}}).value();
    EXPECT_FALSE(decode_write(bytes)->enqueues.at(0).backoff_ms);
    EXPECT_FALSE(needs_our_server({{}, {}, {&usual, 1}}));
    const Enqueue one_try{.payload = "p", .backoff_ms = std::span<const std::uint32_t>()};
    EXPECT_TRUE(needs_our_server({{}, {}, {&one_try, 1}}));
    const std::string once = encode_write({{}, {}, {&one_try, 1}}).value();
    ASSERT_TRUE(decode_write(once)->enqueues.at(0).backoff_ms);
    EXPECT_TRUE(decode_write(once)->enqueues.at(0).backoff_ms->empty());
    const Mutation expiry{.kind = MutationKind::set_expiry, .key = "k", .expire_at_ms = 5};
    EXPECT_EQ(encode_write({{}, {&expiry, 1}, {}}).error().code(), ErrorCode::unsupported);
}

TEST(ConnectMessages, NumbersOfASchedulePackedOrNotAreTheSame) {
    std::string out;
    pbf_writer message(out);
    {
        pbf_writer one(message, 3);
        one.add_uint32(4, 7);
        one.add_uint32(4, 8);
    }
    const auto decoded = decode_write(out);
    const auto schedule = decoded->enqueues.at(0).backoff_ms.value();
    EXPECT_EQ(std::vector<std::uint32_t>(schedule.begin(), schedule.end()),
              (std::vector<std::uint32_t>{7, 8}));
}

TEST(ConnectMessages, FieldsThatNobodyKnowsArePassedOver) {
    std::string bytes = encode_read(std::vector<ReadRange>{{"a", "b", 1, false}});
    pbf_writer message(bytes);
    message.add_bytes(77, "later");
    message.add_fixed64(78, 1);
    EXPECT_EQ(decode_read(bytes)->size(), 1U);
}

TEST(ConnectMessages, ALimitOfZeroOrLessIsRefused) {
    for (const std::int32_t limit : {0, -1}) {
        std::string out;
        pbf_writer message(out);
        {
            pbf_writer one(message, 1);
            one.add_bytes(1, "a");
            one.add_int32(3, limit);
        }
        const auto decoded = decode_read(out);
        ASSERT_FALSE(decoded);
        EXPECT_NE(decoded.error().to_string().find("ranges[0]"), std::string::npos);
    }
}

TEST(ConnectMessages, StatusesOfEveryVersionAreUnderstood) {
    std::string disabled;
    pbf_writer(disabled).add_bool(2, true);
    EXPECT_EQ(decode_read_output(disabled)->status, ReadStatus::read_disabled);
    EXPECT_EQ(decode_read_output("")->status, ReadStatus::success) << "version 1 has none";
    EXPECT_FALSE(decode_read_output("")->strongly_consistent);
    std::string unknown;
    pbf_writer(unknown).add_enum(8, 257);
    EXPECT_EQ(decode_read_output(unknown)->status, ReadStatus::unspecified);
    EXPECT_EQ(decode_write_output("")->status, WriteStatus::unspecified);
    std::string no_stamp;
    pbf_writer(no_stamp).add_enum(1, 1);
    EXPECT_EQ(decode_write_output(no_stamp).error().code(), ErrorCode::serialization);
}

TEST(ConnectMessages, RangesCannotBeWatched) {
    const WatchTarget range{"a", ByteView("b")};
    EXPECT_EQ(encode_watch({&range, 1}).error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace turntable::kv::connect
