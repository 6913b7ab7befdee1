// Keys longer than LMDB's own, among others: order, both directions, and nothing left behind.

#include <map>
#include <random>

#include "backends/lmdb/format.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

using Model = std::map<std::string, std::string>;

class LmdbLongKeys : public testing::Test {
  protected:
    void put_all(const Model& entries) {
        auto write = engine->begin_write();
        ASSERT_TRUE(write) << write.error().to_string();
        for (const auto& [key, data] : entries) {
            const auto done = write->put(key, record(data));
            ASSERT_TRUE(done) << done.error().to_string();
        }
        ASSERT_TRUE(write->commit());
    }

    /// Everything in a range, as the model has it.
    template <class Transaction>
    static void expect_range(Transaction& transaction, const Model& model, const std::string& start,
                             const std::string& end) {
        for (const bool reverse : {false, true}) {
            std::vector<std::string> seen;
            const auto visit = [&](ByteView key, const kv::Record& entry) {
                seen.push_back(key.to_string());
                const auto at = model.find(seen.back());
                EXPECT_TRUE(at != model.end() && at->second == entry.data.text());
                return true;
            };
            const auto done = transaction.scan(start, end, reverse, visit);
            ASSERT_TRUE(done) << done.error().to_string();
            std::vector<std::string> wanted;
            if (start < end) {
                for (auto at = model.lower_bound(start); at != model.end() && at->first < end;
                     ++at) {
                    wanted.push_back(at->first);
                }
            }
            if (reverse) {
                std::ranges::reverse(wanted);
            }
            ASSERT_EQ(seen, wanted)
                << "from " << start.size() << " to " << end.size() << " bytes, reverse " << reverse;
        }
    }

    void expect_everything(const Model& model) {
        auto read = engine->begin_read();
        ASSERT_TRUE(read);
        expect_range(*read, model, "", "\xFF");
        for (const auto& [key, data] : model) {
            ASSERT_EQ(get_text(*engine, key), data) << key.size();
        }
    }

    /// How many records LMDB has, beside the header.
    std::size_t records() {
        const std::string path = folder.file("kv");
        engine.reset();
        MDB_env* environment = nullptr;
        MDB_stat stat{};
        EXPECT_EQ(mdb_env_create(&environment), 0);
        EXPECT_EQ(mdb_env_open(environment, path.c_str(), MDB_RDONLY, 0644), 0);
        EXPECT_EQ(mdb_env_stat(environment, &stat), 0);
        mdb_env_close(environment);
        engine = make_engine(folder.file("kv"));
        return stat.ms_entries - 1;
    }

    TempFolder folder;
    std::unique_ptr<kv::lmdb::Engine> engine = make_engine(folder.file("kv"));
};

TEST_F(LmdbLongKeys, EveryLengthAroundTheLimitsKeepsItsPlace) {
    Model model;
    for (const std::size_t size :
         {1U, 509U, 510U, 511U, 512U, 1011U, 1012U, 1013U, 2047U, 2048U, 2069U, 2070U}) {
        for (const char last : {'a', 'b', '\x00'}) {
            std::string key(size, 'k');
            key.back() = last;
            model[key] = std::to_string(size) + last;
            key.back() = 'k';
            model[key] = std::to_string(size) + "k";
        }
    }
    put_all(model);
    expect_everything(model);
    auto read = engine->begin_read();
    for (const auto& [start, a] : model) {
        for (const auto& [end, b] : model) {
            expect_range(*read, model, start, end);
        }
        EXPECT_FALSE(*engine->get(start + "x"));
    }
}

TEST_F(LmdbLongKeys, AKeyCostsNothingMoreUntilItIsLong) {
    put_all({{std::string(510, 's'), "1"}});
    EXPECT_EQ(records(), 1U);
    put_all({{std::string(511, 'l'), "1"}});
    EXPECT_EQ(records(), 3U);
    put_all({{std::string(2070, 'm'), "1"}});
    EXPECT_EQ(records(), 3U + 5U);
}

TEST_F(LmdbLongKeys, WhatLedToAKeyGoesWithTheLastOneThatNeedsIt) {
    const std::string shared(2000, 'p');
    put_all({{shared + "a", "1"}, {shared + "b", "2"}, {shared, "3"}});
    const auto remove = [&](const std::string& key) {
        auto write = engine->begin_write();
        ASSERT_TRUE(write->remove(key));
        ASSERT_TRUE(write->commit());
    };
    remove(shared + "a");
    remove(shared);
    remove(shared + "c");
    EXPECT_EQ(get_text(*engine, shared + "b"), "2");
    remove(shared + "b");
    EXPECT_EQ(records(), 0U);
}

/// A key that shares its beginning with many others, with lengths around the pieces.
std::string random_key(std::mt19937_64& random) {
    constexpr std::size_t lengths[] = {1,    5,    508,  509,  510,  511,  512,  513,  700, 1010,
                                       1011, 1012, 1013, 1512, 1513, 1514, 2000, 2048, 2070};
    std::string key(lengths[random() % std::size(lengths)], 'q');
    for (int i = 0; i < 3; ++i) {
        // Differences near the beginning are rare, so that many keys share their pieces.
        const std::size_t at =
            random() % 4 == 0 ? random() % key.size()
                              : key.size() - 1 - random() % std::min<std::size_t>(key.size(), 4);
        key[at] = static_cast<char>("\x00pqr\xFE"[random() % 5]);
    }
    return key;
}

TEST_F(LmdbLongKeys, RandomKeysAreThoseOfAnOrderedMap) {
    std::mt19937_64 random(7);
    Model model;
    std::vector<std::string> known;
    for (int round = 0; round < 60; ++round) {
        auto write = engine->begin_write();
        ASSERT_TRUE(write);
        for (int i = 0; i < 20; ++i) {
            std::string key = random() % 3 == 0 && !known.empty() ? known[random() % known.size()]
                                                                  : random_key(random);
            if (random() % 3 == 0) {
                ASSERT_TRUE(write->remove(key));
                model.erase(key);
            } else {
                const std::string data = std::to_string(random());
                ASSERT_TRUE(write->put(key, record(data)));
                model[key] = data;
                known.push_back(std::move(key));
            }
        }
        for (int i = 0; i < 4; ++i) {
            expect_range(*write, model, random_key(random), random_key(random));
        }
        ASSERT_TRUE(write->commit());
        auto read = engine->begin_read();
        for (int i = 0; i < 10; ++i) {
            const std::string end = i % 2 == 0 ? random_key(random) : random_key(random) + "~";
            expect_range(*read, model, random_key(random), end);
        }
    }
    expect_everything(model);
    auto write = engine->begin_write();
    for (const auto& [key, data] : model) {
        ASSERT_TRUE(write->remove(key));
    }
    ASSERT_TRUE(write->commit());
    {
        const auto ended = std::move(*write);
    }
    EXPECT_EQ(records(), 0U);
}

TEST_F(LmdbLongKeys, AScanCanEndInsideANode) {
    const std::string shared(600, 's');
    put_all({{shared + "a", "1"}, {shared + "b", "2"}, {shared + "c", "3"}, {"t", "4"}});
    auto read = engine->begin_read();
    for (const bool reverse : {false, true}) {
        int seen = 0;
        const auto visit = [&](ByteView, const kv::Record&) { return ++seen < 2; };
        ASSERT_TRUE(read->scan("a", "z", reverse, visit));
        EXPECT_EQ(seen, 2);
    }
}

}  // namespace
}  // namespace lmdb_test
