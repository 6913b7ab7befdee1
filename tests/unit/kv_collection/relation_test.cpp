#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "turntable/kv/collection.hpp"
#include "unit/kv_collection/engines.hpp"

namespace turntable::test {
namespace {

struct Team {
    std::string name;
};
constexpr auto describe(kv::Type<Team> /*type*/) {
    return kv::record<Team>("teams", kv::field("name", &Team::name), kv::primary_key(&Team::name));
}

struct Player {
    std::int32_t id = 0;
    std::optional<std::string> team;
    /// Who trains this one; goes with the trainer.
    std::optional<std::int32_t> trainer;
    std::string fan_of;
};
constexpr auto describe(kv::Type<Player> /*type*/) {
    return kv::record<Player>(
        "players", kv::field("id", &Player::id), kv::field("team", &Player::team),
        kv::field("trainer", &Player::trainer), kv::field("fan_of", &Player::fan_of),
        kv::primary_key(&Player::id), kv::index("by_team", &Player::team, &Player::id),
        kv::index("by_trainer", &Player::trainer), kv::references<Team>(&Player::team),
        kv::references<Player>(&Player::trainer, kv::OnRemove::cascade),
        kv::references<Team>(&Player::fan_of, kv::OnRemove::none));
}

/// One for each player: found by a unique index.
struct Locker {
    std::int32_t number = 0;
    std::int32_t player = 0;
};
constexpr auto describe(kv::Type<Locker> /*type*/) {
    return kv::record<Locker>(
        "lockers", kv::field("number", &Locker::number), kv::field("player", &Locker::player),
        kv::primary_key(&Locker::number), kv::unique("by_player", &Locker::player),
        kv::references<Player>(&Locker::player, kv::OnRemove::cascade));
}

class RelationTest : public OnEachEngine {
  protected:
    static Player player(std::int32_t id, std::optional<std::string> team = {},
                         std::optional<std::int32_t> trainer = {}) {
        return {id, std::move(team), trainer, "nobody knows"};
    }
    std::uint64_t count(const kv::Key& prefix) const { return *db_.count(kv::prefix(prefix)); }

    kv::Collection<Player> players_ = kv::Collection<Player>::open(db_).value();
    kv::Collection<Team> teams_ = kv::Collection<Team>::open(db_).value();
    kv::Collection<Locker> lockers_ = kv::Collection<Locker>::open(db_).value();
};
INSTANTIATE_TEST_SUITE_P(Engines, RelationTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(RelationTest, AFieldLeadsToItsRecord) {
    ASSERT_TRUE(teams_.insert({"Reds"}));
    ASSERT_TRUE(players_.insert(player(1, "Reds")));
    const Player read = (*players_.get(1))->value;
    EXPECT_EQ((*players_.related(read, &Player::team, teams_))->value.name, "Reds");
    EXPECT_EQ(*players_.related(read, &Player::trainer, players_), std::nullopt);
    EXPECT_EQ(*players_.related(read, &Player::fan_of, teams_), std::nullopt)
        << "OnRemove::none promises nothing";
}

TEST_P(RelationTest, ARecordLeadsToThoseThatReferToIt) {
    ASSERT_TRUE(teams_.insert({"Reds"}));
    ASSERT_TRUE(teams_.insert({"Blues"}));
    for (std::int32_t id = 1; id <= 5; ++id) {
        ASSERT_TRUE(players_.insert(player(id, id == 3 ? "Blues" : "Reds")));
    }
    const auto page = *teams_.children("Reds", players_, &Player::team, {.limit = 3});
    ASSERT_EQ(page.records.size(), 3U);
    EXPECT_EQ(page.records[2].value.id, 4);
    const auto rest = *teams_.children("Reds", players_, &Player::team, {.after = page.next});
    ASSERT_EQ(rest.records.size(), 1U);
    EXPECT_EQ(rest.records[0].value.id, 5);
    EXPECT_EQ(players_.explain(kv::where(&Player::team).eq("Reds"))->to_string(), "index by_team");
}

TEST_P(RelationTest, AReferenceToNothingIsRefused) {
    const auto refused = players_.insert(player(1, "Reds"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("field team refers to a record of "
                                                                "teams that is not there"));
    ASSERT_TRUE(players_.insert(player(1)));
    EXPECT_FALSE(players_.update(1, [](Player& changed) { changed.team = "Blues"; }));
    EXPECT_TRUE(players_.insert(player(2, {}, 2))) << "who trains himself";
}

TEST_P(RelationTest, RestrictKeepsTheRecordThatIsReferredTo) {
    ASSERT_TRUE(teams_.insert({"Reds"}));
    ASSERT_TRUE(players_.insert(player(1, "Reds")));
    const auto refused = teams_.remove("Reds");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_EQ(refused.error().retry(), Retry::permanent);
    EXPECT_THAT(refused.error().to_string(),
                testing::HasSubstr("records of players refer to this one by field team"));
    ASSERT_TRUE(players_.update(1, [](Player& changed) { changed.team.reset(); }));
    EXPECT_TRUE(*teams_.remove("Reds"));
    EXPECT_EQ(count({"teams", "guard"}), 0U) << "nothing stays behind";
}

TEST_P(RelationTest, CascadeRemovesWhatRefersInOneCommit) {
    ASSERT_TRUE(players_.insert(player(1)));
    ASSERT_TRUE(players_.insert(player(2, {}, 1)));
    ASSERT_TRUE(players_.insert(player(3, {}, 2)));
    ASSERT_TRUE(players_.insert(player(4)));
    ASSERT_TRUE(lockers_.insert({10, 3}));
    ASSERT_TRUE(lockers_.insert({11, 4}));
    ASSERT_TRUE(*players_.remove(1));
    EXPECT_EQ(*players_.count(), 1U);
    EXPECT_EQ(*lockers_.count(), 1U);
    EXPECT_EQ(count({"players", "index"}), 2U);
    EXPECT_EQ(count({"lockers", "index"}), 1U);
    EXPECT_EQ(count({"players", "guard"}), 1U) << "of player 4, who has a locker";
}

TEST_P(RelationTest, ACircleOfReferencesEnds) {
    ASSERT_TRUE(players_.insert(player(1)));
    ASSERT_TRUE(players_.insert(player(2, {}, 1)));
    ASSERT_TRUE(players_.update(1, [](Player& changed) { changed.trainer = 2; }));
    ASSERT_TRUE(*players_.remove(2));
    EXPECT_EQ(*players_.count(), 0U);
}

/// Where few checks fit into one write.
class RelationLimitTest : public RelationTest {};
INSTANTIATE_TEST_SUITE_P(Engines, RelationLimitTest,
                         testing::Values(EngineUrl{"sqlite", "sqlite:{}/kv.db?profile=deno"}),
                         engine_name);

TEST_P(RelationLimitTest, ACascadeBeyondOneWriteIsRefusedWhole) {
    ASSERT_TRUE(players_.insert(player(1)));
    const auto checks = static_cast<std::int32_t>(db_.capabilities().limits.checks);
    // One check for each of two descriptions, and two for each record and its guard.
    const std::int32_t fit = (checks - 2) / 2;
    for (std::int32_t id = 2; id <= fit; ++id) {
        ASSERT_TRUE(players_.insert(player(id, {}, 1)));
    }
    ASSERT_TRUE(players_.insert(player(fit + 1, {}, 1)));
    const auto refused = players_.remove(1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("a part at a time"));
    EXPECT_EQ(*players_.count(), static_cast<std::uint64_t>(fit + 1));
    ASSERT_TRUE(*players_.remove(fit + 1));
    EXPECT_TRUE(*players_.remove(1));
    EXPECT_EQ(*players_.count(), 0U);
}

TEST_P(RelationTest, WhoeverOpensTheOtherSideLaterFollowsItToo) {
    const auto place = kv::CollectionOptions{.place = kv::Key("later")};
    const auto teams = kv::Collection<Team>::open(db_, place).value();
    ASSERT_TRUE(teams.insert({"Blues"}));
    const auto players = kv::Collection<Player>::open(db_, place).value();
    ASSERT_TRUE(players.insert(player(1, "Blues")));
    EXPECT_EQ(teams.remove("Blues").error().code(), ErrorCode::conflict);
}

TEST_P(RelationTest, NobodyRefersToARemovedRecordUnderManyThreads) {
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 8; ++worker) {
            workers.emplace_back([&, worker] {
                for (int i = 0; i < 20; ++i) {
                    const std::string team = "team" + std::to_string(i % 3);
                    if (worker % 4 == 0) {
                        (void)teams_.insert({team});
                        (void)teams_.remove(team);  // refused while a player refers to it
                    } else {
                        const auto done = players_.insert(player(worker * 100 + i, team));
                        EXPECT_TRUE(done || done.error().code() == ErrorCode::not_found)
                            << done.error().to_string();
                        if (i % 2 == 0) {
                            EXPECT_TRUE(players_.remove(worker * 100 + i));
                        }
                    }
                }
            });
        }
    }
    for (auto& entry : db_.list(kv::prefix({"players", "record"}))) {
        const auto id = static_cast<std::int32_t>(*(*entry->key.parts())[2].integer()->to_int64());
        const Player read = (*players_.get(id))->value;
        EXPECT_TRUE(*teams_.get(*read.team)) << *read.team;
    }
}

}  // namespace
}  // namespace turntable::test
