#include "turntable/kv/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "turntable/kv/big_integer.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/key.hpp"

namespace {

using namespace turntable;
using namespace turntable::kv;

constexpr std::int64_t now_ms = 1'000'000;
constexpr std::uint64_t version = 500;

using Database = std::map<std::string, Record>;

Record u64(std::uint64_t number, std::int64_t expire_at_ms = never_expires) {
    return {Value::u64(number).data(), ValueEncoding::le64, 7, expire_at_ms};
}
Record text(std::string_view data, std::int64_t expire_at_ms = never_expires) {
    return {Bytes::copy(data), ValueEncoding::bytes, 7, expire_at_ms};
}
Record v8(Bytes data) { return {std::move(data), ValueEncoding::v8, 7, never_expires}; }
/// A double and a bigint in the form that Deno stores the results of sums.
Bytes number(double value) {
    std::string out = "\xFF\x0FN";
    for (unsigned shift = 0; shift < 64; shift += 8) {
        out.push_back(static_cast<char>(std::bit_cast<std::uint64_t>(value) >> shift & 0xFFU));
    }
    return Bytes::take(out);
}
Bytes integer(std::string_view decimal) {
    const BigInteger value = *BigInteger::from_decimal(decimal);
    std::string out = "\xFF\x0FZ";
    out.push_back(
        static_cast<char>(value.little_endian().size() * 2 + (value.is_negative() ? 1 : 0)));
    return Bytes::joined(out, value.little_endian());
}

Result<Plan> plan_on(const Database& database, const AtomicWrite& write,
                     std::size_t value_bytes_max = SIZE_MAX) {
    std::vector<std::optional<Record>> records;
    for (const NeededKey& needed : keys_to_read(write)) {
        const auto found = database.find(needed.key.to_string());
        records.push_back(found == database.end() ? std::nullopt : std::optional(found->second));
        if (records.back() && !needed.data) {
            records.back()->data = {};  // what was not asked for must not be needed
        }
    }
    const std::vector<std::string> ids(write.enqueues.size(), "id");
    return plan(write, {records, version, now_ms, ids, value_bytes_max});
}

Result<Plan> mutate(const Database& database, const std::vector<Mutation>& mutations) {
    return plan_on(database, {.mutations = mutations});
}

Mutation op(MutationKind kind, ByteView key, const Bytes& operand,
            ValueEncoding encoding = ValueEncoding::v8) {
    return {.kind = kind, .key = key, .data = operand, .encoding = encoding};
}

const PlannedChange& only_change(const Result<Plan>& plan) {
    if (!plan) {
        ADD_FAILURE() << plan.error().to_string();
    }
    EXPECT_EQ(plan->changes.size(), 1U);
    return plan->changes.front();
}

TEST(Plan, NamesEachKeyItNeedsOnceAndSaysWhetherItsDataCounts) {
    const std::vector<Check> checks{{"a"}, {"b"}};
    const Bytes one = Value::u64(1).data();
    const std::vector<Mutation> mutations{
        {.kind = MutationKind::set, .key = "c"},
        {.kind = MutationKind::remove, .key = "d"},
        op(MutationKind::sum, "b", one, ValueEncoding::le64),
        op(MutationKind::sum, "e", one, ValueEncoding::le64),
        {.kind = MutationKind::set_expiry, .key = "f"},
        {.kind = MutationKind::set_suffix_versionstamped_key, .key = "g"}};
    const auto needed = keys_to_read({.checks = checks, .mutations = mutations});
    std::vector<std::pair<std::string, bool>> got;
    for (const NeededKey& key : needed) {
        got.emplace_back(key.key.to_string(), key.data);
    }
    EXPECT_THAT(got, testing::ElementsAre(testing::Pair("a", false), testing::Pair("b", true),
                                          testing::Pair("e", true), testing::Pair("f", true)));
}

TEST(Plan, NamesAllFailedChecksAndChangesNothingThen) {
    const Database database{{"a", text("1")}, {"b", text("1")}, {"gone", text("1", now_ms)}};
    const auto seven = Versionstamp::from_version(7);
    const std::vector<Check> checks{{"a", seven},    {"a", std::nullopt},
                                    {"b", seven},    {"b", Versionstamp::from_version(8)},
                                    {"none", seven}, {"none", std::nullopt},
                                    {"gone", seven}, {"gone", std::nullopt}};
    const std::vector<Mutation> mutations{{.kind = MutationKind::remove, .key = "a"}};
    const auto planned = plan_on(database, {.checks = checks, .mutations = mutations});
    ASSERT_TRUE(planned);
    EXPECT_THAT(planned->failed_checks, testing::ElementsAre(1, 3, 4, 6));
    EXPECT_TRUE(planned->changes.empty());
}

TEST(Plan, LetsLaterMutationsSeeEarlierOnes) {
    const Bytes five = Value::u64(5).data();
    const auto planned = mutate({{"a", u64(100)}, {"b", u64(1)}},
                                {op(MutationKind::set, "a", five, ValueEncoding::le64),
                                 op(MutationKind::sum, "a", five, ValueEncoding::le64),
                                 {.kind = MutationKind::remove, .key = "b"},
                                 op(MutationKind::sum, "b", five, ValueEncoding::le64),
                                 op(MutationKind::sum, "b", five, ValueEncoding::le64)});
    ASSERT_TRUE(planned);
    ASSERT_EQ(planned->changes.size(), 2U);
    for (const PlannedChange& change : planned->changes) {
        EXPECT_EQ(change.record->data, Value::u64(10).data());
        EXPECT_EQ(change.record->version, version);
    }
}

TEST(Plan, KeepsOneChangeForEachOfManyKeys) {
    // From 100 on the keys ascend until they come again; from 0 on they do not: "key10" < "key9".
    for (const int first : {0, 100}) {
        std::vector<std::string> keys;
        std::vector<Mutation> mutations;
        for (int i = 0; i < 100; ++i) {
            keys.push_back("key" + std::to_string(first + i % 40));
        }
        const Bytes one = Value::u64(1).data();
        for (const std::string& key : keys) {
            mutations.push_back(op(MutationKind::sum, key, one, ValueEncoding::le64));
        }
        const auto planned = mutate({}, mutations);
        ASSERT_TRUE(planned);
        ASSERT_EQ(planned->changes.size(), 40U);
        EXPECT_EQ(planned->changes[0].record->data, Value::u64(3).data());
        EXPECT_EQ(planned->changes[39].record->data, Value::u64(2).data());
    }
}

struct ArithmeticCase {
    std::string name;
    MutationKind kind;
    Record operand;
    std::optional<Record> stored;
    /// The value afterwards, or what the error says.
    std::optional<Record> result;
    ErrorCode error = ErrorCode::backend;
    std::string message = {};
    Bytes min = {};
    Bytes max = {};
    bool clamp = false;
};

constexpr std::uint64_t u64_max = UINT64_MAX;
const Bytes int32_seven = Bytes::copy(ByteView("\xFF\x10I\x0E", 4));
const Bytes int32_minus_one = Bytes::copy(ByteView("\xFF\x0FI\x01", 4));
const Bytes uint32_max = Bytes::copy(ByteView("\xFF\x0DU\xFF\xFF\xFF\xFF\x0F", 8));
const Bytes v8_text = Bytes::copy(ByteView("\xFF\x0F\"\x01v", 5));
const Bytes not_v8 = Bytes::copy(ByteView("\xFF\x0CI\x0E", 4));

std::vector<ArithmeticCase> u64_cases() {
    const auto sum = MutationKind::sum;
    const auto min = MutationKind::min;
    const auto max = MutationKind::max;
    const auto mismatch = ErrorCode::type_mismatch;
    return {
        {"sum", sum, u64(2), u64(40), u64(42)},
        {"sum_absent", sum, u64(2), {}, u64(2)},
        {"sum_expired", sum, u64(2), u64(40, now_ms), u64(2)},
        {"sum_not_yet_expired", sum, u64(2), u64(40, now_ms + 1), u64(42)},
        {"sum_wraps", sum, u64(3), u64(u64_max - 1), u64(1)},
        {"min_of_smaller", min, u64(2), u64(40), u64(2)},
        {"min_of_larger", min, u64(50), u64(40), u64(40)},
        {"min_absent", min, u64(50), {}, u64(50)},
        {"max_of_smaller", max, u64(2), u64(40), u64(40)},
        {"max_of_larger", max, u64(u64_max), u64(40), u64(u64_max)},
        {"max_absent", max, u64(50), {}, u64(50)},
        {"sum_of_bytes",
         sum,
         text("8 bytes!"),
         u64(1),
         {},
         mismatch,
         "Failed to perform 'sum' mutation on a non-U64 operand"},
        {"min_of_bytes",
         min,
         text("8 bytes!"),
         {},
         {},
         mismatch,
         "Failed to perform 'min' mutation on a non-U64 operand"},
        {"max_of_v8",
         max,
         v8(number(1)),
         {},
         {},
         mismatch,
         "Failed to perform 'max' mutation on a non-U64 operand"},
        {"sum_with_stored_bytes",
         sum,
         u64(1),
         text("8 bytes!"),
         {},
         mismatch,
         "Failed to perform 'sum' mutation on a non-U64 value in the database"},
        {"max_with_stored_v8",
         max,
         u64(1),
         v8(number(1)),
         {},
         mismatch,
         "Failed to perform 'max' mutation on a non-U64 value in the database"},
        {"sum_with_bounds",
         sum,
         u64(1),
         {},
         {},
         ErrorCode::invalid_argument,
         "Cannot use min/max parameters with KvU64 operands",
         number(1)},
    };
}

std::vector<ArithmeticCase> v8_cases() {
    const auto sum = MutationKind::sum;
    const auto mismatch = ErrorCode::type_mismatch;
    const auto invalid = ErrorCode::invalid_argument;
    const auto range = ErrorCode::out_of_range;
    const std::string exceeds = "The result of a Sum operation would exceed its range limit";
    const std::string types = "Min/max parameters have different types than the operand";
    const std::string unreadable = "Some of the parameters are not valid V8 values";
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {
        {"numbers", sum, v8(number(1.5)), v8(number(2)), v8(number(3.5))},
        {"int32", sum, v8(int32_seven), v8(int32_minus_one), v8(number(6))},
        {"uint32", sum, v8(uint32_max), v8(uint32_max), v8(number(2.0 * 4294967295.0))},
        {"bigints", sum, v8(integer("1")), v8(integer("42")), v8(integer("43"))},
        {"large_bigints", sum, v8(integer("18446744073709551615")), v8(integer("1")),
         v8(integer("18446744073709551616"))},
        {"opposite_bigints", sum, v8(integer("-5")), v8(integer("5")), v8(integer("0"))},
        {"number_absent", sum, v8(int32_seven), {}, v8(number(7))},
        {"negative_zero_absent", sum, v8(number(-0.0)), {}, v8(number(-0.0))},
        {"bigint_absent", sum, v8(integer("-9")), {}, v8(integer("-9"))},
        {"bigint_to_u64", sum, v8(integer("2")), u64(40), u64(42)},
        {"bigint_to_u64_wraps", sum, v8(integer("2")), u64(u64_max), u64(1)},
        {"negative_bigint_to_u64",
         sum,
         v8(integer("-1")),
         u64(40),
         {},
         mismatch,
         "Cannot sum KvU64 with BigInt"},
        {"too_large_bigint_to_u64",
         sum,
         v8(integer("18446744073709551616")),
         u64(40),
         {},
         mismatch,
         "Cannot sum KvU64 with BigInt"},
        {"bounded_bigint_to_u64",
         sum,
         v8(integer("1")),
         u64(40),
         {},
         mismatch,
         "Cannot sum KvU64 with BigInt",
         integer("0")},
        {"clamped_bigint_to_u64",
         sum,
         v8(integer("1")),
         u64(40),
         {},
         mismatch,
         "Cannot sum KvU64 with BigInt",
         {},
         {},
         true},
        {"number_to_u64",
         sum,
         v8(number(1)),
         u64(40),
         {},
         mismatch,
         "Cannot sum KvU64 with Number"},
        {"number_to_bigint",
         sum,
         v8(number(1)),
         v8(integer("1")),
         {},
         mismatch,
         "Cannot sum BigInt with Number"},
        {"bigint_to_number",
         sum,
         v8(integer("1")),
         v8(number(1)),
         {},
         mismatch,
         "Cannot sum Number with BigInt"},
        {"to_text", sum, v8(number(1)), v8(v8_text), {}, mismatch, "unsupported value type"},
        {"to_bytes", sum, v8(number(1)), text("1"), {}, mismatch, "unsupported value type"},
        {"of_text", sum, v8(v8_text), {}, {}, mismatch, "operand"},
        {"of_rubbish", sum, v8(not_v8), {}, {}, invalid, unreadable},
        {"of_nothing", sum, v8({}), {}, {}, invalid, unreadable},
        {"within",
         sum,
         v8(number(1)),
         v8(number(9)),
         v8(number(10)),
         {},
         {},
         number(0),
         number(10)},
        {"above", sum, v8(number(1)), v8(number(9.5)), {}, range, exceeds, {}, number(10)},
        {"below", sum, v8(integer("-2")), v8(integer("1")), {}, range, exceeds, integer("0")},
        {"above_clamped",
         sum,
         v8(number(1)),
         v8(number(9.5)),
         v8(number(10)),
         {},
         {},
         {},
         number(10),
         true},
        {"below_clamped",
         sum,
         v8(integer("-2")),
         v8(integer("1")),
         v8(integer("0")),
         {},
         {},
         integer("0"),
         {},
         true},
        {"absent_above", sum, v8(number(11)), {}, {}, range, exceeds, {}, number(10)},
        {"absent_below_clamped",
         sum,
         v8(number(-1)),
         {},
         v8(number(0)),
         {},
         {},
         number(0),
         {},
         true},
        {"nan_is_in_any_bounds",
         sum,
         v8(number(infinity)),
         v8(number(-infinity)),
         v8(number(std::nan(""))),
         {},
         {},
         number(0),
         number(1)},
        {"bound_of_other_type", sum, v8(number(1)), {}, {}, invalid, types, integer("1")},
        {"bound_of_text", sum, v8(number(1)), {}, {}, invalid, types, {}, v8_text},
        {"bound_of_rubbish", sum, v8(number(1)), {}, {}, invalid, unreadable, {}, not_v8},
    };
}

class Arithmetic : public testing::TestWithParam<ArithmeticCase> {};

TEST_P(Arithmetic, GivesTheResultOrTheError) {
    const ArithmeticCase& c = GetParam();
    Database database;
    if (c.stored) {
        database.emplace("k", *c.stored);
    }
    Mutation mutation = op(c.kind, "k", c.operand.data, c.operand.encoding);
    mutation.sum_min = c.min;
    mutation.sum_max = c.max;
    mutation.sum_clamp = c.clamp;
    const auto planned = mutate(database, {{.key = "other"}, mutation});
    if (!c.result) {
        ASSERT_FALSE(planned);
        EXPECT_EQ(planned.error().code(), c.error);
        EXPECT_THAT(planned.error().message(), testing::HasSubstr(c.message));
        return;
    }
    ASSERT_TRUE(planned) << planned.error().to_string();
    ASSERT_EQ(planned->changes.size(), 2U);
    const Record& result = planned->changes[1].record.value();
    EXPECT_EQ(result.encoding, c.result->encoding);
    EXPECT_EQ(result.version, version);
    EXPECT_EQ(result.expire_at_ms, never_expires);
    if (c.name != "nan_is_in_any_bounds") {
        EXPECT_EQ(result.data, c.result->data);
    } else {
        EXPECT_TRUE(std::isnan(*decode_v8(result.data)->number()));
    }
}

const auto case_name = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(U64, Arithmetic, testing::ValuesIn(u64_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(V8, Arithmetic, testing::ValuesIn(v8_cases()), case_name);

TEST(Plan, StoresSumsInTheFormOfDeno) {
    const auto summed =
        mutate({{"k", v8(integer("42"))}}, {op(MutationKind::sum, "k", integer("1"))});
    EXPECT_EQ(only_change(summed).record->data.view(), ByteView("\xFF\x0FZ\x02\x2B", 5));
    const auto zero = mutate({}, {op(MutationKind::sum, "k", integer("0"))});
    EXPECT_EQ(only_change(zero).record->data.view(), ByteView("\xFF\x0FZ\x00", 4));
    const auto doubled = mutate({}, {op(MutationKind::sum, "k", int32_seven)});
    EXPECT_EQ(only_change(doubled).record->data.view(),
              ByteView("\xFF\x0FN\x00\x00\x00\x00\x00\x00\x1C\x40", 11));
}

TEST(Plan, RefusesANumberThatGrewOverTheLargestValue) {
    const Bytes stored = integer("255");
    const Bytes one = integer("1");
    const Mutation mutation = op(MutationKind::sum, "k", one);
    const Database database{{"k", v8(stored)}};
    EXPECT_TRUE(plan_on(database, {.mutations = {&mutation, 1}}, stored.size() + 1));
    const auto refused = plan_on(database, {.mutations = {&mutation, 1}}, stored.size());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
}

TEST(Plan, ErrorsSayWhichKeyAndWhichMutation) {
    const Bytes one = Value::u64(1).data();
    const Key key("users");
    const auto planned =
        mutate({{key.encoded().to_string(), text("x")}},
               {{.key = "a"}, op(MutationKind::sum, key.encoded(), one, ValueEncoding::le64)});
    ASSERT_FALSE(planned);
    EXPECT_THAT(planned.error().to_string(), testing::HasSubstr("key=users"));
    EXPECT_THAT(planned.error().to_string(), testing::HasSubstr("mutation=1"));
}

TEST(Plan, SetReplacesExpiryAndSumEndsIt) {
    const Bytes one = Value::u64(1).data();
    const auto set = mutate({{"k", text("1", now_ms + 10)}}, {{.key = "k", .data = "v"}});
    EXPECT_EQ(only_change(set).record->expire_at_ms, never_expires);
    const auto summed = mutate({{"k", u64(1, now_ms + 10)}},
                               {op(MutationKind::sum, "k", one, ValueEncoding::le64)});
    EXPECT_EQ(only_change(summed).record->expire_at_ms, never_expires);
}

TEST(Plan, SetExpiryKeepsTheValueAndPassesAbsentKeysBy) {
    const Mutation extend{
        .kind = MutationKind::set_expiry, .key = "k", .expire_at_ms = now_ms + 99};
    const auto extended = mutate({{"k", text("value", now_ms + 1)}}, {extend});
    EXPECT_EQ(only_change(extended).record->data.text(), "value");
    EXPECT_EQ(only_change(extended).record->expire_at_ms, now_ms + 99);
    EXPECT_EQ(only_change(extended).record->version, version);
    EXPECT_TRUE(mutate({}, {extend})->changes.empty());
    EXPECT_TRUE(mutate({{"k", text("value", now_ms)}}, {extend})->changes.empty());
    // An entry that the same write made to expire is absent for its later mutations.
    const auto gone = mutate({}, {{.key = "k", .data = "v", .expire_at_ms = now_ms}, extend});
    EXPECT_EQ(only_change(gone).record->expire_at_ms, now_ms);
}

TEST(Plan, SuffixKeysEndWithTheVersionstampOfTheCommit) {
    const Key key("log");
    const auto planned = mutate({}, {{.kind = MutationKind::set_suffix_versionstamped_key,
                                      .key = key.encoded(),
                                      .data = "line"}});
    const Key expected = key / Versionstamp::from_version(version).to_string();
    EXPECT_EQ(only_change(planned).key.view(), expected.encoded());
    EXPECT_EQ(only_change(planned).key.size(), key.encoded().size() + 22);
}

TEST(Plan, MakesARowOfEachMessage) {
    const std::vector<std::uint32_t> backoff{5, 6};
    const std::vector<ByteView> keys{"dead"};
    const std::vector<Enqueue> enqueues{
        {.payload = "p", .deadline_ms = 12},
        {.payload = "q", .keys_if_undelivered = keys, .backoff_ms = backoff},
        {.payload = "r", .backoff_ms = std::span<const std::uint32_t>()}};
    const auto planned = plan_on({}, {.enqueues = enqueues});
    ASSERT_TRUE(planned);
    ASSERT_EQ(planned->messages.size(), 3U);
    EXPECT_EQ(planned->messages[0].time_ms, 12);
    EXPECT_EQ(planned->messages[0].id, "id");
    EXPECT_THAT(planned->messages[0].backoff_ms, testing::ElementsAreArray(default_backoff_ms));
    EXPECT_THAT(planned->messages[1].backoff_ms, testing::ElementsAre(5, 6));
    EXPECT_THAT(planned->messages[1].keys_if_undelivered, testing::ElementsAre("dead"));
    EXPECT_TRUE(planned->messages[2].backoff_ms.empty());
}

TEST(PlanFailure, FollowsTheScheduleAndEndsAtTheDeadLetters) {
    QueueRow row{now_ms - 5, "old", Bytes::copy("payload"), {100, 200}, {"dead", "letters"}};
    const FailurePlan first = plan_failure(row, "second", version, now_ms);
    ASSERT_TRUE(first.retry);
    EXPECT_EQ(first.retry->time_ms, now_ms + 100);
    EXPECT_EQ(first.retry->id, "second");
    EXPECT_THAT(first.retry->backoff_ms, testing::ElementsAre(200));
    EXPECT_TRUE(first.changes.empty());
    row.backoff_ms.clear();
    const FailurePlan last = plan_failure(row, "third", version, now_ms);
    EXPECT_FALSE(last.retry);
    ASSERT_EQ(last.changes.size(), 2U);
    EXPECT_EQ(last.changes[1].key.text(), "letters");
    EXPECT_EQ(last.changes[1].record->data.text(), "payload");
    EXPECT_EQ(last.changes[1].record->encoding, ValueEncoding::v8);
    EXPECT_EQ(last.changes[1].record->version, version);
}

TEST(PlanFailure, MessageIdsAreUuidsOfVersion4) {
    const auto random = Random::seeded(1);
    const std::string id = new_message_id(*random);
    EXPECT_THAT(id, testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_NE(id, new_message_id(*random));
}

}  // namespace
