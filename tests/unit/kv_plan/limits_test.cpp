#include "turntable/kv/limits.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "turntable/kv/key.hpp"

namespace {

using namespace turntable;
using namespace turntable::kv;

constexpr std::int64_t checked_at_ms = 1'700'000'000'000;

Limits small_limits() {
    Limits limits;
    limits.key_bytes = 20;
    limits.read_key_bytes = 21;
    limits.value_bytes = 30;
    limits.payload_bytes = 40;
    limits.checks = 3;
    limits.mutations = 4;
    limits.write_bytes = 200;
    limits.write_key_bytes = 50;
    limits.ranges = 3;
    limits.read_entries = 100;
    limits.watched_keys = 3;
    limits.backoff_steps = 2;
    limits.backoff_step_ms = 1000;
    limits.keys_if_undelivered = 2;
    limits.enqueue_delay_ms = 5000;
    return limits;
}

std::string key_of(std::size_t bytes, char fill = 'k') {
    return "\x02" + std::string(bytes - 1, fill);
}

Result<void> write_of(const std::vector<Mutation>& mutations, const std::vector<Check>& checks = {},
                      const std::vector<Enqueue>& enqueues = {}) {
    return check_write({checks, mutations, enqueues}, small_limits(), checked_at_ms);
}

Result<void> set_of(std::size_t key_bytes, std::size_t value_bytes) {
    const std::string key = key_of(key_bytes);
    const std::string value(value_bytes, 'v');
    return write_of({{.kind = MutationKind::set, .key = key, .data = value}});
}

Result<void> enqueue_of(const Enqueue& enqueue) { return write_of({}, {}, {enqueue}); }

struct LimitCase {
    std::string name;
    std::size_t limit;
    std::function<Result<void>(std::size_t)> attempt;
};

std::vector<LimitCase> limit_cases() {
    return {
        {"written_key", 20, [](std::size_t n) { return set_of(n, 1); }},
        {"removed_key", 20,
         [](std::size_t n) {
             const std::string key = key_of(n);
             return write_of({{.kind = MutationKind::remove, .key = key}});
         }},
        {"checked_key", 20,
         [](std::size_t n) {
             const std::string key = key_of(n);
             return write_of({}, {{key}});
         }},
        {"value", 30, [](std::size_t n) { return set_of(5, n); }},
        {"payload", 40,
         [](std::size_t n) {
             const std::string payload(n, 'p');
             return enqueue_of({.payload = payload});
         }},
        {"checks", 3,
         [](std::size_t n) { return write_of({}, std::vector<Check>(n, Check{"\x02k"})); }},
        {"mutations_and_enqueues", 4,
         [](std::size_t n) {
             const Mutation remove{.kind = MutationKind::remove, .key = "\x02k"};
             return write_of(std::vector<Mutation>(n - 1, remove), {}, {Enqueue{.payload = "p"}});
         }},
        {"write_bytes", 200,
         [](std::size_t n) {
             // 20 (check) + 20 (remove) + 50 (set) + 88 (enqueue) + 2 (set) + the rest
             const std::string key = key_of(20);
             const std::string other = key_of(20, 'l');
             const std::string value(30, 'v');
             const std::string payload(40, 'p');
             const std::string rest(n - 180, 'v');
             const std::vector<std::uint32_t> backoff{1, 2};
             const std::vector<ByteView> undelivered{key, key};
             return write_of(
                 {{.kind = MutationKind::remove, .key = key},
                  {.kind = MutationKind::set, .key = other, .data = value},
                  {.kind = MutationKind::set, .key = "\x02k", .data = rest}},
                 {{key}},
                 {{.payload = payload, .keys_if_undelivered = undelivered, .backoff_ms = backoff}});
         }},
        {"write_key_bytes", 50,
         [](std::size_t n) {
             const std::string first = key_of(20);
             const std::string last = key_of(n - 40);
             return write_of({{.kind = MutationKind::set, .key = first},
                              {.kind = MutationKind::set, .key = first},
                              {.kind = MutationKind::set, .key = last}});
         }},
        {"backoff_steps", 2,
         [](std::size_t n) {
             const std::vector<std::uint32_t> backoff(n, 5);
             return enqueue_of({.payload = "p", .backoff_ms = backoff});
         }},
        {"backoff_step", 1000,
         [](std::size_t n) {
             const std::vector<std::uint32_t> backoff{static_cast<std::uint32_t>(n)};
             return enqueue_of({.payload = "p", .backoff_ms = backoff});
         }},
        {"keys_if_undelivered", 2,
         [](std::size_t n) {
             const std::vector<ByteView> keys(n, "\x02k");
             return enqueue_of({.payload = "p", .keys_if_undelivered = keys});
         }},
        {"undelivered_key", 20,
         [](std::size_t n) {
             const std::string key = key_of(n);
             const std::vector<ByteView> keys{key};
             return enqueue_of({.payload = "p", .keys_if_undelivered = keys});
         }},
        {"enqueue_delay", 5000,
         [](std::size_t n) {
             return enqueue_of(
                 {.payload = "p", .deadline_ms = checked_at_ms + static_cast<std::int64_t>(n)});
         }},
        {"ranges", 3,
         [](std::size_t n) {
             return check_read(std::vector<ReadRange>(n, {"\x02"
                                                          "a",
                                                          "\x02"
                                                          "b",
                                                          1}),
                               small_limits());
         }},
        {"read_entries", 100,
         [](std::size_t n) {
             const auto rest = static_cast<std::uint32_t>(n - 40);
             return check_read(std::vector<ReadRange>{{"\x02"
                                                       "a",
                                                       "\x02"
                                                       "b",
                                                       40},
                                                      {"\x02"
                                                       "a",
                                                       "\x02"
                                                       "b",
                                                       rest}},
                               small_limits());
         }},
        {"range_start", 21,
         [](std::size_t n) {
             const std::string start = key_of(n);
             return check_read(std::vector<ReadRange>{{start, "\xFF", 1}}, small_limits());
         }},
        {"range_end", 21,
         [](std::size_t n) {
             const std::string end = key_of(n);
             return check_read(std::vector<ReadRange>{{"", end, 1}}, small_limits());
         }},
        {"read_key", 21, [](std::size_t n) { return check_read_key(key_of(n), small_limits()); }},
        {"watched_keys", 3,
         [](std::size_t n) {
             return check_watch(std::vector<WatchTarget>(n, {"\x02k"}), small_limits());
         }},
        {"watched_key", 21,
         [](std::size_t n) {
             const std::string key = key_of(n);
             return check_watch(std::vector<WatchTarget>{{key}}, small_limits());
         }},
    };
}

class EachLimit : public testing::TestWithParam<LimitCase> {};

TEST_P(EachLimit, AcceptsTheLimitAndOneLessAndNamesLimitAndSizeBeyond) {
    const LimitCase& limit = GetParam();
    for (const std::size_t size : {limit.limit - 1, limit.limit}) {
        const auto accepted = limit.attempt(size);
        EXPECT_TRUE(accepted) << size << ": " << accepted.error().to_string();
    }
    const auto refused = limit.attempt(limit.limit + 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
    EXPECT_NE(refused.error().message().find("max " + std::to_string(limit.limit)),
              std::string::npos)
        << refused.error().message();
    EXPECT_NE(refused.error().message().find(std::to_string(limit.limit + 1)), std::string::npos)
        << refused.error().message();
}

INSTANTIATE_TEST_SUITE_P(Limits, EachLimit, testing::ValuesIn(limit_cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Limits, OfDenoAreThoseOfItsClient) {
    const Limits limits = deno_limits();
    EXPECT_EQ(limits.key_bytes, 2048U);
    EXPECT_EQ(limits.read_key_bytes, 2049U);
    EXPECT_EQ(limits.value_bytes, 65536U);
    EXPECT_EQ(limits.checks, 100U);
    EXPECT_EQ(limits.mutations, 1000U);
    EXPECT_EQ(limits.write_bytes, 819200U);
    EXPECT_EQ(limits.write_key_bytes, 81920U);
    EXPECT_EQ(limits.ranges, 10U);
    EXPECT_EQ(limits.watched_keys, 10U);
    const std::string value(65537, 'v');
    const Mutation mutation{.kind = MutationKind::set, .key = "\x02k", .data = value};
    const auto refused = check_write({.mutations = {&mutation, 1}}, limits, checked_at_ms);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("value too large (max 65536 bytes"),
              std::string::npos);
}

void expect_invalid(const Result<void>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
}

TEST(Limits, RefuseEmptyAndReservedKeysInEveryPlaceOfAWrite) {
    for (const ByteView key : {ByteView(""), ByteView("\xFFq"), ByteView("\xFF")}) {
        expect_invalid(write_of({{.kind = MutationKind::set, .key = key}}));
        expect_invalid(write_of({{.kind = MutationKind::set_expiry, .key = key}}));
        expect_invalid(write_of({}, {{key}}));
        const std::vector<ByteView> keys{key};
        expect_invalid(enqueue_of({.payload = "p", .keys_if_undelivered = keys}));
        expect_invalid(check_watch(std::vector<WatchTarget>{{key}}, small_limits()));
        expect_invalid(check_read_key(key, small_limits()));
    }
}

TEST(Limits, LetRangesReachUpToFfAndNoFurther) {
    const auto read = [](ByteView start, ByteView end) {
        return check_read(std::vector<ReadRange>{{start, end, 1}}, small_limits());
    };
    const auto watch = [](ByteView start, ByteView end) {
        return check_watch(std::vector<WatchTarget>{{start, end}}, small_limits());
    };
    EXPECT_TRUE(read("", "\xFF"));
    EXPECT_TRUE(watch("", "\xFF"));
    EXPECT_TRUE(read("a", "a"));
    const ByteView beyond("\xFF\x00", 2);
    expect_invalid(read("", beyond));
    expect_invalid(read(beyond, "\xFF\xFF"));
    expect_invalid(watch("", beyond));
    expect_invalid(read("b", "a"));
    expect_invalid(watch("b", "a"));
    expect_invalid(check_read(std::vector<ReadRange>{{"a", "b", 0}}, small_limits()));
}

TEST(Limits, RefuseIllFormedMutations) {
    expect_invalid(write_of({{.kind = static_cast<MutationKind>(7), .key = "\x02k"}}));
    expect_invalid(write_of({{.key = "\x02k", .encoding = static_cast<ValueEncoding>(4)}}));
    expect_invalid(
        write_of({{.key = "\x02k", .data = "7 bytes", .encoding = ValueEncoding::le64}}));
    expect_invalid(write_of({{.key = "\x02k", .expire_at_ms = -2}}));
    expect_invalid(enqueue_of({.payload = "p", .deadline_ms = -1}));
    EXPECT_TRUE(write_of({{.key = "\x02k", .expire_at_ms = 0}}));
}

}  // namespace
