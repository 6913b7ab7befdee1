#include <algorithm>
#include <limits>

#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

std::vector<Item> stored(Store& store, std::vector<std::string> keys) {
    std::vector<std::string> shuffled = keys;
    std::shuffle(shuffled.begin(), shuffled.end(), store.environment().random());
    std::vector<Item> items;
    for (const std::string& name : shuffled) {
        items.push_back({name, "of " + show(name), ValueEncoding::bytes, {}});
        items.back().stamp = store.set(name, items.back().data);
    }
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return ByteView(a.key) < ByteView(b.key); });
    return items;
}

std::vector<Item> expected_of(std::vector<Item> items, ByteView start, ByteView end,
                              std::size_t limit, bool reverse) {
    std::erase_if(items, [&](const Item& item) {
        return ByteView(item.key) < start || ByteView(item.key) >= end;
    });
    if (reverse) {
        std::reverse(items.begin(), items.end());
    }
    items.resize(std::min(limit, items.size()));
    return items;
}

void expect_range(Store& store, const std::vector<Item>& items, ByteView start, ByteView end,
                  std::uint32_t limit, bool reverse) {
    expect_equal(expected_of(items, start, end, limit, reverse),
                 store.list(start, end, limit, reverse),
                 "the range [" + show(start) + ", " + show(end) + ") limit " + show(limit) +
                     (reverse ? " reverse" : ""));
}

void every_part_type(Environment& environment) {
    Store& store = environment.store();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::vector<KeyPart> parts{BytesPart{""},
                                     BytesPart{std::string("\0", 1)},
                                     BytesPart{"\x01"},
                                     BytesPart{"\xFF"},
                                     "",
                                     std::string("\0", 1),
                                     "a",
                                     std::string("a\0", 2),
                                     "aa",
                                     "\xC3\xA9",
                                     std::numeric_limits<std::int64_t>::min(),
                                     -256,
                                     -255,
                                     -1,
                                     0,
                                     1,
                                     255,
                                     256,
                                     std::numeric_limits<std::uint64_t>::max(),
                                     -infinity,
                                     -1.5,
                                     -0.0,
                                     0.0,
                                     1.5,
                                     infinity,
                                     false,
                                     true};
    std::vector<std::string> keys;
    for (const KeyPart& part : parts) {
        keys.push_back(key({part}));
        keys.push_back(key({part, 7}));
    }
    const std::vector<Item> items = stored(store, keys);
    for (std::size_t i = 0; i < items.size(); ++i) {
        expect_equal(keys[i], items[i].key, "keys order as their parts");
        store.expect_value(items[i].key, items[i].data);
    }
    store.expect_all(items);
    expect_range(store, items, ByteView("\0", 1), "\xFF", 1000, true);
}

void bytes_00_and_ff(Environment& environment) {
    Store& store = environment.store();
    std::vector<std::string> contents{""};
    for (std::size_t from = 0, length = 0; length < 3; ++length) {
        const std::size_t to = contents.size();
        for (; from < to; ++from) {
            for (const char byte : {'\x00', '\x01', '\xFE', '\xFF'}) {
                contents.push_back(contents[from] + byte);
            }
        }
    }
    std::vector<std::string> keys;
    for (const std::string& content : contents) {
        keys.push_back(key({BytesPart{content}}));
    }
    const std::vector<Item> items = stored(store, keys);
    store.expect_all(items);
    for (std::size_t i = 0; i < items.size(); i += 5) {
        expect_range(store, items, items[i].key, items[i].key + std::string(1, '\0'), 10, false);
        expect_range(store, items, items[i].key, "\xFF", 7, false);
        expect_range(store, items, ByteView("\0", 1), items[i].key, 7, true);
        store.expect_value(items[i].key, items[i].data);
    }
}

void bounds_limit_and_reverse(Environment& environment) {
    Store& store = environment.store();
    std::vector<std::string> keys;
    for (const char* name : {"b", "d", "f", "h", "j"}) {
        keys.push_back(key({name}));
    }
    const std::vector<Item> items = stored(store, keys);
    std::vector<std::string> bounds;
    for (const char* name : {"a", "b", "c", "f", "j", "k"}) {
        bounds.push_back(key({name}));
    }
    bounds.push_back(keys[4] + std::string(1, '\0'));
    std::sort(bounds.begin(), bounds.end());
    for (std::size_t low = 0; low < bounds.size(); ++low) {
        for (std::size_t high = low; high < bounds.size(); ++high) {
            for (const std::uint32_t limit : {1U, 2U, 5U, 100U}) {
                expect_range(store, items, bounds[low], bounds[high], limit, false);
                expect_range(store, items, bounds[low], bounds[high], limit, true);
            }
        }
    }
}

void inverted_range_is_refused(Environment& environment) {
    Store& store = environment.store();
    const std::string low = key({"a"});
    const std::string high = key({"b"});
    const ReadRange inverted{high, low, 10, false};
    expect_code(store.try_read({&inverted, 1}), {ErrorCode::invalid_argument},
                "a range whose start lies after its end");
    const ReadRange without_limit{low, high, 0, false};
    expect_code(store.try_read({&without_limit, 1}), {ErrorCode::invalid_argument},
                "a range with a limit of zero");
    expect_equal(std::vector<Item>(), store.list(low, low), "a range that starts where it ends");
}

void answers_in_the_order_asked(Environment& environment) {
    Store& store = environment.store();
    const std::vector<Item> items = stored(store, {key({"a"}), key({"b"}), key({"c"}), key({"d"})});
    const std::vector<ReadRange> ranges{
        {items[2].key, "\xFF", 10, false},      {items[0].key, items[2].key, 10, true},
        {items[2].key, "\xFF", 10, false},      {"\x01", "\x02", 10, false},
        {ByteView("\0", 1), "\xFF", 10, false}, {items[1].key, items[3].key, 1, true}};
    const auto lists = store.read(ranges);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        expect_equal(
            expected_of(items, ranges[i].start, ranges[i].end, ranges[i].limit, ranges[i].reverse),
            lists[i], "range " + show(i) + " of a read of several");
    }
}

void pages_add_up(Environment& environment) {
    Store& store = environment.store();
    constexpr int entries = 1000;
    Write write;
    for (int i = 0; i < entries; ++i) {
        write.set(key({"page", i}), "value " + show(i));
    }
    store.commit(write);
    const std::vector<Item> all = store.all();
    expect_equal(std::size_t{entries}, all.size(), "the number of entries");
    for (const bool reverse : {false, true}) {
        std::vector<Item> paged;
        std::string start = key({"page"});
        std::string end = "\xFF";
        while (paged.size() <= all.size()) {
            const std::vector<Item> page = store.list(start, end, 77, reverse);
            paged.insert(paged.end(), page.begin(), page.end());
            if (page.size() < 77) {
                break;
            }
            (reverse ? end : start) = page.back().key + (reverse ? "" : std::string(1, '\0'));
        }
        expect_equal(expected_of(all, start.substr(0, 1), "\xFF", 2 * entries, reverse), paged,
                     reverse ? "pages from the high end" : "pages from the low end");
    }
}

void get_is_a_range_of_one(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const std::string neighbour = key({"a", ""});
    store.set(neighbour, "neighbour");
    store.expect_absent(name);
    const Versionstamp stamp = store.set(name, "value");
    const Item item{name, "value", ValueEncoding::bytes, stamp};
    expect_equal(std::optional(item), store.get(name), "a get");
    expect_equal(std::vector{item}, store.list(name, name + std::string(1, '\0'), 1),
                 "a range of one");
    store.remove(name);
    store.expect_absent(name);
    store.expect_value(neighbour, "neighbour");
}

}  // namespace

std::vector<Case> order_cases() {
    using enum Need;
    return {
        {"order.every_part_type",
         "Keys of all part types list in the order of their parts.",
         {writes},
         every_part_type},
        {"order.bytes_00_and_ff",
         "Bytes 00 and FF inside a key neither end nor reorder it.",
         {writes},
         bytes_00_and_ff},
        {"range.bounds_limit_and_reverse",
         "A range holds start <= key < end, ends at its limit, and counts from the high end when "
         "reversed.",
         {writes},
         bounds_limit_and_reverse},
        {"range.inverted_is_refused",
         "A range whose end lies before its start, or with a limit of zero, is invalid_argument.",
         {},
         inverted_range_is_refused},
        {"range.answers_in_the_order_asked",
         "A read of several ranges answers each, in the order asked, also when they overlap.",
         {writes},
         answers_in_the_order_asked},
        {"range.pages_add_up",
         "Pages of a long range, put together, are the range.",
         {writes},
         pages_add_up},
        {"range.get_is_a_range_of_one",
         "A get gives the entry of that very key and no neighbour.",
         {writes},
         get_is_a_range_of_one},
    };
}

}  // namespace turntable::inline v0::kv::conformance
