// Compares queries with a plain evaluation over all records.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <functional>
#include <map>
#include <set>

#include "unit/kv_collection/engines.hpp"
#include "unit/kv_collection/item.hpp"

namespace turntable::test {
namespace {

/// What a field may hold, for a comparison that knows nothing of keys. No value: null.
using Cell = std::optional<std::variant<bool, std::int64_t, double, std::string>>;

Cell cell(const Item& item, const std::string& field) {
    const auto text = [](const std::optional<std::string>& from) {
        return from ? Cell(*from) : Cell();
    };
    if (field == "id") {
        return item.id;
    }
    if (field == "name") {
        return item.name;
    }
    if (field == "city") {
        return text(item.city);
    }
    if (field == "code") {
        return text(item.code);
    }
    if (field == "age") {
        return item.age ? Cell(std::int64_t{*item.age}) : Cell();
    }
    if (field == "score") {
        return item.score;
    }
    if (field == "flag") {
        return item.flag;
    }
    if (field == "data") {
        return item.data.to_string();
    }
    return static_cast<std::int64_t>(item.level);
}

int compare(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) {
        return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
    }
    return a < b ? -1 : static_cast<int>(a > b);
}

/// Null first.
int compare(const Cell& a, const Cell& b) {
    if (!a || !b) {
        return static_cast<int>(a.has_value()) - static_cast<int>(b.has_value());
    }
    if (const double* number = std::get_if<double>(&*a)) {
        return compare(*number, std::get<double>(*b));
    }
    if (const std::string* text = std::get_if<std::string>(&*a)) {
        const int order = text->compare(std::get<std::string>(*b));
        return order < 0 ? -1 : static_cast<int>(order > 0);
    }
    return *a < *b ? -1 : static_cast<int>(*b < *a);
}

const std::vector<std::string> fields{"id",   "name", "city",  "age", "score",
                                      "flag", "data", "level", "code"};

/// A filter, and the same thing as a plain function.
struct Condition {
    kv::Filter filter;
    std::function<bool(const Item&)> holds;
};

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::uint64_t next() { return random_(); }
    std::mt19937_64& random() { return random_; }

    Condition condition(int depth = 0) {
        const std::uint64_t choice = random_() % 10;
        if (depth < 3 && choice < 4) {
            const Condition a = condition(depth + 1);
            const Condition b = condition(depth + 1);
            if (choice < 3) {
                return {a.filter && b.filter,
                        [=](const Item& item) { return a.holds(item) && b.holds(item); }};
            }
            return {a.filter || b.filter,
                    [=](const Item& item) { return a.holds(item) || b.holds(item); }};
        }
        if (depth < 3 && choice == 4) {
            const Condition a = condition(depth + 1);
            return {!a.filter, [=](const Item& item) { return !a.holds(item); }};
        }
        return leaf();
    }

    std::vector<kv::Order> order() {
        std::vector<kv::Order> out;
        const bool one_direction = random_() % 3 != 0;
        const bool descending = random_() % 2 == 0;
        for (std::uint64_t i = random_() % 4; i > 0; --i) {
            out.push_back({fields[random_() % fields.size()],
                           one_direction ? descending : random_() % 2 == 0});
        }
        return out;
    }

  private:
    struct Value {
        kv::KeyPart part;
        Cell cell;
    };

    Value value(const std::string& field) {
        const Item item = random_item(random_, static_cast<std::int64_t>(random_() % 120));
        if (field == "data") {
            return {kv::BytesPart{item.data.to_string()}, item.data.to_string()};
        }
        const Cell found = cell(item, field);
        if (!found) {
            return field == "age" ? Value{3, std::int64_t{3}}
                                  : Value{"code7", std::string("code7")};
        }
        return std::visit([&](const auto& one) { return Value{kv::KeyPart(one), found}; }, *found);
    }

    Condition leaf() {
        const std::string field = fields[random_() % fields.size()];
        const auto where = kv::where(field);
        const Value a = value(field);
        const Value b = value(field);
        const auto with = [=](kv::Filter filter, std::function<bool(int)> test) {
            return Condition{std::move(filter), [=](const Item& item) {
                                 const Cell found = cell(item, field);
                                 return found && test(compare(found, a.cell));
                             }};
        };
        switch (random_() % 10) {
            case 0:
                return with(where.lt(a.part), [](int order) { return order < 0; });
            case 1:
                return with(where.le(a.part), [](int order) { return order <= 0; });
            case 2:
                return with(where.gt(a.part), [](int order) { return order > 0; });
            case 3:
                return with(where.ge(a.part), [](int order) { return order >= 0; });
            case 4:
                return {where.ne(a.part),
                        [=](const Item& item) { return compare(cell(item, field), a.cell) != 0; }};
            case 5:
                return {where.is_null(), [=](const Item& item) { return !cell(item, field); }};
            case 6:
                return {where.between(a.part, b.part), [=](const Item& item) {
                            const Cell found = cell(item, field);
                            return found && compare(found, a.cell) >= 0 &&
                                   compare(found, b.cell) <= 0;
                        }};
            case 7:
                return {where.in({a.part, b.part, a.part}), [=](const Item& item) {
                            const Cell found = cell(item, field);
                            return found &&
                                   (compare(found, a.cell) == 0 || compare(found, b.cell) == 0);
                        }};
            case 8:
                return prefix(field);
            default:
                return with(where.eq(a.part), [](int order) { return order == 0; });
        }
    }

    Condition prefix(const std::string& field) {
        const bool bytes = field == "data";
        const std::string start = bytes ? awkward_bytes(random_()) : awkward_text(random_());
        const std::string of = bytes ? field : "name";
        const kv::KeyPart part = bytes ? kv::KeyPart(kv::BytesPart{start}) : kv::KeyPart(start);
        return {
            kv::where(of).prefix(part), [=](const Item& item) {
                return (bytes ? item.data.text() : std::string_view(item.name)).starts_with(start);
            }};
    }

    std::mt19937_64 random_;
};

class QueryModelTest : public OnEachEngine {
  protected:
    void SetUp() override {
        std::mt19937_64 random(7);
        for (std::int64_t id = 0; id < 60; ++id) {
            records_.push_back(random_item(random, id));
            ASSERT_TRUE(items_.insert(records_.back()));
        }
    }

    std::vector<std::int64_t> naive(const Condition& condition,
                                    const std::vector<kv::Order>& order) const {
        std::vector<Item> out;
        std::ranges::copy_if(records_, std::back_inserter(out), condition.holds);
        std::ranges::sort(out, [&](const Item& a, const Item& b) {
            for (const kv::Order& one : order) {
                if (const int sign = compare(cell(a, one.field), cell(b, one.field)); sign != 0) {
                    return one.descending ? sign > 0 : sign < 0;
                }
            }
            const bool descending = !order.empty() && order.front().descending;
            return descending ? a.id > b.id : a.id < b.id;
        });
        std::vector<std::int64_t> ids;
        std::ranges::transform(out, std::back_inserter(ids), &Item::id);
        return ids;
    }

    static void append_ids(const kv::Page<Item>& page, std::vector<std::int64_t>& out) {
        for (const auto& record : page.records) {
            out.push_back(record.value.id);
        }
    }

    std::vector<std::int64_t> forwards(const kv::Filter& filter, kv::QueryOptions options,
                                       std::string& last_cursor) const {
        std::vector<std::int64_t> out;
        std::string cursor;
        do {
            options.after = cursor;
            const auto page = items_.query(filter, options);
            EXPECT_TRUE(page) << page.error().to_string();
            if (!page) {
                break;
            }
            EXPECT_LE(page->records.size(), options.limit);
            append_ids(*page, out);
            last_cursor = page->previous;
            cursor = page->next;
        } while (!cursor.empty());
        return out;
    }

    /// The records before the last page, last first.
    std::vector<std::int64_t> backwards(const kv::Filter& filter, kv::QueryOptions options,
                                        std::string cursor) const {
        std::vector<std::int64_t> out;
        while (!cursor.empty()) {
            options.before = cursor;
            const auto page = items_.query(filter, options);
            EXPECT_TRUE(page) << page.error().to_string();
            if (!page) {
                break;
            }
            std::vector<std::int64_t> ids;
            append_ids(*page, ids);
            out.insert(out.end(), ids.rbegin(), ids.rend());
            cursor = page->previous;
        }
        return out;
    }

    kv::Collection<Item> items_ = kv::Collection<Item>::open(db_).value();
    std::vector<Item> records_;
};
INSTANTIATE_TEST_SUITE_P(Engines, QueryModelTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(QueryModelTest, PagesInBothDirectionsHoldWhatAPlainEvaluationGives) {
    Generator generator(42);
    std::map<std::string, int> plans;
    for (int round = 0; round < 60 && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const Condition condition = generator.condition();
        kv::QueryOptions options{.order_by = generator.order(),
                                 .limit = static_cast<std::uint32_t>(5 + generator.next() % 40)};
        const auto plan = items_.explain(condition.filter, options);
        ASSERT_TRUE(plan) << plan.error().to_string();
        ++plans[plan->to_string()];
        SCOPED_TRACE(plan->to_string());
        std::string cursor;
        const auto found = forwards(condition.filter, options, cursor);
        auto expected = naive(condition, options.order_by);
        if (options.order_by.empty()) {
            auto sorted = found;
            std::ranges::sort(sorted);
            EXPECT_EQ(sorted, expected);
        } else {
            EXPECT_EQ(found, expected);
        }
        auto back = backwards(condition.filter, options, cursor);
        std::ranges::reverse(back);
        EXPECT_TRUE(std::ranges::equal(back, std::span(found).first(back.size())));
        EXPECT_GE(back.size() + options.limit, found.size()) << "the last page is not full";
    }
    const auto known = items_.store()->known();
    for (const auto& index : known->indexes) {
        EXPECT_GT(plans["index " + index.name] + plans["index " + index.name + ", sorted"], 0)
            << index.name << " was never used";
    }
    EXPECT_GT(plans["scan"], 0);
    EXPECT_GT(plans["scan, sorted"], 0);
    EXPECT_GT(plans["index primary"], 0);
}

}  // namespace
}  // namespace turntable::test
