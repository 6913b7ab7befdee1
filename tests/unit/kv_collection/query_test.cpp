#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <stop_token>

#include "turntable/kv/collection.hpp"
#include "unit/kv_collection/engines.hpp"
#include "unit/kv_collection/item.hpp"

namespace turntable::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class QueryTest : public OnEachEngine {
  protected:
    static Item item(std::int64_t id, std::string name, std::optional<std::string> city = {},
                     std::optional<std::int32_t> age = {}) {
        Item out;
        out.id = id;
        out.name = std::move(name);
        out.city = std::move(city);
        out.age = age;
        return out;
    }
    void insert_four() {
        for (const Item& one : {item(1, "Ada", "London", 36), item(2, "Grace", "Oslo", 80),
                                item(3, "Edsger", "Oslo", 72), item(4, "Barbara", {}, 80)}) {
            ASSERT_TRUE(items_.insert(one));
        }
    }
    static std::vector<std::int64_t> ids(const Result<kv::Page<Item>>& page) {
        EXPECT_TRUE(page) << page.error().to_string();
        std::vector<std::int64_t> out;
        for (const auto& record : page->records) {
            out.push_back(record.value.id);
        }
        return out;
    }
    std::vector<std::int64_t> query(const kv::Filter& filter,
                                    const kv::QueryOptions& options = {}) const {
        return ids(items_.query(filter, options));
    }
    std::string plan(const kv::Filter& filter, const kv::QueryOptions& options = {}) const {
        return items_.explain(filter, options).value().to_string();
    }

    kv::Collection<Item> items_ = kv::Collection<Item>::open(db_).value();
};
INSTANTIATE_TEST_SUITE_P(Engines, QueryTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(QueryTest, FiltersByMembersAndByNames) {
    insert_four();
    EXPECT_THAT(query(kv::where(&Item::city).eq("Oslo") && !kv::where("age").lt(75)),
                ElementsAre(2));
    EXPECT_THAT(query(kv::where("age").in({36, 72})), ElementsAre(1, 3));
    EXPECT_THAT(query(kv::where("age").in(std::vector<int>{80})), ElementsAre(2, 4));
    EXPECT_THAT(query(kv::where("city").is_null()), ElementsAre(4));
    EXPECT_THAT(query(kv::where("city").ne("Oslo")), ElementsAre(1, 4)) << "null is not Oslo";
    EXPECT_THAT(query(kv::where(&Item::level).eq(Level::low), {.limit = 2}), ElementsAre(1, 2));
    EXPECT_THAT(query(kv::where("score").eq(0)), ElementsAre(1, 2, 3, 4)) << "0 is 0.0";
    EXPECT_THAT(query({}), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(query(kv::where("maybe").is_null()), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(query(kv::where("numbers").is_null()), ElementsAre()) << "a list is never null";
}

TEST_P(QueryTest, OrdersBySeveralFieldsInDirectionsOfTheirOwn) {
    insert_four();
    EXPECT_THAT(query({}, {.order_by = {kv::ascending("city"), kv::descending(&Item::age)}}),
                ElementsAre(4, 1, 2, 3));
    EXPECT_THAT(query({}, {.order_by = {kv::descending("age")}}), ElementsAre(4, 2, 3, 1))
        << "records that are equal follow the direction of the first field";
}

TEST_P(QueryTest, FindAllByTakesTheFirstFieldsOfAnyIndexInItsOrder) {
    insert_four();
    EXPECT_THAT(ids(items_.find_all_by("by_city_and_age", {"Oslo"})), ElementsAre(3, 2));
    EXPECT_THAT(ids(items_.find_all_by("by_city_and_age", {"Oslo", 80})), ElementsAre(2));
    EXPECT_THAT(ids(items_.find_all_by("by_age_and_id", {80})), ElementsAre(2, 4))
        << "a unique index serves too";
    EXPECT_THAT(ids(items_.find_all_by("by_level", {Level::low})), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(ids(items_.find_all_by("by_city_and_age", {"Paris"})), ElementsAre());
    EXPECT_THAT(
        ids(items_.find_all_by("by_city_and_age", {"Oslo"}, {.order_by = {kv::descending("age")}})),
        ElementsAre(2, 3));
}

TEST_P(QueryTest, FindAllByGivesPages) {
    insert_four();
    const auto first = items_.find_all_by("by_age_and_id", {80}, {.limit = 1});
    EXPECT_THAT(ids(first), ElementsAre(2));
    const auto second =
        items_.find_all_by("by_age_and_id", {80}, {.limit = 1, .after = first->next});
    EXPECT_THAT(ids(second), ElementsAre(4));
    EXPECT_EQ(second->next, "");
}

TEST_P(QueryTest, FindAllByRefusesWhatNoIndexAnswers) {
    const auto code = [&](std::string_view index, const kv::IndexValues& values) {
        return items_.find_all_by(index, values).error().code();
    };
    EXPECT_EQ(code("by_town", {"Oslo"}), ErrorCode::invalid_argument);
    EXPECT_EQ(code("by_name", {"Ada", 3}), ErrorCode::invalid_argument) << "it has one field";
    EXPECT_EQ(code("by_name", {3}), ErrorCode::type_mismatch);
}

TEST_P(QueryTest, FindByAndFindAllByTakeCallOptions) {
    insert_four();
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(items_.find_by("by_code", {"x"}, stopped.get_token()).error().code(),
              ErrorCode::cancelled);
    EXPECT_EQ(items_.find_all_by("by_name", {"Ada"}, {}, stopped.get_token()).error().code(),
              ErrorCode::cancelled);
    EXPECT_EQ(items_.find_by("by_age_and_id", {36, 1}, std::chrono::seconds(60))->value().value.id,
              1);
}

TEST_P(QueryTest, ExplainNamesTheIndexOrTheScan) {
    const auto by_city = kv::QueryOptions{.order_by = {kv::ascending("city")}};
    const auto by_city_and_age =
        kv::QueryOptions{.order_by = {kv::descending("city"), kv::descending("age")}};
    const struct {
        kv::Filter filter;
        kv::QueryOptions options;
        const char* plan;
    } cases[] = {
        {{}, {}, "index primary"},
        {kv::where("id").eq(3), {}, "index primary"},
        {kv::where("id").between(3, 5), by_city, "index primary, sorted"},
        {kv::where("name").prefix("A"), {}, "index by_name"},
        {kv::where("name").ne("A"), {}, "scan"},
        {!kv::where("name").eq("A"), {}, "scan"},
        {kv::where("name").eq("A") || kv::where("id").eq(3), {}, "scan"},
        {kv::where("numbers").is_null(), {}, "scan"},
        {kv::where("code").eq("x") && kv::where("name").eq("A"), {}, "index by_code"},
        {kv::where("city").eq("Oslo"), {}, "index by_city_and_age"},
        {kv::where("city").eq("Oslo"), by_city, "index by_city_and_age, sorted"},
        {kv::where("city").eq("Oslo") && kv::where("age").is_null(), by_city,
         "index by_city_and_age"},
        {kv::where("age").gt(5), {}, "index by_age_and_id"},
        {{}, by_city_and_age, "index by_city_and_age"},
        {kv::where("name").ne("A"), by_city_and_age, "index by_city_and_age, all of it"},
        {{}, by_city, "scan, sorted"},
        {kv::where("flag").eq(true), {}, "scan"},
    };
    for (const auto& [filter, options, expected] : cases) {
        EXPECT_EQ(plan(filter, options), expected);
        kv::QueryOptions strict = options;
        strict.allow_scan = false;
        const bool scans = items_.explain(filter, options)->scans;
        const auto refused = items_.query(filter, strict);
        EXPECT_EQ(refused.has_value(), !scans) << expected;
        if (!refused) {
            EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
        }
    }
}

TEST_P(QueryTest, IllTypedQueriesNameTheField) {
    const struct {
        kv::Filter filter;
        ErrorCode code;
        const char* text;
    } cases[] = {
        {kv::where("age").eq("36"), ErrorCode::type_mismatch,
         "field age: expected an integer, not text"},
        {kv::where("age").eq(1.5), ErrorCode::type_mismatch, "field age"},
        {kv::where("age").prefix("3"), ErrorCode::type_mismatch, "field age"},
        {kv::where("name").in({kv::KeyPart("a"), kv::KeyPart(5)}), ErrorCode::type_mismatch,
         "field name: expected text, not an integer"},
        {kv::where("name").eq(Bytes()), ErrorCode::type_mismatch, "field name"},
        {kv::where("name").eq("\xff"), ErrorCode::invalid_argument, "field name"},
        {kv::where("flag").eq(1), ErrorCode::type_mismatch, "field flag: expected a boolean"},
        {!(kv::where("nam").eq("x")), ErrorCode::invalid_argument, "did you mean \"name\"?"},
        {kv::where("numbers").eq(1), ErrorCode::invalid_argument,
         "field numbers is of type list<int32>"},
    };
    for (const auto& [filter, code, text] : cases) {
        const auto refused = items_.query(filter);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), code) << refused.error().to_string();
        EXPECT_THAT(refused.error().to_string(), HasSubstr(text));
    }
    EXPECT_EQ(items_.query({}, {.order_by = {kv::ascending("numbers")}}).error().code(),
              ErrorCode::invalid_argument);
}

// Texts with quotes, NUL and `;` in every place where a query takes one.
TEST_P(QueryTest, ValuesNeverChangeTheQuery) {
    for (std::int64_t id = 0; id < 18; ++id) {
        ASSERT_TRUE(items_.insert(item(id, awkward_text(static_cast<std::uint64_t>(id)))));
    }
    for (std::int64_t id = 0; id < 18; ++id) {
        const std::string text = awkward_text(static_cast<std::uint64_t>(id));
        EXPECT_THAT(query(kv::where("name").eq(text)), ElementsAre(id));
        EXPECT_THAT(query(kv::where("name").in({text})), ElementsAre(id));
        EXPECT_THAT(query(kv::where("name").between(text, text)), ElementsAre(id));
        EXPECT_THAT(query(!kv::where("name").ne(text)), ElementsAre(id));
        EXPECT_EQ(items_.query(kv::where(text).eq("x")).error().code(),
                  ErrorCode::invalid_argument);
    }
}

TEST_P(QueryTest, ValuesLongerThanAnyKeyFindNothing) {
    insert_four();
    const std::string longer(5000, 'A');
    EXPECT_THAT(query(kv::where("name").eq(longer)), ElementsAre());
    EXPECT_THAT(query(kv::where("name").prefix(longer)), ElementsAre());
    EXPECT_THAT(
        query(kv::where("name").gt(longer), {.order_by = {kv::ascending("name")}, .limit = 9}),
        ElementsAre(1, 4, 3, 2));
    EXPECT_THAT(query(kv::where("name").le(longer)), ElementsAre());
}

TEST_P(QueryTest, LimitsAreTriedOnBothSides) {
    EXPECT_TRUE(items_.query({}, {.limit = kv::max_page_records}));
    EXPECT_FALSE(items_.query({}, {.limit = kv::max_page_records + 1}));
    EXPECT_FALSE(items_.query({}, {.limit = 0}));
    kv::Filter filter = kv::where("id").eq(1);
    for (std::size_t depth = 1; depth < kv::max_filter_depth; ++depth) {
        filter = !filter;
    }
    EXPECT_TRUE(items_.query(filter));
    EXPECT_EQ(items_.query(!filter).error().code(), ErrorCode::limit_exceeded);
    for (int i = 0; i < 100'000; ++i) {
        filter = !filter;  // neither use nor end of it runs deep
    }
    EXPECT_EQ(items_.query(filter).error().code(), ErrorCode::limit_exceeded);
}

TEST_P(QueryTest, CursorsOfOtherQueriesAndOtherTextsAreRefused) {
    insert_four();
    const auto page = *items_.query(kv::where("name").ge("A"), {.limit = 2});
    const auto code = [&](const kv::Filter& filter, const kv::QueryOptions& options) {
        const auto result = items_.query(filter, options);
        return result ? "ok" : std::string(to_string(result.error().code()));
    };
    EXPECT_EQ(code(kv::where("name").ge("A"), {.after = page.next}), "ok");
    EXPECT_EQ(code(kv::where("name").ge("B"), {.after = page.next}), "invalid_argument");
    EXPECT_EQ(
        code(kv::where("name").ge("A"), {.order_by = {kv::descending("name")}, .after = page.next}),
        "invalid_argument");
    EXPECT_EQ(code({}, {.after = "x"}), "invalid_argument");
    EXPECT_EQ(code({}, {.after = "AgA="}), "invalid_argument");
    EXPECT_EQ(code(kv::where("name").ge("A"), {.after = page.next, .before = page.next}),
              "invalid_argument");
}

TEST_P(QueryTest, CursorsStayWhereTheyAreWhileOthersWrite) {
    for (std::int64_t id = 0; id < 40; id += 2) {
        ASSERT_TRUE(items_.insert(item(id, "same", "Oslo", static_cast<std::int32_t>(id / 10))));
    }
    for (const auto& order : {std::vector<kv::Order>{kv::ascending("name")},
                              std::vector<kv::Order>{kv::ascending("flag")}}) {
        std::set<std::int64_t> seen;
        kv::QueryOptions options{.order_by = order, .limit = 5};
        std::string cursor;
        std::int64_t round = 0;
        do {
            options.after = cursor;
            const auto page = *items_.query({}, options);
            for (const auto& record : page.records) {
                EXPECT_TRUE(seen.insert(record.value.id).second) << record.value.id << " twice";
            }
            cursor = page.next;
            // The record at the cursor goes, one comes before it, and one after it.
            if (!page.records.empty()) {
                const std::int64_t last = page.records.back().value.id;
                EXPECT_TRUE(*items_.remove(last));
                EXPECT_TRUE(items_.put(item(-100 - ++round, "same")));
                EXPECT_TRUE(items_.put(item(last, "same", "Oslo")));
            }
        } while (!cursor.empty());
        for (std::int64_t id = 0; id < 40; id += 2) {
            EXPECT_EQ(seen.count(id), 1U) << id;
        }
        for (std::int64_t added = 1; added <= round; ++added) {
            EXPECT_TRUE(*items_.remove(-100 - added));
        }
    }
}

TEST_P(QueryTest, AStreamGivesAllPagesAndEndsAfterAnError) {
    for (std::int64_t id = 0; id < 25; ++id) {
        ASSERT_TRUE(items_.insert(item(id, "x", "Oslo")));
    }
    std::vector<std::int64_t> found;
    auto stream = items_.stream(kv::where("city").eq("Oslo"),
                                {.order_by = {kv::descending("id")}, .limit = 10});
    for (auto& record : stream) {
        ASSERT_TRUE(record) << record.error().to_string();
        found.push_back(record->value.id);
    }
    ASSERT_EQ(found.size(), 25U);
    EXPECT_TRUE(std::ranges::is_sorted(found, std::greater<>()));
    auto wrong = items_.stream(kv::where("city").eq(1));
    EXPECT_FALSE(wrong.next());
    EXPECT_EQ(*wrong.next(), std::nullopt);
}

}  // namespace
}  // namespace turntable::test
