#include "turntable/kv/map.hpp"

#include <gmock/gmock.h>

#include "support/map_backend.hpp"
#include "support/memory_database.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/memory.hpp"

// The types and calls of kv::Map; what it promises on every engine is in map_promises_test.cpp.

/// A type of a program's own.
struct Point {
    int x;
    int y;
    auto operator<=>(const Point&) const = default;
};
template <>
struct turntable::kv::KeyCodec<Point> {
    static void write(const Point& point, std::vector<KeyPart>& parts) {
        parts.emplace_back(point.x);
        parts.emplace_back(point.y);
    }
    static Result<Point> read(KeyReader& parts) {
        TURNTABLE_TRY(const int x, KeyCodec<int>::read(parts));
        TURNTABLE_TRY(const int y, KeyCodec<int>::read(parts));
        return Point{x, y};
    }
};
template <>
struct turntable::kv::ValueCodec<Point> {
    static Result<Value> encode(const Point& point) {
        return from_json(std::to_string(point.x * 100 + point.y));
    }
    static Result<Point> decode(const Value& stored) {
        TURNTABLE_TRY(const double both, ValueCodec<double>::decode(stored));
        return Point{static_cast<int>(both) / 100, static_cast<int>(both) % 100};
    }
};

namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;
using test::memory_database;

/// Puts keys in and expects them back in this order, both ways.
template <class K>
void expect_order(const std::vector<K>& keys) {
    const Database db = memory_database();
    const Map<K, std::string> map(db, {"map", 1});
    ASSERT_TRUE(db.set("neighbour", "x") && db.set({"map", 1}, "x") && db.set({"map", 2, 1}, "x"));
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        ASSERT_TRUE(map.insert(*key, "v")) << map.insert(*key, "v").error().to_string();
    }
    for (const bool reverse : {false, true}) {
        std::vector<K> expected = keys;
        if (reverse) {
            std::reverse(expected.begin(), expected.end());
        }
        std::vector<K> seen;
        for (auto& entry : map.all({.reverse = reverse, .batch = 2})) {
            ASSERT_TRUE(entry) << entry.error().to_string();
            seen.push_back(entry->key);
        }
        EXPECT_TRUE(seen == expected);
    }
    EXPECT_EQ(*map.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_TRUE((*map.lower_bound(keys[i]))->key == keys[i]);
        EXPECT_TRUE((*map.get_le(keys[i]))->key == keys[i]);
        const auto less = *map.get_lt(keys[i]);
        const auto greater = *map.get_gt(keys[i]);
        EXPECT_EQ(less.has_value(), i > 0);
        EXPECT_EQ(greater.has_value(), i + 1 < keys.size());
        EXPECT_TRUE(!less || less->key == keys[i - 1]);
        EXPECT_TRUE(!greater || greater->key == keys[i + 1]);
    }
}

TEST(Map, KeysOrderAsTheirTypeDoes) {
    using namespace std::string_literals;
    expect_order<int>({INT_MIN, -256, -255, -1, 0, 1, 255, 256, INT_MAX});
    expect_order<std::uint64_t>({0, 1, 255, 256, UINT64_MAX});
    expect_order<std::int8_t>({-128, 0, 127});
    expect_order<double>({-1e300, -1.5, 0.0, 1e-300, 2, 10});
    expect_order<bool>({false, true});
    expect_order<std::string>({""s, "\0"s, "\0a"s, "a"s, "a\0"s, "ab"s, "b"s, "\xC3\xBF"s});
    expect_order<BytesPart>({{""s}, {"\0"s}, {"\0\xFF"s}, {"\xFE"s}, {"\xFF"s}, {"\xFF\xFF"s}});
    expect_order<std::pair<std::string, int>>(
        {{"a", -1}, {"a", 2}, {"a", 10}, {"a\0"s, 0}, {"b", 0}});
    expect_order<std::tuple<int, std::string, bool>>(
        {{1, "", true}, {1, "a", false}, {2, "", false}});
    expect_order<Point>({{-1, 5}, {0, 0}, {0, 1}, {2, -3}});
}

template <class V>
void expect_kept(const std::vector<V>& values) {
    const Map<int, V> map(memory_database(), "map");
    for (const V& value : values) {
        ASSERT_TRUE(map.insert(1, value));
        EXPECT_TRUE(**map.get(1) == value);
    }
}

TEST(Map, ValuesComeBackAsTheyWere) {
    using namespace std::string_literals;
    expect_kept<std::string>({""s, "\0\xFF"s, std::string(10'000, 'x')});
    expect_kept<Bytes>({Bytes(), Bytes::copy(ByteView("\x01"))});
    expect_kept<int>({INT_MIN, 0, INT_MAX});
    expect_kept<std::int64_t>({INT64_MIN, -1, INT64_MAX});
    expect_kept<std::uint64_t>({0, UINT64_MAX});
    expect_kept<std::uint8_t>({0, 255});
    expect_kept<double>({-0.5, 1e300});
    expect_kept<bool>({false, true});
    expect_kept<Value>({Value::u64(3), Value("text")});
    expect_kept<Point>({{1, 2}, {99, 99}});
}

TEST(Map, EntriesOfAnotherTypeAreToldWithTheirKeys) {
    const Database db = memory_database();
    const Map<std::uint8_t, std::uint8_t> map(db, "map");
    const auto expect_told = [&](const Key& key, const Value& value) {
        ASSERT_TRUE(map.clear());
        ASSERT_TRUE(db.set(key, value));
        auto range = map.all();
        const auto next = range.next();
        ASSERT_FALSE(next);
        EXPECT_EQ(next.error().code(), ErrorCode::serialization);
        EXPECT_THAT(next.error().to_string(), ::testing::HasSubstr(print_key(key.encoded())));
        EXPECT_FALSE(*range.next());  // only the end
        EXPECT_FALSE(map.pop_first());
        EXPECT_EQ(*map.size(), 1U) << "it was removed all the same";
    };
    expect_told({"map", "text"}, Value::u64(1));
    expect_told({"map", 256}, Value::u64(1));
    expect_told({"map", -1}, Value::u64(1));
    expect_told({"map", 1, 2}, Value::u64(1));
    expect_told({"map", 1}, Value::u64(256));
    expect_told({"map", 1}, Value("text"));
    const Map<std::uint8_t, int> other(db, "map");
    EXPECT_EQ(other.get(1).error().code(), ErrorCode::serialization);
    EXPECT_EQ(other.insert(1, 1).error().code(), ErrorCode::serialization);
    EXPECT_TRUE(*other.contains(1));
}

TEST(Map, RangesHaveTheirBounds) {
    const Map<int, std::string> map(memory_database(), "map");
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(map.insert(i, std::to_string(i)));
    }
    const auto text = [](auto range) {
        std::string out;
        for (auto& entry : range) {
            out += entry ? entry->value : entry.error().to_string();
        }
        return out;
    };
    EXPECT_EQ(text(map.range(3, 6)), "345");
    EXPECT_EQ(text(map.range(3, 3)), "");
    EXPECT_EQ(text(map.range(-5, 100)), "0123456789");
    EXPECT_EQ(text(map.range(3, 6, {.reverse = true})), "543");
    EXPECT_EQ(text(map.from(7)), "789");
    EXPECT_EQ(text(map.until(3, {.reverse = true})), "210");
    EXPECT_EQ(text(map.all({.reverse = true, .limit = 3, .batch = 1})), "987");
    EXPECT_THAT(text(map.range(6, 3)), ::testing::HasSubstr("invalid_argument"));
    EXPECT_THAT(text(map.all({.limit = 0})), ::testing::HasSubstr("invalid_argument"));
}

TEST(Map, PrefixesAreOfPartsOrOfText) {
    const Database db = memory_database();
    const Map<std::tuple<std::string, int, int>, int> parts(db, "parts");
    const Map<std::string, int> texts(db, "texts");
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(parts.insert({"a", 1, i}, i) && parts.insert({"a", 2, i}, 10 + i) &&
                    parts.insert({"ab", 1, i}, 20 + i));
    }
    const auto count = [](auto range) {
        int out = 0;
        for (auto& entry : range) {
            out += entry ? 1 : 100;
        }
        return out;
    };
    EXPECT_EQ(count(parts.prefix(std::string("a"))), 6);
    EXPECT_EQ(count(parts.prefix(std::pair(std::string("a"), 2))), 3);
    EXPECT_EQ(count(parts.prefix(std::string("b"))), 0);
    for (const char* text : {"", "a", "ab", "abc", "b", "a\xC3\xBF"}) {
        ASSERT_TRUE(texts.insert(text, 1));
    }
    EXPECT_EQ(count(texts.text_prefix("")), 6);
    EXPECT_EQ(count(texts.text_prefix("a")), 4);
    EXPECT_EQ(count(texts.text_prefix("ab", {.reverse = true})), 2);
    EXPECT_EQ(count(texts.text_prefix("c")), 0);
}

TEST(Map, GivesWhatWasThereBefore) {
    const Map<std::string, int> map(memory_database(), "map");
    using Maybe = std::optional<int>;
    EXPECT_EQ(*map.insert("k", 1), Maybe());
    EXPECT_EQ(*map.insert("k", 2), Maybe(1));
    EXPECT_EQ(*map.fetch_and_update("k", [](const Maybe& old) { return Maybe(*old + 1); }),
              Maybe(2));
    EXPECT_EQ(*map.update_and_fetch("k", [](const Maybe& old) { return Maybe(*old + 1); }),
              Maybe(4));
    EXPECT_EQ(*map.update_and_fetch("k", [](const Maybe&) { return Maybe(); }), Maybe());
    EXPECT_FALSE(*map.contains("k"));
    EXPECT_EQ(*map.fetch_and_update("k", [](const Maybe& old) { return Maybe(old ? 0 : 7); }),
              Maybe());
    EXPECT_EQ(*map.remove("k"), Maybe(7));
    EXPECT_EQ(*map.remove("k"), Maybe());
    EXPECT_TRUE(*map.is_empty());
}

TEST(Map, CompareAndSwapTellsWhatIsThereAndWhatWasNotStored) {
    const Map<std::string, int> map(memory_database(), "map");
    using Maybe = std::optional<int>;
    EXPECT_TRUE(*map.compare_and_swap("k", Maybe(), Maybe(1)));
    const auto refused = *map.compare_and_swap("k", Maybe(), Maybe(2));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.current, Maybe(1));
    EXPECT_EQ(refused.proposed, Maybe(2));
    EXPECT_FALSE(*map.compare_and_swap("k", Maybe(5), Maybe()));
    EXPECT_TRUE(*map.compare_and_swap("k", Maybe(1), Maybe(3)));
    EXPECT_TRUE(*map.compare_and_swap("k", Maybe(3), Maybe()));
    const auto absent = *map.compare_and_swap("k", Maybe(3), Maybe(4));
    EXPECT_EQ(absent.current, Maybe());
    EXPECT_EQ(absent.proposed, Maybe(4));
    EXPECT_TRUE(*map.compare_and_swap("k", Maybe(), Maybe()));
}

TEST(Map, MergeNeedsAFunction) {
    const Map<std::string, int> map(memory_database(), "map");
    EXPECT_EQ(map.merge("k", 1).error().code(), ErrorCode::unsupported);
}

TEST(Map, PopsFromBothEnds) {
    const Map<int, std::string> map(memory_database(), "map");
    ASSERT_TRUE(map.batch().insert(1, "a").insert(2, "b").insert(3, "c").commit());
    EXPECT_EQ((*map.first())->key, 1);
    EXPECT_EQ((*map.last())->key, 3);
    EXPECT_EQ((*map.pop_last())->value, "c");
    EXPECT_EQ((*map.pop_first())->value, "a");
    EXPECT_EQ((*map.pop_first())->value, "b");
    EXPECT_FALSE(*map.pop_first());
    EXPECT_FALSE(*map.first());
}

TEST(Map, ABatchThatCannotBeStoredChangesNothing) {
    const Database db = memory_database();
    const Map<std::string, double> map(db, "map");
    ASSERT_TRUE(map.insert("old", 1));
    EXPECT_EQ(map.batch().remove("old").insert("\xFF", 1).commit().error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(*map.size(), 1U);
    const auto stamp = map.batch().remove("old").insert("new", 2).commit();
    ASSERT_TRUE(stamp);
    EXPECT_EQ((*db.get({"map", "new"}))->versionstamp, *stamp);
    EXPECT_EQ(*map.size(), 1U);
}

TEST(Map, MapsAndKeysShareATransaction) {
    const Database db = memory_database();
    const Map<std::string, int> stock(db, "stock");
    const Map<int, std::string> orders(db, "orders");
    ASSERT_TRUE(stock.insert("pen", 1));
    const auto order = [&](int number) {
        return db.transact([&](Transaction& tx) -> Result<void> {
            TURNTABLE_TRY(const auto left, stock.in(tx).get("pen"));
            if (!left) {
                return Error(ErrorCode::not_found, "sold out");
            }
            TURNTABLE_CHECK(orders.in(tx).insert(number, "pen"));
            return stock.in(tx).remove("pen");
        });
    };
    EXPECT_TRUE(order(1));
    EXPECT_EQ(order(2).error().message(), "sold out");
    EXPECT_EQ(*orders.size(), 1U);
}

TEST(Map, ClearsAloneWhatIsItsOwn) {
    const Database db = memory_database();
    const Map<int, int> map(db, "map");
    const Map<int, int> other(db, "other");
    for (int i = 0; i < 600; ++i) {
        ASSERT_TRUE(map.insert(i, i));
    }
    ASSERT_TRUE(other.insert(1, 1));
    EXPECT_EQ(*map.clear(), 600U);
    EXPECT_EQ(*map.size(), 0U);
    EXPECT_EQ(*other.size(), 1U);
    // In batches, on a backend without delete_range.
    const Map<int, std::string> plain(Database(AnyBackend(test::MapBackend())), "plain");
    for (int i = 0; i < 600; ++i) {
        ASSERT_TRUE(plain.insert(i, "v"));
    }
    EXPECT_EQ(*plain.clear(), 600U);
    EXPECT_TRUE(*plain.is_empty());
}

TEST(Map, MayHaveTheWholeDatabase) {
    const Map<std::string, int> map(memory_database(), Key());
    ASSERT_TRUE(map.insert("a", 1) && map.insert("b", 2));
    EXPECT_EQ(*map.size(), 2U);
    EXPECT_EQ((*map.last())->key, "b");
    EXPECT_EQ((*map.lower_bound("aa"))->key, "b");
    EXPECT_EQ((*map.pop_first())->key, "a");
    auto changes = map.subscribe();
    EXPECT_EQ((**changes->next())[0].key, "b");
}

TEST(Map, EntriesMayExpire) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    const Map<int, int> map(Database(AnyBackend(MemoryBackend({.runtime = runtime})), runtime),
                            "map");
    ASSERT_TRUE(map.insert(1, 1, {.expire_in = 10s}));
    EXPECT_TRUE(*map.contains(1));
    clock->advance(10s);
    EXPECT_FALSE(*map.contains(1));
    EXPECT_EQ(*map.insert(1, 2), std::optional<int>());
}

TEST(Map, WrongKeysAreRefused) {
    const Map<std::string, int> map(memory_database(), "map");
    EXPECT_EQ(map.get("\xFF").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(map.insert("\xFF", 1).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(map.lower_bound("\xFF").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(map.subscribe_prefix(std::string("\xFF")).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(map.get(std::string(3000, 'x')).error().code(), ErrorCode::limit_exceeded);
    const Map<std::string, int> misplaced(memory_database(), Key("\xFF"));
    EXPECT_EQ(misplaced.insert("k", 1).error().code(), ErrorCode::invalid_argument);
}

TEST(Map, GivesUpWhenOthersAreAlwaysFaster) {
    FakeBackend fake;
    const Map<std::string, int> map(Database(AnyBackend(fake)), "map",
                                    {.transact = {.attempts = 3, .backoff = 0ms}});
    ASSERT_TRUE(map.insert("k", 1));
    const CommitResult refused{false, {}, {0}};
    for (int i = 0; i < 3; ++i) {
        fake.answer_next_write(refused);
    }
    EXPECT_EQ(map.insert("k", 2).error().code(), ErrorCode::conflict);
    for (int i = 0; i < 3; ++i) {
        fake.answer_next_write(refused);
    }
    EXPECT_EQ(map.pop_first().error().code(), ErrorCode::conflict);
    EXPECT_EQ(fake.steps_left(), 0U);
    EXPECT_EQ((*map.pop_first())->value, 1);
}

}  // namespace
}  // namespace turntable::inline v0::kv
