#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/export.hpp"
#include "turntable/kv/map.hpp"

// What kv::Map promises, on every engine that is built. Batches that are cut short by a kill are in
// tests/crash.
namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;
using Texts = Map<std::string, std::string>;
using Numbers = Map<int, int>;

class MapPromises : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override { open(); }
    void open() {
        auto db = test::open_engine(test::quick_url(GetParam(), folder_.path().string()));
        ASSERT_TRUE(db) << db.error().to_string();
        db_.emplace(*std::move(db));
    }
    bool keeps_data() const { return test::keeps_data(GetParam()); }
    const Database& db() const { return *db_; }

    test::TempFolder folder_;
    std::optional<Database> db_;
};

// Any history.

struct Step {
    enum class Kind : std::uint8_t {
        insert,
        remove,
        get,
        compare_and_swap,
        merge,
        pop_first,
        pop_last,
        neighbours,
        scan,
        batch,
        clear,
        reopen,
    };
    Kind kind;
    std::string key;
    std::string value;
    std::string other;
    bool reverse;
};

const char* const kind_names[] = {"insert", "remove",    "get",      "compare_and_swap",
                                  "merge",  "pop_first", "pop_last", "neighbours",
                                  "scan",   "batch",     "clear",    "reopen"};

std::string random_key(std::mt19937& random) {
    static const std::string letters[] = {"a", "b", std::string(1, '\0'), "\xC3\xBF"};
    std::string key;
    for (std::size_t length = random() % 4; length > 0; --length) {
        key += letters[random() % 4];
    }
    return key;
}

std::vector<Step> random_history(std::uint32_t seed, std::size_t steps) {
    std::mt19937 random(seed);
    std::vector<Step> out;
    while (out.size() < steps) {
        // Clearing and opening again are rare.
        const auto kind = static_cast<Step::Kind>(random() % (random() % 20 == 0 ? 12 : 10));
        out.push_back({kind, random_key(random), std::to_string(random() % 1000),
                       random_key(random), random() % 2 == 0});
    }
    return out;
}

std::optional<std::string> merged(const std::string&, const std::optional<std::string>& old,
                                  const std::string& operand) {
    std::string made = old.value_or("") + operand;
    return made.size() > 8 ? std::nullopt : std::optional(std::move(made));
}

std::string text_of(const std::optional<std::string>& value) { return value.value_or("none"); }
std::string text_of(const std::optional<MapEntry<std::string, std::string>>& entry) {
    return entry ? entry->key + "=" + entry->value : "none";
}

/// Does each step on a kv::Map and on a std::map, and says where they differ first.
class Player {
  public:
    Player(Texts map, std::function<Texts()> reopen)
        : map_(std::move(map)), reopen_(std::move(reopen)) {}

    std::optional<std::string> play(const std::vector<Step>& history) {
        for (std::size_t i = 0; i < history.size(); ++i) {
            const auto [expected, got] = both(history[i]);
            if (expected != got) {
                return "step " + std::to_string(i) + ", " +
                       kind_names[static_cast<std::size_t>(history[i].kind)] + ": expected " +
                       expected + ", got " + got;
            }
        }
        return std::nullopt;
    }

  private:
    using Both = std::pair<std::string, std::string>;
    using Item = std::pair<const std::string, std::string>;

    template <class T>
    static std::string told(const Result<T>& result) {
        return result ? text_of(*result) : result.error().to_string();
    }
    static std::string told(const Result<std::uint64_t>& result) {
        return result ? std::to_string(*result) : result.error().to_string();
    }
    std::string model_get(const std::string& key) const {
        const auto found = model_.find(key);
        return found == model_.end() ? "none" : found->second;
    }
    template <class At>
    std::string entry_at(At at) const {
        return at == model_.end() ? "none" : at->first + "=" + at->second;
    }
    std::string before(std::map<std::string, std::string>::const_iterator at) const {
        return at == model_.begin() ? "none" : entry_at(std::prev(at));
    }
    std::string pop_model(bool last) {
        if (model_.empty()) {
            return "none";
        }
        const auto at = last ? std::prev(model_.end()) : model_.begin();
        std::string out = entry_at(at);
        model_.erase(at);
        return out;
    }

    Both both(const Step& step) {
        switch (step.kind) {
            case Step::Kind::insert: {
                const std::string old = model_get(step.key);
                model_[step.key] = step.value;
                return {old, told(map_.insert(step.key, step.value))};
            }
            case Step::Kind::remove: {
                const std::string old = model_get(step.key);
                model_.erase(step.key);
                return {old, told(map_.remove(step.key))};
            }
            case Step::Kind::get:
                return {model_get(step.key), told(map_.get(step.key))};
            case Step::Kind::compare_and_swap:
                return compare_and_swap(step);
            case Step::Kind::merge: {
                const auto found = model_.find(step.key);
                const auto old =
                    found == model_.end() ? std::nullopt : std::optional(found->second);
                const auto made = merged(step.key, old, step.value);
                if (made) {
                    model_[step.key] = *made;
                } else {
                    model_.erase(step.key);
                }
                return {text_of(made), told(map_.merge(step.key, step.value))};
            }
            case Step::Kind::pop_first:
                return {pop_model(false), told(map_.pop_first())};
            case Step::Kind::pop_last:
                return {pop_model(true), told(map_.pop_last())};
            case Step::Kind::neighbours:
                return {before(model_.lower_bound(step.key)) + " " +
                            before(model_.upper_bound(step.key)) + " " +
                            entry_at(model_.lower_bound(step.key)) + " " +
                            entry_at(model_.upper_bound(step.key)),
                        told(map_.get_lt(step.key)) + " " + told(map_.get_le(step.key)) + " " +
                            told(map_.lower_bound(step.key)) + " " +
                            told(map_.upper_bound(step.key))};
            case Step::Kind::scan:
                return scan(step);
            case Step::Kind::batch:
                model_[step.key] = step.value;
                model_.erase(step.other);
                return {"yes", map_.batch().insert(step.key, step.value).remove(step.other).commit()
                                   ? "yes"
                                   : "no"};
            case Step::Kind::clear: {
                const std::size_t size = model_.size();
                model_.clear();
                return {std::to_string(size), told(map_.clear())};
            }
            case Step::Kind::reopen:
                map_ = reopen_();
                return {std::to_string(model_.size()), told(map_.size())};
        }
        return {"a step", "none"};
    }

    Both compare_and_swap(const Step& step) {
        // Mostly what is there, sometimes not.
        const auto found = model_.find(step.key);
        std::optional<std::string> expected;
        if (found != model_.end()) {
            expected = found->second;
        }
        if (step.reverse && step.value.size() == 1) {
            expected = "other";
        }
        const bool same = found == model_.end() ? !expected : expected == found->second;
        const std::string current = same ? "none" : model_get(step.key);
        const std::optional<std::string> proposed =
            step.other.empty() ? std::nullopt : std::optional(step.other);
        if (same && proposed) {
            model_[step.key] = *proposed;
        } else if (same) {
            model_.erase(step.key);
        }
        const auto swapped = map_.compare_and_swap(step.key, expected, proposed);
        return {(same ? "yes " : "no ") + current,
                swapped ? (*swapped ? "yes " : "no ") + text_of(swapped->current)
                        : swapped.error().to_string()};
    }

    Both scan(const Step& step) {
        const std::string low = std::min(step.key, step.other);
        const std::string high = std::max(step.key, step.other);
        std::vector<std::string> expected;
        for (const Item& item : model_) {
            if (item.first >= low && item.first < high) {
                expected.push_back(item.first + "=" + item.second);
            }
        }
        if (step.reverse) {
            std::reverse(expected.begin(), expected.end());
        }
        std::string model_text;
        for (const Item& item : model_) {
            model_text += item.first.starts_with(step.key) ? item.first + " " : "";
        }
        std::string text;
        for (auto& entry : map_.text_prefix(step.key)) {
            text += entry ? entry->key + " " : entry.error().to_string();
        }
        std::string listed;
        for (auto& entry : map_.range(low, high, {.reverse = step.reverse, .batch = 3})) {
            listed += entry ? entry->key + "=" + entry->value + "," : entry.error().to_string();
        }
        std::string joined;
        for (const std::string& one : expected) {
            joined += one + ",";
        }
        return {joined + model_text, listed + text};
    }

    Texts map_;
    std::function<Texts()> reopen_;
    std::map<std::string, std::string> model_;
};

/// Takes steps out of a failing history as long as it still fails.
std::vector<Step> shrink(std::vector<Step> history,
                         const std::function<bool(const std::vector<Step>&)>& fails) {
    for (std::size_t size = history.size() / 2; size > 0; size /= 2) {
        for (std::size_t from = 0; from < history.size();) {
            std::vector<Step> less = history;
            const auto begin = less.begin() + static_cast<std::ptrdiff_t>(from);
            less.erase(begin,
                       begin + static_cast<std::ptrdiff_t>(std::min(size, history.size() - from)));
            if (fails(less)) {
                history = std::move(less);
            } else {
                from += size;
            }
        }
    }
    return history;
}

std::string describe(const std::vector<Step>& history) {
    std::string out;
    for (const Step& step : history) {
        out += std::string(kind_names[static_cast<std::size_t>(step.kind)]) + " \"" + step.key +
               "\" " + step.value + " \"" + step.other + "\"" +
               (step.reverse ? " reverse\n" : "\n");
    }
    return out;
}

TEST_P(MapPromises, AnyHistoryGivesWhatAnOrderedMapGives) {
    int games = 0;
    const auto play = [&](const std::vector<Step>& history) {
        const Key prefix{"game", ++games};
        const auto make = [&] { return Texts(db(), prefix, {.merge = &merged}); };
        const auto reopen = [&] {
            if (keeps_data()) {
                EXPECT_TRUE(db().close());
                open();
            }
            return make();
        };
        return Player(make(), reopen).play(history);
    };
    for (std::uint32_t seed = 0; seed < 15; ++seed) {
        const std::vector<Step> history = random_history(seed, 120);
        if (play(history)) {
            const std::vector<Step> less =
                shrink(history, [&](const auto& shorter) { return play(shorter).has_value(); });
            FAIL() << "seed " << seed << ": " << play(less).value_or("") << "\n" << describe(less);
        }
    }
}

TEST(MapHistories, AFailingOneIsMadeShort) {
    // As if a map failed whenever "a" was inserted before a scan.
    const auto fails = [](const std::vector<Step>& history) {
        const auto insert = std::ranges::find_if(history, [](const Step& step) {
            return step.kind == Step::Kind::insert && step.key == "a";
        });
        return std::any_of(insert, history.end(),
                           [](const Step& step) { return step.kind == Step::Kind::scan; });
    };
    const std::vector<Step> history = random_history(1, 500);
    ASSERT_TRUE(fails(history));
    const std::vector<Step> less = shrink(history, fails);
    EXPECT_EQ(less.size(), 2U) << describe(less);
}

// Several threads.

template <class F>
void on_threads(int count, const F& work) {
    std::barrier start(count);
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            work(i);
        });
    }
}

TEST_P(MapPromises, OfThreadsThatCreateAKeyOneWinsAndTheOthersSeeItsValue) {
    const Numbers map(db(), "map");
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> winner{-1};
        std::vector<std::optional<int>> seen(8);
        on_threads(8, [&](int i) {
            const auto result = map.compare_and_swap(round, std::nullopt, i);
            ASSERT_TRUE(result) << result.error().to_string();
            if (*result) {
                EXPECT_EQ(winner.exchange(i), -1) << "two won";
            } else {
                EXPECT_EQ(result->proposed, i);
                seen[static_cast<std::size_t>(i)] = result->current;
            }
        });
        ASSERT_GE(winner.load(), 0);
        for (int i = 0; i < 8; ++i) {
            if (i != winner) {
                EXPECT_EQ(seen[static_cast<std::size_t>(i)], winner.load());
            }
        }
    }
}

TEST_P(MapPromises, TheSumOfTwoMapsHoldsWhileThreadsMoveBetweenThem) {
    const Numbers left(db(), "left");
    const Numbers right(db(), "right");
    constexpr int accounts = 5;
    for (int i = 0; i < accounts; ++i) {
        ASSERT_TRUE(left.insert(i, 100) && right.insert(i, 100));
    }
    std::atomic<int> moving{3};
    const auto move = [&](int seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        for (int i = 0; i < 60; ++i) {
            const int from = static_cast<int>(random() % accounts);
            const int to = static_cast<int>(random() % accounts);
            const int amount = static_cast<int>(random() % 30);
            const bool back = random() % 2 == 0;
            const auto moved = db().transact(
                [&](Transaction& tx) -> Result<void> {
                    const auto source = (back ? right : left).in(tx);
                    const auto target = (back ? left : right).in(tx);
                    TURNTABLE_TRY(const auto have, source.get(from));
                    TURNTABLE_TRY(const auto has, target.get(to));
                    TURNTABLE_CHECK(source.insert(from, *have - amount));
                    return target.insert(to, *has + amount);
                },
                {.attempts = 1000, .backoff_max = 5ms});
            ASSERT_TRUE(moved) << moved.error().to_string();
        }
        --moving;
    };
    const auto look = [&] {
        do {
            const auto sum = db().transact(
                [&](Transaction& tx) -> Result<int> {
                    int out = 0;
                    for (int i = 0; i < accounts; ++i) {
                        TURNTABLE_TRY(const auto a, left.in(tx).get(i));
                        TURNTABLE_TRY(const auto b, right.in(tx).get(i));
                        out += *a + *b;
                    }
                    return out;
                },
                {.attempts = 1000});
            ASSERT_TRUE(sum) << sum.error().to_string();
            ASSERT_EQ(*sum, 2 * accounts * 100);
        } while (moving > 0);
    };
    on_threads(4, [&](int i) { i == 3 ? look() : move(i); });
    look();
}

TEST_P(MapPromises, EachEntryIsPoppedOnce) {
    const Numbers map(db(), "map");
    constexpr int entries = 120;
    auto batch = map.batch();
    for (int i = 0; i < entries; ++i) {
        batch.insert(i, i);
    }
    ASSERT_TRUE(batch.commit());
    std::vector<std::vector<int>> popped(4);
    on_threads(4, [&](int i) {
        while (true) {
            const auto entry = i % 2 == 0 ? map.pop_first() : map.pop_last();
            ASSERT_TRUE(entry) << entry.error().to_string();
            if (!*entry) {
                return;
            }
            popped[static_cast<std::size_t>(i)].push_back((*entry)->value);
        }
    });
    std::vector<int> all;
    for (const std::vector<int>& some : popped) {
        all.insert(all.end(), some.begin(), some.end());
    }
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(entries));
    for (int i = 0; i < entries; ++i) {
        EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
    }
}

TEST_P(MapPromises, IterationNeverSkipsAKeyThatIsThereThroughout) {
    const Numbers map(db(), "map");
    // Even keys stay; odd ones come and go meanwhile.
    auto batch = map.batch();
    for (int i = 0; i < 400; i += 2) {
        batch.insert(i, i);
    }
    ASSERT_TRUE(batch.commit());
    std::atomic<bool> done{false};
    std::jthread writer([&] {
        std::mt19937 random(1);
        while (!done) {
            const int key = static_cast<int>(random() % 200) * 2 + 1;
            ASSERT_TRUE(random() % 2 == 0 ? map.insert(key, key) : map.remove(key));
        }
    });
    for (int round = 0; round < 10; ++round) {
        for (const bool reverse : {false, true}) {
            int even = 0;
            std::optional<int> before;
            for (auto& entry : map.all({.reverse = reverse, .batch = 7})) {
                if (!entry) {
                    ADD_FAILURE() << entry.error().to_string();
                    break;
                }
                EXPECT_TRUE(!before || (reverse ? entry->key < *before : entry->key > *before));
                before = entry->key;
                even += entry->key % 2 == 0 ? 1 : 0;
            }
            EXPECT_EQ(even, 200);
        }
    }
    done = true;
}

// Merge.

TEST_P(MapPromises, AMergeOfAnAbsentKeyStartsFromNothing) {
    const Texts map(db(), "map", {.merge = &merged});
    EXPECT_EQ(*map.merge("k", "abc"), "abc");
    EXPECT_EQ(*map.merge("k", "def"), "abcdef");
    EXPECT_EQ(*map.get("k"), "abcdef");
}

TEST_P(MapPromises, AMergeToNothingRemoves) {
    const Texts map(db(), "map", {.merge = &merged});
    ASSERT_TRUE(map.insert("k", "12345678"));
    EXPECT_EQ(*map.merge("k", "9"), std::nullopt);
    EXPECT_FALSE(*map.contains("k"));
    EXPECT_EQ(*map.merge("k", "123456789"), std::nullopt);
}

TEST_P(MapPromises, MergesOfSeveralThreadsAllCount) {
    const Map<std::string, std::uint64_t> map(
        db(), "map",
        {.merge =
             [](const std::string&, const std::optional<std::uint64_t>& old,
                const std::uint64_t& operand) { return std::optional(old.value_or(0) + operand); },
         .transact = {.attempts = 1000, .backoff_max = 5ms}});
    on_threads(4, [&](int) {
        for (int i = 0; i < 25; ++i) {
            const auto sum = map.merge("k", 1);
            ASSERT_TRUE(sum) << sum.error().to_string();
        }
    });
    EXPECT_EQ(**map.get("k"), 100U);
}

// Subscriptions.

/// Reads steps until one has this key, and gives its value there.
template <class Subscription>
std::optional<std::string> wait_for(Subscription& changes, const std::string& key) {
    while (true) {
        auto step = changes.next(20s);
        if (!step || !*step) {
            ADD_FAILURE() << (step ? "the end" : step.error().to_string());
            return std::nullopt;
        }
        for (const auto& change : **step) {
            if (change.key == key) {
                return change.value;
            }
        }
    }
}

TEST_P(MapPromises, AMergeTellsTheMergedValue) {
    const Texts map(db(), "map", {.merge = &merged});
    ASSERT_TRUE(map.insert("k", "old"));
    auto changes = map.subscribe();
    ASSERT_TRUE(changes) << changes.error().to_string();
    EXPECT_EQ(wait_for(*changes, "k"), "old");
    ASSERT_TRUE(map.merge("k", "+"));
    EXPECT_EQ(wait_for(*changes, "k"), "old+");
    ASSERT_TRUE(map.merge("k", "123456789"));
    EXPECT_EQ(wait_for(*changes, "k"), std::nullopt);
}

TEST_P(MapPromises, ASubscriptionSeesItsMapAndNoOther) {
    const Texts map(db(), "map");
    const Texts other(db(), "mapp");
    const Texts inside(db(), {"map", 1});  // its keys are of another type
    ASSERT_TRUE(other.insert("k", "no"));
    auto changes = map.subscribe();
    ASSERT_TRUE(changes);
    EXPECT_TRUE((**changes->next()).empty());
    ASSERT_TRUE(other.insert("k", "no") && map.insert("k", "yes"));
    const auto step = **changes->next(20s);
    ASSERT_EQ(step.size(), 1U);
    EXPECT_EQ(step[0], (MapChange<std::string, std::string>{"k", "yes"}));
    ASSERT_TRUE(inside.insert("k", "x"));
    EXPECT_EQ(changes->next(20s).error().code(), ErrorCode::serialization);
}

TEST_P(MapPromises, ASubscriptionToAPrefixIsExact) {
    const Texts map(db(), "map");
    ASSERT_TRUE(map.insert("ab", "there"));
    auto changes = map.subscribe_text_prefix("ab");
    ASSERT_TRUE(changes);
    EXPECT_EQ(wait_for(*changes, "ab"), "there");
    ASSERT_TRUE(map.insert("a", "1") && map.insert("ac", "1") && map.insert("b", "1"));
    ASSERT_TRUE(map.insert("abc", "1"));
    const auto step = **changes->next(20s);
    ASSERT_EQ(step.size(), 1U);
    EXPECT_EQ(step[0].key, "abc");
    const Map<std::pair<int, int>, int> pairs(db(), "pairs");
    auto of_one = pairs.subscribe_prefix(1);
    ASSERT_TRUE(of_one && of_one->next());
    ASSERT_TRUE(pairs.insert({2, 1}, 1) && pairs.insert({1, 5}, 1));
    const auto pair_step = **of_one->next(20s);
    ASSERT_EQ(pair_step.size(), 1U);
    EXPECT_EQ(pair_step[0].key, std::pair(1, 5));
}

TEST_P(MapPromises, StatesOfAKeyComeInOrderAndTheNewestIsNeverMissed) {
    const Numbers map(db(), "map");
    auto changes = map.subscribe();
    ASSERT_TRUE(changes);
    constexpr int writes = 200;
    std::jthread writer([&] {
        for (int i = 1; i <= writes; ++i) {
            ASSERT_TRUE(map.insert(i % 3, i));
        }
    });
    std::map<int, int> newest;
    while (newest[0] < writes - 2 || newest[1] < writes - 2 || newest[2] < writes - 2) {
        const auto step = changes->next(20s);
        ASSERT_TRUE(step && *step);
        for (const auto& change : **step) {
            EXPECT_GT(change.value.value_or(0), newest[change.key]);
            newest[change.key] = change.value.value_or(0);
        }
    }
}

TEST_P(MapPromises, ASlowSubscriberGetsTheNewestStateAndHoldsNobodyUp) {
    // The thread that subscribes writes itself, far more than any buffer would take.
    const Numbers map(db(), "map");
    auto changes = map.subscribe();
    ASSERT_TRUE(changes && changes->next());
    for (int i = 1; i <= 3000; ++i) {
        ASSERT_TRUE(map.batch().insert(i % 2, i).commit());
    }
    std::map<int, int> newest;
    int told = 0;
    while (newest[0] != 3000 || newest[1] != 2999) {
        const auto step = changes->next(20s);
        ASSERT_TRUE(step && *step);
        for (const auto& change : **step) {
            newest[change.key] = *change.value;
            ++told;
        }
    }
    EXPECT_LE(told, 8) << "states in between were kept";
}

// Copies.

std::string exported(const Database& from) {
    std::string text;
    const auto report = export_entries(from, [&](std::string_view bytes) -> Result<void> {
        text += bytes;
        return {};
    });
    EXPECT_TRUE(report) << report.error().to_string();
    return text;
}

Result<TransferReport> imported(const std::string& text, const Database& to) {
    const auto source = [&, at = std::size_t{0}](char* buffer,
                                                 std::size_t size) mutable -> Result<std::size_t> {
        const std::size_t count = text.copy(buffer, size, at);
        at += count;
        return count;
    };
    return import_entries(source, to);
}

TEST_P(MapPromises, AnExportIntoAnotherEngineHasTheSameChecksumAndHarmsNoData) {
    const Texts from(db(), "map");
    std::mt19937 random(7);
    auto fill = from.batch();
    for (int i = 0; i < 300; ++i) {
        fill.insert(random_key(random) + std::to_string(i % 97), std::to_string(random()));
    }
    ASSERT_TRUE(fill.commit());
    const std::string text = exported(db());
    for (const std::string& engine : test::all_engines()) {
        SCOPED_TRACE("into " + engine);
        const test::TempFolder folder;
        const auto target = test::open_engine(test::quick_url(engine, folder.path().string()));
        ASSERT_TRUE(target);
        const auto report = imported(text, *target);
        ASSERT_TRUE(report) << report.error().to_string();
        auto equal = verify(db(), *target);
        ASSERT_TRUE(equal && equal->equal());
        EXPECT_EQ(equal->first_checksum, equal->second_checksum);
        const Texts to(*target, "map");
        EXPECT_EQ(*to.first(), *from.first());
        EXPECT_EQ(*to.size(), *from.size());
        // Over data it is refused, and the data stays as it is.
        ASSERT_TRUE(to.insert("one", "more"));
        const std::uint64_t before = verify(db(), *target)->second_checksum;
        EXPECT_NE(before, equal->second_checksum);
        EXPECT_EQ(imported(text, *target).error().code(), ErrorCode::already_exists);
        EXPECT_EQ(verify(db(), *target)->second_checksum, before);
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, MapPromises, testing::ValuesIn(test::all_engines()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace turntable::inline v0::kv
