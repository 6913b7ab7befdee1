#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/map_backend.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {
namespace {

using detail::WriteBuffer;
using std::chrono::milliseconds;

constexpr std::int64_t built_at_ms = 1'700'000'000'000;

TEST(AtomicBuilder, KeepsCopiesOfEverything) {
    WriteBuffer buffer;
    {
        std::string key(200, 'k');
        std::string value(200, 'v');
        const std::vector<Key> undelivered = {Key(std::string(100, 'u'))};
        buffer.check(KeyRef(key).encoded(), std::nullopt);
        buffer.mutate(MutationKind::set, KeyRef(key).encoded(), ValueRef(value));
        buffer.enqueue(value, {.keys_if_undelivered = undelivered});
        key.assign(200, 'x');
        value.assign(200, 'x');
    }
    const Result<AtomicWrite> write = buffer.build(built_at_ms);
    ASSERT_TRUE(write);
    EXPECT_EQ(write->checks[0].key, Key(std::string(200, 'k')).encoded());
    EXPECT_EQ(write->mutations[0].data.text(), std::string(200, 'v'));
    EXPECT_EQ(write->enqueues[0].keys_if_undelivered[0], Key(std::string(100, 'u')).encoded());
}

TEST(AtomicBuilder, MeasuresTimesFromTheCommit) {
    WriteBuffer buffer;
    const std::vector<milliseconds> backoff = {milliseconds(1), milliseconds(2)};
    buffer.mutate(MutationKind::set, KeyRef("a").encoded(), "v", milliseconds(5));
    buffer.mutate(MutationKind::set, KeyRef("b").encoded(), "v");
    buffer.mutate(MutationKind::set, KeyRef("c").encoded(), "v", milliseconds::max());
    buffer.enqueue("m", {.delay = milliseconds(7), .backoff = backoff});
    buffer.enqueue("m", {.backoff = std::span<const milliseconds>()});
    buffer.enqueue("m", {});
    const Result<AtomicWrite> write = buffer.build(built_at_ms);
    ASSERT_TRUE(write);
    EXPECT_EQ(write->mutations[0].expire_at_ms, built_at_ms + 5);
    EXPECT_EQ(write->mutations[1].expire_at_ms, never_expires);
    EXPECT_EQ(write->mutations[2].expire_at_ms, INT64_MAX);
    EXPECT_EQ(write->enqueues[0].deadline_ms, built_at_ms + 7);
    EXPECT_THAT(*write->enqueues[0].backoff_ms, testing::ElementsAre(1, 2));
    EXPECT_TRUE(write->enqueues[1].backoff_ms && write->enqueues[1].backoff_ms->empty());
    EXPECT_FALSE(write->enqueues[2].backoff_ms) << "no schedule given is the default one";
}

TEST(AtomicBuilder, CanBeBuiltAgainAndCopied) {
    WriteBuffer buffer;
    buffer.mutate(MutationKind::set, KeyRef("a").encoded(), "v", milliseconds(5));
    ASSERT_TRUE(buffer.build(built_at_ms));
    WriteBuffer copy = buffer;
    buffer = WriteBuffer();
    const Result<AtomicWrite> write = copy.build(built_at_ms + 1);
    ASSERT_TRUE(write);
    ASSERT_EQ(write->mutations.size(), 1U);
    EXPECT_EQ(write->mutations[0].expire_at_ms, built_at_ms + 6);
}

struct Wrong {
    const char* name;
    void (*build)(WriteBuffer&);
};

class WrongArguments : public testing::TestWithParam<Wrong> {};

TEST_P(WrongArguments, AreToldByTheCommit) {
    WriteBuffer buffer;
    GetParam().build(buffer);
    buffer.mutate(MutationKind::set, KeyRef("fine").encoded(), "v");
    const Result<AtomicWrite> write = buffer.build(built_at_ms);
    ASSERT_FALSE(write);
    EXPECT_EQ(write.error().code(), ErrorCode::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongArguments,
    testing::Values(
        Wrong{"empty_key", [](WriteBuffer& b) { b.mutate(MutationKind::set, {}, "v"); }},
        Wrong{"empty_check", [](WriteBuffer& b) { b.check({}, std::nullopt); }},
        Wrong{"reserved_key", [](WriteBuffer& b) { b.mutate(MutationKind::remove, "\xFFx"); }},
        Wrong{"negative_expiry",
              [](WriteBuffer& b) {
                  b.mutate(MutationKind::set, KeyRef("k").encoded(), "v", milliseconds(-1));
              }},
        Wrong{"negative_delay",
              [](WriteBuffer& b) { b.enqueue("m", {.delay = milliseconds(-1)}); }},
        Wrong{"negative_backoff",
              [](WriteBuffer& b) {
                  const milliseconds step(-1);
                  b.enqueue("m", {.backoff = std::span(&step, 1)});
              }},
        Wrong{"counter_message", [](WriteBuffer& b) { b.enqueue(Value::u64(1), {}); }}),
    [](const testing::TestParamInfo<Wrong>& wrong) { return wrong.param.name; });

TEST(MessagePayload, TextBecomesAJavaScriptStringAndComesBackAsText) {
    for (const char* text : {"", "plain", "\xC3\xA9t\xC3\xA9", "\xE2\x82\xAC \xF0\x9F\x99\x82"}) {
        const Result<Bytes> payload = detail::message_payload(text);
        ASSERT_TRUE(payload);
        const Message message({"id", *payload, 0});
        EXPECT_EQ(*message.payload().as_js()->text(), text);
        EXPECT_EQ(message.value().encoding(), ValueEncoding::bytes);
        EXPECT_EQ(message.value().data().text(), text);
    }
}

TEST(MessagePayload, OtherBytesBecomeAUint8ArrayAndComeBackAsBytes) {
    const std::string bytes("\x00\xFF\x80", 3);
    const Result<Bytes> payload = detail::message_payload(bytes);
    ASSERT_TRUE(payload);
    const Message message({"id", *payload, 0});
    const Result<JsValue> js = message.payload().as_js();
    ASSERT_TRUE(js && js->as<JsView>() != nullptr);
    EXPECT_EQ(js->as<JsView>()->kind, JsViewKind::uint8);
    EXPECT_EQ(message.value().data().to_string(), bytes);
}

TEST(MessagePayload, JavaScriptValuesStayAsTheyAre) {
    const Result<Value> number = Value::js(42.0);
    ASSERT_TRUE(number);
    const Result<Bytes> payload = detail::message_payload(*number);
    ASSERT_TRUE(payload);
    const Message message({"id", *payload, 0});
    EXPECT_EQ(message.value(), *number);
    const Message damaged({"id", Bytes::copy("no V8 data"), 0});
    EXPECT_EQ(damaged.value().as_js().error().code(), ErrorCode::serialization);
}

}  // namespace
}  // namespace turntable::inline v0::kv
