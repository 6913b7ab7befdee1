#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "turntable/kv/collection.hpp"

namespace turntable::test {

enum class Level : std::uint16_t { low, middle, high = 60000 };

/// A record with a field of each kind that a query can compare.
struct Item {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::string> city;
    std::optional<std::int32_t> age;
    double score = 0;
    bool flag = false;
    Bytes data;
    Level level = Level::low;
    std::optional<std::string> code;
    std::vector<std::int32_t> numbers;
    std::optional<std::vector<std::int32_t>> maybe;
};
constexpr auto describe(kv::Type<Item> /*type*/) {
    return kv::record<Item>(
        "items", kv::field("id", &Item::id), kv::field("name", &Item::name),
        kv::field("city", &Item::city), kv::field("age", &Item::age),
        kv::field("score", &Item::score), kv::field("flag", &Item::flag),
        kv::field("data", &Item::data), kv::field("level", &Item::level),
        kv::field("code", &Item::code), kv::field("numbers", &Item::numbers),
        kv::field("maybe", &Item::maybe), kv::primary_key(&Item::id),
        kv::index("by_name", &Item::name), kv::index("by_city_and_age", &Item::city, &Item::age),
        kv::index("by_score", &Item::score), kv::index("by_data", &Item::data),
        kv::index("by_level", &Item::level, &Item::id, &Item::flag),
        kv::unique("by_code", &Item::code), kv::unique("by_age_and_id", &Item::age, &Item::id));
}

/// Texts that would end or change a query that is put together from text.
inline std::string awkward_text(std::uint64_t number) {
    using namespace std::string_literals;
    static const std::vector<std::string> texts{
        "",       "a",     "a\0"s, "a\0b"s, "ab",         "a'; drop table kv; --",
        "\"q\"",  "x; y",  "\\",   "é",     "\U0001F600", "\0"s,
        "a\x01"s, "$null", "null", "%",     "a_b",        "ÿ",
    };
    return texts[number % texts.size()];
}

inline std::string awkward_bytes(std::uint64_t number) {
    using namespace std::string_literals;
    static const std::vector<std::string> texts{""s, "\0"s, "\0\xff"s, "\xff"s, "\xff\xff"s, "a"s};
    return texts[number % texts.size()];
}

/// A record with many values that others have too.
inline Item random_item(std::mt19937_64& random, std::int64_t id) {
    static const double scores[] = {0.0,
                                    -0.0,
                                    1.5,
                                    -1.5,
                                    std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::infinity(),
                                    std::numeric_limits<double>::quiet_NaN(),
                                    5e-324};
    Item item;
    item.id = id;
    item.name = awkward_text(random());
    if (random() % 4 != 0) {
        item.city = awkward_text(random() % 5);
    }
    if (random() % 4 != 0) {
        item.age = static_cast<std::int32_t>(random() % 9) - 4;
    }
    item.score = scores[random() % 8];
    item.flag = random() % 2 == 0;
    item.data = Bytes::copy(awkward_bytes(random()));
    item.level = random() % 2 == 0 ? Level::middle : Level::high;
    if (random() % 2 == 0) {
        item.code = "code" + std::to_string(id * 7 % 1000);
    }
    if (random() % 2 == 0) {
        item.maybe.emplace();
    }
    return item;
}

}  // namespace turntable::test
