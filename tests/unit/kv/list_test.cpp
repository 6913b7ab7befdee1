#include "turntable/kv/list.hpp"

#include <gtest/gtest.h>

#include "support/map_backend.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {
namespace {

using test::MapBackend;
using MapDatabase = BasicDatabase<MapBackend>;

/// a/1 to a/5, b, and plain text keys.
MapDatabase filled() {
    MapDatabase db{MapBackend()};
    for (int i = 1; i <= 5; ++i) {
        EXPECT_TRUE(db.set({"a", i}, std::to_string(i)));
    }
    EXPECT_TRUE(db.set("a", "the prefix itself"));
    EXPECT_TRUE(db.set("b", "b"));
    EXPECT_TRUE(db.set("users:1", "u1"));
    EXPECT_TRUE(db.set("users:2", "u2"));
    return db;
}

std::string keys_of(MapDatabase::List list) {
    std::string out;
    for (auto& entry : list) {
        if (!entry) {
            return "error: " + entry.error().message();
        }
        out += (out.empty() ? "" : " ") + print_key(entry->key.encoded());
    }
    return out;
}

struct Listing {
    const char* name;
    Selector selector;
    ListOptions options;
    std::string expected;
};

class Selectors : public testing::TestWithParam<Listing> {};

TEST_P(Selectors, SelectWhatTheyName) {
    EXPECT_EQ(keys_of(filled().list(GetParam().selector, GetParam().options)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, Selectors,
    testing::Values(
        Listing{"prefix", prefix("a"), {}, "a/1n a/2n a/3n a/4n a/5n"},
        Listing{"prefix_from", prefix("a").from({"a", 4}), {}, "a/4n a/5n"},
        Listing{"prefix_until", prefix("a").until({"a", 3}), {}, "a/1n a/2n"},
        Listing{"range", range("a", {"a", 3}), {}, "a a/1n a/2n"},
        Listing{"empty_range", range("a", "a"), {}, ""},
        Listing{"text_prefix", text_prefix("users:"), {}, "users:1 users:2"},
        Listing{"everything", everything(), {}, "a a/1n a/2n a/3n a/4n a/5n b users:1 users:2"},
        Listing{"limit", prefix("a"), {.limit = 2}, "a/1n a/2n"},
        Listing{"limit_in_batches", prefix("a"), {.limit = 3, .batch = 2}, "a/1n a/2n a/3n"},
        Listing{"reverse", prefix("a"), {.reverse = true}, "a/5n a/4n a/3n a/2n a/1n"},
        Listing{"reverse_batches",
                prefix("a"),
                {.limit = 3, .reverse = true, .batch = 1},
                "a/5n a/4n a/3n"},
        Listing{"cursor", prefix("a"), {.cursor = "FQM="}, "a/4n a/5n"},
        Listing{"cursor_reverse", prefix("a"), {.reverse = true, .cursor = "FQM="}, "a/2n a/1n"},
        Listing{"start_outside",
                prefix("a").from("b"),
                {},
                "error: Start key is not in the keyspace defined by prefix"},
        Listing{"start_is_prefix",
                prefix("a").from("a"),
                {},
                "error: Start key is not in the keyspace defined by prefix"},
        Listing{"end_outside",
                prefix("a").until("b"),
                {},
                "error: End key is not in the keyspace defined by prefix"},
        Listing{"both_bounds",
                prefix("a").from({"a", 1}).until({"a", 2}),
                {},
                "error: a prefix takes a start or an end, not both; use kv::range"},
        Listing{"inverted", range("b", "a"), {}, "error: Start key is greater than end key"},
        Listing{"zero_limit",
                everything(),
                {.limit = 0},
                "error: the limit of a list must be positive"},
        Listing{"zero_batch",
                everything(),
                {.batch = 0},
                "error: the batch of a list must be positive"},
        Listing{"cursor_not_base64", everything(), {.cursor = "A+=="}, "error: invalid cursor"},
        Listing{"cursor_cut", everything(), {.cursor = "AmI"}, "error: invalid cursor"},
        Listing{"cursor_before_start",
                range({"a", 3}, {"a", 5}),
                {.cursor = "AQ=="},
                "error: cursor out of bounds"},
        Listing{"cursor_beyond_end",
                prefix("a").until({"a", 3}),
                {.reverse = true, .cursor = "FQU="},
                "error: cursor out of bounds"}),
    [](const testing::TestParamInfo<Listing>& listing) { return listing.param.name; });

TEST(List, CursorsAreThoseOfDeno) {
    const MapDatabase db{MapBackend()};
    ASSERT_TRUE(db.set({"a", "b"}, "1"));
    ASSERT_TRUE(db.set({"a", "c"}, "2"));
    auto list = db.list(prefix("a"));
    ASSERT_TRUE(list.next());
    EXPECT_EQ(list.cursor(), "AmIA");
    auto rest = db.list(prefix("a"), {.cursor = list.cursor()});
    const auto next = rest.next();
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->value.data().text(), "2");
    EXPECT_FALSE(*rest.next());
    EXPECT_EQ(rest.cursor(), "") << "a list at its end has no cursor";
}

TEST(List, AListThatEndedAtItsLimitKeepsItsCursor) {
    const MapDatabase db{MapBackend()};
    ASSERT_TRUE(db.set({"a", "b"}, "1"));
    ASSERT_TRUE(db.set({"a", "c"}, "2"));
    for (const std::uint64_t limit : {1U, 2U, 3U}) {
        auto list = db.list(prefix("a"), {.limit = limit});
        while (*list.next()) {
        }
        const std::string expected = limit == 1 ? "AmIA" : limit == 2 ? "AmMA" : "";
        EXPECT_EQ(list.cursor(), expected) << limit;
    }
}

TEST(List, ACursorGoesOnFromEveryPlaceInBothDirections) {
    const MapDatabase db = filled();
    for (const bool reverse : {false, true}) {
        const std::string all = keys_of(db.list(everything(), {.reverse = reverse}));
        auto list = db.list(everything(), {.reverse = reverse, .batch = 2});
        std::string before;
        while (true) {
            const std::string rest =
                keys_of(db.list(everything(), {.reverse = reverse, .cursor = list.cursor()}));
            EXPECT_EQ(before + (before.empty() || rest.empty() ? "" : " ") + rest, all);
            auto entry = list.next();
            ASSERT_TRUE(entry);
            if (!*entry) {
                break;
            }
            before += (before.empty() ? "" : " ") + print_key((*entry)->key.encoded());
            if (before == all) {
                break;  // the end gives no cursor
            }
        }
    }
}

struct Batches {
    ListOptions options;
    int reads;
};

class BatchSizes : public testing::TestWithParam<Batches> {};

TEST_P(BatchSizes, AreTheLimitUpTo500Or100) {
    MapDatabase db{MapBackend()};
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(db.set({"k", i}, "v"));
    }
    auto list = db.list(everything(), GetParam().options);
    while (*list.next_view()) {
    }
    EXPECT_EQ(db.backend().reads(), GetParam().reads);
}

INSTANTIATE_TEST_SUITE_P(All, BatchSizes,
                         testing::Values(Batches{{}, 11}, Batches{{.limit = 100}, 1},
                                         Batches{{.limit = 500}, 1}, Batches{{.limit = 501}, 2},
                                         Batches{{.limit = 1000, .batch = 1000}, 1},
                                         Batches{{.batch = 1001}, 1}));

TEST(List, AFailureIsToldOnceAndThenThereIsTheEnd) {
    auto list = filled().list(range("b", "a"));
    EXPECT_EQ(list.next().error().code(), ErrorCode::invalid_argument);
    const auto after = list.next();
    ASSERT_TRUE(after);
    EXPECT_FALSE(*after);
}

}  // namespace
}  // namespace turntable::inline v0::kv
