#include <gmock/gmock.h>

#include "support/asked_service.hpp"
#include "turntable/kv/limits.hpp"

namespace {

using namespace turntable;
using namespace turntable::kv;
using test::Answer;
using test::AskedService;
using test::set_message;
using testing::HasSubstr;

std::string read_message(ByteView start, ByteView end, std::uint32_t limit) {
    const ReadRange range{start, end, limit, false};
    return connect::encode_read(std::span(&range, 1));
}

/// A message as protobuf without the field numbers' own tools: what no client of ours would send.
std::string field(unsigned number, const std::string& bytes) {
    std::string out(1, static_cast<char>(number << 3U | 2U));
    for (std::size_t size = bytes.size();; size >>= 7U) {
        out += static_cast<char>((size & 0x7FU) | (size > 0x7FU ? 0x80U : 0U));
        if (size <= 0x7FU) {
            return out + bytes;
        }
    }
}

TEST(KvCalls, WhatIsWrittenIsReadInBothClientsWaysOfAPointGet) {
    AskedService asked;
    const Answer written = asked.ask_call("atomic_write", set_message(Key("b"), "value"));
    ASSERT_EQ(written.status, 200) << written.text();
    EXPECT_EQ(written.header("content-type"), "application/x-protobuf");
    const auto commit = connect::decode_write_output(written.text());
    ASSERT_TRUE(commit);
    EXPECT_EQ(commit->status, connect::WriteStatus::success);

    const std::string key = Key("b").encoded().to_string();
    for (const std::string& end : {key + '\0', std::string("\xFF")}) {
        const Answer answer = asked.ask_call("snapshot_read", read_message(key, end, 1));
        ASSERT_EQ(answer.status, 200) << answer.text();
        EXPECT_EQ(answer.header("content-type"), "application/x-protobuf");
        const auto reply = connect::decode_read_output(answer.text());
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, connect::ReadStatus::success);
        EXPECT_TRUE(reply->strongly_consistent);
        ASSERT_EQ(reply->output.size(), 1U);
        ASSERT_EQ(reply->output[0].size(), 1U);
        EXPECT_EQ(reply->output[0][0].key.text(), key);
        EXPECT_EQ(reply->output[0][0].data.text(), "value");
        EXPECT_EQ(reply->output[0][0].versionstamp, commit->versionstamp);
    }
    // The second way finds the neighbour of an absent key, which that client passes over.
    const Answer neighbour =
        asked.ask_call("snapshot_read", read_message(Key("a").encoded(), "\xFF", 1));
    EXPECT_EQ(connect::decode_read_output(neighbour.text())->output[0][0].key.text(), key);
}

TEST(KvCalls, AWriteWhoseChecksFailNamesThem) {
    AskedService asked;
    ASSERT_EQ(asked.ask_call("atomic_write", set_message(Key("there"), "1")).status, 200);
    const Key there("there");
    const Key absent("absent");
    const Check checks[] = {
        {there.encoded()}, {absent.encoded()}, {absent.encoded(), Versionstamp::from_version(9)}};
    const Answer answer =
        asked.ask_call("atomic_write", connect::encode_write({.checks = checks}).value());
    EXPECT_EQ(answer.status, 200);
    const auto reply = connect::decode_write_output(answer.text());
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, connect::WriteStatus::check_failure);
    EXPECT_THAT(reply->failed_checks, testing::ElementsAre(0U, 2U));
}

TEST(KvCalls, EachVersionHasItsOwnHeaders) {
    AskedService asked;
    const auto metadata = asked.metadata();
    const std::string& id = metadata.database_id;
    const struct {
        net::http::Headers headers;
        int read;
        int watch;
        const char* says;
    } rows[] = {
        {{{"x-transaction-domain-id", id}}, 200, 400, "watch needs version 3"},
        {{{"x-denokv-database-id", id}, {"x-denokv-version", "2"}}, 200, 400, "needs version 3"},
        {{{"x-denokv-database-id", id}, {"x-denokv-version", "3"}}, 200, 200, ""},
        {{}, 400, 400, "x-denokv-version is missing"},
        {{{"x-denokv-database-id", id}}, 400, 400, "x-denokv-version is missing"},
        {{{"x-denokv-version", "3"}}, 400, 400, "x-denokv-database-id is missing"},
        {{{"x-denokv-database-id", id}, {"x-denokv-version", "1"}}, 400, 400, "must be 2 or 3"},
        {{{"x-denokv-database-id", id}, {"x-denokv-version", "4"}}, 400, 400, "must be 2 or 3"},
        {{{"x-denokv-database-id", "00000000-0000-0000-0000-000000000000"},
          {"x-denokv-version", "3"}},
         400,
         400,
         "names another database"},
        {{{"x-transaction-domain-id", "nonsense"}}, 400, 400, "names another database"},
    };
    for (const auto& row : rows) {
        for (const bool is_watch : {false, true}) {
            net::http::Request request =
                AskedService::call(metadata, is_watch ? "watch" : "snapshot_read", "");
            request.head.headers = row.headers;
            request.head.headers.add("authorization", "Bearer " + metadata.token);
            const Answer answer = asked.ask(std::move(request));
            EXPECT_EQ(answer.status, is_watch ? row.watch : row.read) << row.says;
            if (answer.status != 200 && (!is_watch || row.read == 400)) {
                EXPECT_THAT(answer.text(), HasSubstr(row.says));
            }
        }
    }
}

TEST(KvCalls, AMessageThatIsNoneIsTheCallersFault) {
    AskedService asked;
    const std::string key = Key("k").encoded().to_string();
    const auto number = [](unsigned field_number, int value) {
        return std::string{static_cast<char>(field_number << 3U), static_cast<char>(value)};
    };
    const std::string value = field(1, "v") + number(2, 3);
    const struct {
        const char* method;
        std::string body;
    } rows[] = {
        {"snapshot_read", "\x0A\x7F"},
        {"snapshot_read", field(1, field(1, "b") + field(2, "a") + number(3, 1))},
        {"snapshot_read", field(1, field(1, "a") + field(2, "b"))},
        {"snapshot_read", field(1, field(1, "a") + field(2, "\xFF\x01") + number(3, 1))},
        {"atomic_write", "\xFF"},
        {"atomic_write", field(1, field(1, key) + field(2, "short"))},
        {"atomic_write", field(2, field(1, key) + field(2, value) + number(3, 7))},
        {"atomic_write", field(2, field(1, key) + number(3, 1))},
        {"atomic_write",
         field(2, field(1, key) + field(2, field(1, "v") + number(2, 9)) + number(3, 1))},
        {"atomic_write", field(2, field(1, "\xFFreserved") + field(2, value) + number(3, 1))},
        {"atomic_write", field(2, field(2, value) + number(3, 1))},
        {"watch", field(1, field(1, "\xFF\x01"))},
        {"watch", field(1, "")},
        {"watch", "\x0A\x05"},
    };
    for (const auto& row : rows) {
        const Answer answer = asked.ask_call(row.method, row.body);
        EXPECT_EQ(answer.status, 400) << row.method << " " << to_hex(row.body);
        EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
        EXPECT_THAT(answer.text(), testing::StartsWith(std::string(row.method) + ": "));
    }
}

TEST(KvCalls, TakesDenosLimitsWithAHundredChecksAndNotOneMore) {
    AskedService asked;
    const Limits limits = deno_limits();
    const std::string longest(limits.key_bytes, 'k');
    const auto set = [&](const std::string& key, const std::string& value) {
        const Mutation mutation{MutationKind::set, key, value};
        return connect::encode_write({.mutations = std::span(&mutation, 1)}).value();
    };
    const auto checks = [](std::size_t count) {
        const std::vector<Check> many(count, Check{"k"});
        return connect::encode_write({.checks = many}).value();
    };
    const auto ranges = [](std::size_t count, std::uint32_t limit) {
        const std::vector<ReadRange> many(count, ReadRange{"a", "b", limit, false});
        return connect::encode_read(many);
    };
    const auto watched = [](std::size_t count) {
        const std::vector<WatchTarget> many(count, WatchTarget{"a"});
        return connect::encode_watch(many).value();
    };
    const struct {
        const char* method;
        std::string fits;
        std::string beyond;
        const char* says;
    } rows[] = {
        {"atomic_write", checks(100), checks(101), "too many checks (max 100, these are 101)"},
        {"atomic_write", set(longest, ""), set(longest + "k", ""), "(max 2048 bytes"},
        {"atomic_write", set("k", std::string(65536, 'v')), set("k", std::string(65537, 'v')),
         "(max 65536 bytes, this has 65537)"},
        {"snapshot_read", ranges(10, 100), ranges(11, 1), "too many ranges (max 10"},
        {"snapshot_read", ranges(1, 1000), ranges(1, 1001), "too many entries (max 1000"},
        {"watch", watched(10), watched(11), "too many watched keys (max 10"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(asked.ask_call(row.method, row.fits).status, 200) << row.says;
        const Answer answer = asked.ask_call(row.method, row.beyond);
        EXPECT_EQ(answer.status, 400) << row.says;
        EXPECT_THAT(answer.text(), HasSubstr(row.says));
        EXPECT_THAT(answer.text(), HasSubstr("the limits are those of Deno KV"));
    }
}

TEST(KvCalls, ABodyOverTheLimitIsRefusedAsTooLarge) {
    AskedService asked;
    const auto metadata = asked.metadata();
    EXPECT_EQ(asked.service->body_limit(AskedService::call(metadata, "watch", "").head), 2U << 20U);
    EXPECT_EQ(asked.service->body_limit(test::request_of("POST", "/").head), 64U << 10U);
    const Answer answer =
        asked.ask(AskedService::call(metadata, "snapshot_read", std::string((2U << 20U) + 1, 'x')));
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.text(), HasSubstr("2097153 bytes; at most 2097152"));
}

TEST(KvCalls, AnotherContentTypeThanProtobufIsRefusedAndNoneIsFine) {
    AskedService asked;
    const auto metadata = asked.metadata();
    for (const auto& [type, status] : {std::pair{"application/json", 415}, std::pair{"", 415},
                                       std::pair{"application/x-protobuf", 200},
                                       std::pair{"Application/X-Protobuf ; a=b", 200}}) {
        net::http::Request request = AskedService::call(metadata, "snapshot_read", "");
        request.head.headers.set("content-type", type);
        EXPECT_EQ(asked.ask(std::move(request)).status, status) << type;
    }
    net::http::Request request = AskedService::call(metadata, "snapshot_read", "");
    request.head.headers.remove("content-type");
    EXPECT_EQ(asked.ask(std::move(request)).status, 200);
}

TEST(KvCalls, ADatabaseServedForReadingOnlyRefusesWritesAndReads) {
    AskedService asked;
    const auto metadata = asked.metadata("/db/frozen");
    const Answer answer =
        asked.ask(AskedService::call(metadata, "atomic_write", set_message(Key("k"), "v")));
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.text(), HasSubstr("for reading only"));
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
}

TEST(KvCalls, OnlyWhatMayPassLaterIsFiveHundredAndNothingOfTheStoreIsTold) {
    AskedService asked;
    const struct {
        Error error;
        int status;
    } rows[] = {
        {Error(ErrorCode::busy, "inside"), 503},
        {Error(ErrorCode::conflict, "inside"), 503},
        {Error(ErrorCode::timeout, "inside"), 503},
        {Error(ErrorCode::cancelled, "inside"), 503},
        {Error(ErrorCode::closed, "inside"), 503},
        {Error(ErrorCode::no_space, "inside"), 503},
        {Error(ErrorCode::io, "inside"), 503},
        {Error(ErrorCode::backend, "inside").with_retry(Retry::temporary), 503},
        {Error(ErrorCode::backend, "inside"), 422},
        {Error(ErrorCode::corrupt, "inside"), 422},
        {Error(ErrorCode::commit_unknown, "inside"), 409},
        {Error(ErrorCode::type_mismatch, "told"), 400},
        {Error(ErrorCode::out_of_range, "told"), 400},
        {Error(ErrorCode::limit_exceeded, "told"), 400},
        {Error(ErrorCode::unsupported, "told"), 400},
        {Error(ErrorCode::permission_denied, "told"), 403},
    };
    for (const auto& row : rows) {
        asked.fake->fail_next(FakeCall::atomic_write, row.error);
        const Answer answer = asked.ask_call("atomic_write", set_message(Key("k"), "v"));
        EXPECT_EQ(answer.status, row.status) << row.error.to_string();
        EXPECT_EQ(answer.header("retry-after"), row.status == 503 ? "1" : "");
        EXPECT_THAT(answer.text(), testing::Not(HasSubstr("inside")));
        EXPECT_EQ(answer.text().find("told") != std::string::npos, row.error.message() == "told");
    }
}

TEST(KvCalls, ADatabaseThatAnswersLaterHoldsNoThread) {
    AskedService asked;
    const auto metadata = asked.metadata();
    for (const auto& [call, method, body] :
         {std::tuple{FakeCall::snapshot_read, "snapshot_read", read_message("a", "b", 1)},
          std::tuple{FakeCall::atomic_write, "atomic_write", set_message(Key("k"), "v")}}) {
        asked.fake->hold_next(call);
        auto pending = asked.start(AskedService::call(metadata, method, body));
        EXPECT_FALSE(pending.is_ready());
        EXPECT_EQ(asked.fake->release(call), 1U);
        EXPECT_EQ(test::answer_of(std::move(pending)).status, 200);
    }
}

TEST(KvCalls, AnAskerThatHasGoneStopsTheCall) {
    AskedService asked;
    const auto metadata = asked.metadata();
    std::stop_source gone;
    asked.fake->hold_next(FakeCall::snapshot_read);
    auto pending =
        asked.start(AskedService::call(metadata, "snapshot_read", ""), {.stop = gone.get_token()});
    ASSERT_FALSE(pending.is_ready());
    gone.request_stop();
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 503);
}

}  // namespace
