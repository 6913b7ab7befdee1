#include "turntable/kv/mounts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"
#include "unit/kv_layers/layer_support.hpp"

namespace turntable::inline v0::kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The default mount, one at "b", one at "b/m" inside of it, and one at "d".
struct MountsTest : testing::Test {
    MountsTest() {
        std::vector<Mount> mounts;
        mounts.push_back({Key("b"), FakeBackend(b), "at b"});
        mounts.push_back({Key{"b", "m"}, FakeBackend(bm), "at b/m"});
        mounts.push_back({Key("d"), FakeBackend(d), "at d"});
        db.emplace(AnyBackend(
            MountedBackend::make(AnyBackend(FakeBackend(rest)), std::move(mounts)).value()));
    }
    void fill() const {
        for (const Key& key : keys) {
            ASSERT_TRUE(db->set(key, "1"));
        }
    }
    static std::vector<std::string> listed(Database::List list) {
        std::vector<std::string> out;
        for (auto& entry : list) {
            EXPECT_TRUE(entry) << entry.error().to_string();
            out.push_back(print_key(entry->key.encoded()));
        }
        return out;
    }
    static bool holds(FakeBackend& fake, const Key& key) {
        return fake.get({}, key.encoded()).wait().value().has_value();
    }

    FakeBackend rest, b, bm, d;
    std::optional<Database> db;
    std::vector<Key> keys = {"a",        "b", {"b", "a"}, {"b", "m"}, {"b", "m", "x"},
                             {"b", "z"}, "c", {"d", "e"}, "e"};
    std::vector<std::string> texts = {"a", "b", "b/a", "b/m", "b/m/x", "b/z", "c", "d/e", "e"};
};

TEST_F(MountsTest, TheLongestPrefixServes) {
    fill();
    EXPECT_TRUE(holds(rest, "a") && holds(rest, "c") && holds(rest, "e"));
    EXPECT_TRUE(holds(b, "b") && holds(b, {"b", "a"}) && holds(b, {"b", "z"}));
    EXPECT_TRUE(holds(bm, {"b", "m"}) && holds(bm, {"b", "m", "x"}));
    EXPECT_TRUE(holds(d, {"d", "e"}));
    ASSERT_TRUE(db->set("bb", "not below b"));
    EXPECT_TRUE(holds(rest, "bb"));
    // Its bytes begin with those of the key "b", its parts do not.
    const Key zero(std::string("b\0m", 3));
    ASSERT_TRUE(db->set(zero, "1"));
    EXPECT_TRUE(holds(rest, zero));
}

TEST_F(MountsTest, ListsGoOverAllMountsInKeyOrder) {
    fill();
    EXPECT_EQ(listed(db->list(prefix({}))), texts);
    EXPECT_EQ(listed(db->list(prefix({}), {.batch = 2})), texts);
    std::vector<std::string> backwards(texts.rbegin(), texts.rend());
    EXPECT_EQ(listed(db->list(prefix({}), {.reverse = true})), backwards);
    EXPECT_EQ(listed(db->list(prefix({}), {.reverse = true, .batch = 2})), backwards);
    EXPECT_THAT(listed(db->list(prefix({}), {.limit = 4})), ElementsAre("a", "b", "b/a", "b/m"));
    EXPECT_THAT(listed(db->list(prefix("b"))), ElementsAre("b/a", "b/m", "b/m/x", "b/z"));
    const auto many = db->get_many({Key("e"), Key{"b", "m"}, Key("none"), Key("b")});
    ASSERT_TRUE(many) << many.error().to_string();
    EXPECT_TRUE((*many)[0] && (*many)[1] && !(*many)[2] && (*many)[3]);
}

TEST_F(MountsTest, AWriteAcrossMountsIsRefusedWhole) {
    const auto across = db->atomic().set("a", "1").set({"b", "a"}, "1").commit();
    ASSERT_FALSE(across);
    EXPECT_EQ(across.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(across.error().to_string(), HasSubstr("the mount at b"));
    EXPECT_FALSE(*db->get("a"));
    EXPECT_EQ(db->atomic().check("a", absent).set({"b", "m"}, "1").commit().error().code(),
              ErrorCode::unsupported);
    EXPECT_TRUE(db->atomic().set({"b", "m", "1"}, "1").set({"b", "m", "2"}, "1").commit());
    EXPECT_TRUE(db->atomic().set("a", "1").enqueue("message").commit());
    EXPECT_EQ(db->atomic().set("d", "1").enqueue("message").commit().error().code(),
              ErrorCode::unsupported);
}

TEST_F(MountsTest, CapabilitiesAreWhatAllCanDoTogether) {
    const Capabilities before = db->capabilities();
    EXPECT_FALSE(before.one_snapshot);
    EXPECT_FALSE(before.one_commit);
    EXPECT_TRUE(before.snapshots && before.delete_range);
    Capabilities less = d.capabilities();
    less.snapshots = false;
    less.limits.value_bytes = 100;
    d.set_capabilities(less);
    EXPECT_FALSE(db->capabilities().snapshots);
    EXPECT_EQ(db->capabilities().limits.value_bytes, 100U);
}

TEST_F(MountsTest, ASnapshotHasOneStateOfEachMount) {
    fill();
    const auto snapshot = db->snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().to_string();
    ASSERT_TRUE(db->remove("a"));
    ASSERT_TRUE(db->remove({"b", "m"}));
    EXPECT_EQ(snapshot->count(prefix({})).value(), texts.size());
    EXPECT_EQ(db->count(prefix({})).value(), texts.size() - 2);
}

TEST_F(MountsTest, ARangeIsRemovedFromEachMount) {
    fill();
    const auto removed = db->remove_range(prefix("b"));
    ASSERT_TRUE(removed) << removed.error().to_string();
    EXPECT_EQ(removed->removed, 4U);
    EXPECT_THAT(listed(db->list(prefix({}))), ElementsAre("a", "b", "c", "d/e", "e"));
}

TEST_F(MountsTest, AWatchTellsOfAllMounts) {
    fill();
    auto backend = std::ref(db->backend());
    const Key e("e");
    const WatchTarget targets[] = {{e.encoded()}, {ByteView("\0", 1), ByteView("\xFF")}};
    auto stream = backend.get().watch({}, targets);
    ASSERT_TRUE(stream);
    auto first = stream->next().wait();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->size(), texts.size() + 1) << "the key, and everything in the range";
    for (const Key& key : {Key{"b", "m"}, Key("a"), Key{"d", "e"}}) {
        ASSERT_TRUE(db->set(key, "2"));
        auto step = stream->next().wait();
        ASSERT_TRUE(step && *step);
        ASSERT_EQ((*step)->size(), 1U);
        EXPECT_EQ((**step)[0].target, 1U);
        EXPECT_EQ((**step)[0].key.view(), key.encoded());
    }
    auto waiting = stream->next();
    EXPECT_FALSE(waiting.is_ready());
    ASSERT_TRUE(db->close());
    auto end = std::move(waiting).wait();
    EXPECT_TRUE(!end || !*end);
}

TEST_F(MountsTest, HealthIsThatOfTheWorst) {
    d.answer_next_health(Health{.state = Health::State::degraded, .reason = "slow disk"});
    const auto health = db->health();
    ASSERT_TRUE(health);
    EXPECT_EQ(health->state, Health::State::degraded);
    EXPECT_EQ(health->reason, "at d: slow disk");
}

TEST(MountsMake, RefusesWhatCannotBeAPrefix) {
    const auto make = [](Key first, Key second) {
        std::vector<Mount> mounts;
        mounts.push_back({std::move(first), FakeBackend()});
        mounts.push_back({std::move(second), FakeBackend()});
        return MountedBackend::make(FakeBackend(), std::move(mounts));
    };
    EXPECT_EQ(make("a", Key()).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(make("a", "a").error().code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(make("a", {"a", "a"}));
}

TEST(NamedMounts, OpenWhatTheConfigurationSays) {
    Registry registry = Registry::from_environment(lookup_in({}));
    registry.set_named_stores([](std::string_view name) -> Result<ProviderConfig> {
        TURNTABLE_TRY(ProviderConfig config, ProviderConfig::from_url("memory:"));
        if (name == "app") {
            config.layers = {"prefix?parts=all"};
            config.mounts = {{"all/sessions", "memory:mounts_test"}, {"all/round", "@round"}};
        } else if (name == "loop") {
            config.mounts = {{"x", "@loop"}};
        }
        return config;
    });
    const auto db = registry.open("@app");
    ASSERT_TRUE(db) << db.error().to_string();
    ASSERT_TRUE(db->set({"sessions", 1}, "x"));
    ASSERT_TRUE(db->set("other", "y"));
    const auto inside = registry.open("memory:mounts_test");
    EXPECT_TRUE(*inside->get({"all", "sessions", 1})) << "layers are around the whole";
    EXPECT_FALSE(*inside->get({"all", "other"}));
    EXPECT_THAT(registry.open("@loop").error().to_string(), HasSubstr("circle"));
}

}  // namespace
}  // namespace turntable::inline v0::kv
