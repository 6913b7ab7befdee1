// Changing the description of a collection that holds records.
#include "turntable/kv/collection/change.hpp"

#include <gmock/gmock.h>

#include "support/collection_check.hpp"
#include "turntable/kv/collection.hpp"
#include "unit/kv_collection/engines.hpp"

namespace turntable::test {
namespace {

using testing::HasSubstr;

/// The first form of the records.
struct Old {
    std::int64_t id = 0;
    std::string mail;
    std::int32_t age = 0;
    std::string junk;
};
constexpr auto describe(kv::Type<Old> /*type*/) {
    return kv::record<Old>("people", kv::field("id", &Old::id), kv::field("mail", &Old::mail),
                           kv::field("age", &Old::age), kv::field("junk", &Old::junk),
                           kv::primary_key(&Old::id), kv::index("by_mail", &Old::mail));
}

/// With one index more.
struct Indexed {
    std::int64_t id = 0;
    std::string mail;
    std::int32_t age = 0;
    std::string junk;
};
constexpr auto describe(kv::Type<Indexed> /*type*/) {
    return kv::record<Indexed>("people", kv::field("id", &Indexed::id),
                               kv::field("mail", &Indexed::mail), kv::field("age", &Indexed::age),
                               kv::field("junk", &Indexed::junk), kv::primary_key(&Indexed::id),
                               kv::index("by_mail", &Indexed::mail),
                               kv::index("by_age", &Indexed::age, &Indexed::mail));
}

/// After all changes.
struct New {
    std::string email;
    std::int64_t id = 0;
    std::int32_t age = 0;
    std::optional<std::string> team;
};
constexpr auto describe(kv::Type<New> /*type*/) {
    return kv::record<New>("people", kv::field("email", &New::email), kv::field("id", &New::id),
                           kv::field("age", &New::age), kv::field("team", &New::team),
                           kv::primary_key(&New::id), kv::index("by_mail", &New::email),
                           kv::unique("by_age", &New::age, &New::email));
}

std::vector<kv::Migration> changes() {
    return {
        {1, "find people by age", "", kv::add_index("people", {"by_age", {"age", "mail"}, true}),
         kv::remove_index("people", "by_age")},
        {2, "mail is email", "", kv::rename_field("people", "mail", "email"),
         kv::rename_field("people", "email", "mail")},
        {3, "teams", "", kv::add_field("people", {"team", "optional<string>"}, nullptr),
         kv::remove_field("people", "team")},
        {4, "no junk", "", kv::remove_field("people", "junk"),
         kv::add_field("people", {"junk", "string"}, "")}};
}

class ChangeTest : public OnEachEngine {
  protected:
    static constexpr int count = 450;  // several batches

    void insert_old() const {
        const auto people = kv::Collection<Old>::open(db_).value();
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(people.insert({i, "m" + std::to_string(i % 50), i / 3, "junk"}));
        }
    }
    kv::Migrator migrator(std::vector<kv::Migration> list) const {
        return kv::Migrator::make(db_, std::move(list)).value();
    }
    static std::vector<kv::Migration> only(std::uint64_t version, kv::MigrationAction up) {
        return {{version, "change", "", std::move(up)}};
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, ChangeTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(ChangeTest, ADescriptionThatDiffersIsRefusedWithTheMigrationsThatItTakes) {
    insert_old();
    const auto refused = kv::Collection<New>::open(db_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
    for (const char* text :
         {"field email is new: add_field or rename_field", "field team is new: add_field",
          "field mail is gone: remove_field or rename_field", "field junk is gone",
          "index by_age is new: add_index", "index by_mail has changed", "collection=people"}) {
        EXPECT_THAT(refused.error().to_string(), HasSubstr(text));
    }
}

TEST_P(ChangeTest, AllChangesLeadToTheNewDescriptionAndBack) {
    insert_old();
    const auto list = migrator(changes());
    const auto done = list.up();
    ASSERT_TRUE(done) << done.error().to_string();
    {
        const auto people = kv::Collection<New>::open(db_);
        ASSERT_TRUE(people) << people.error().to_string();
        EXPECT_EQ(*people->count(), std::uint64_t{count});
        expect_indexes_agree(*people->store());
        EXPECT_EQ((*people->find_by("by_age", 3, "m9"))->value.id, 9);
        EXPECT_EQ((*people->get(9))->value.team, std::nullopt);
        EXPECT_EQ(people->explain(kv::where("email").eq("m9"))->to_string(), "index by_mail");
        EXPECT_FALSE(kv::Collection<Old>::open(db_));
    }
    const auto back = list.down(99);
    ASSERT_TRUE(back) << back.error().to_string();
    const auto people = kv::Collection<Old>::open(db_);
    ASSERT_TRUE(people) << people.error().to_string();
    EXPECT_EQ((*people->get(9))->value.mail, "m9");
    EXPECT_EQ((*people->get(9))->value.junk, "") << "what was removed is gone";
    expect_indexes_agree(*people->store());
}

TEST_P(ChangeTest, ANewDatabaseTakesAllMigrationsInItsStride) {
    const auto list = migrator({changes()[0], changes()[2], changes()[3]});
    ASSERT_TRUE(list.up()) << "there is no collection yet";
    const auto people = kv::Collection<New>::open(db_);
    ASSERT_TRUE(people);
    ASSERT_TRUE(people->insert({"m", 1, 2, {}}));
    ASSERT_TRUE(kv::Migrator::make(
                    db_,
                    {{1, "index", "", kv::add_index("people", {"by_age", {"age", "email"}, true})},
                     {2, "teams", "", kv::add_field("people", {"team", "optional<string>"}, "x")},
                     {3, "no junk", "", kv::remove_field("people", "junk")}},
                    {.place = kv::Key("again")})
                    ->up())
        << "it is as they would make it";
    EXPECT_TRUE((*people->get(1))->value.team == std::nullopt);
}

TEST_P(ChangeTest, OthersWriteWhileAnIndexIsBuiltAndUseItOnceItIsComplete) {
    insert_old();
    std::optional<kv::Collection<Indexed>> people;
    int batches = 0;
    const kv::MigrationAction build = kv::add_index("people", {"by_age", {"age", "mail"}, false});
    const auto list = migrator(
        only(1, kv::in_batches([&](kv::MigrationStep& step) -> Result<kv::Batch> {
                 if (++batches == 1) {
                     EXPECT_FALSE(kv::Collection<Indexed>::open(db_));
                     return build.run(step);
                 }
                 if (!people) {
                     people = kv::Collection<Indexed>::open(db_).value();
                     EXPECT_EQ(people->explain(kv::where("age").eq(1))->to_string(), "scan");
                     EXPECT_EQ(people->find_by("by_age", 1, "m").error().code(), ErrorCode::busy);
                     EXPECT_EQ(people->find_all_by("by_age", {1}).error().code(), ErrorCode::busy);
                 }
                 // On both sides of where the build is.
                 const int id = batches * 37 % count;
                 (void)people->update(id, [](Indexed& one) { one.age += 1000; });
                 EXPECT_TRUE(people->remove((id + 70) % count));
                 EXPECT_TRUE(people->insert({1000 + batches, "new", batches, ""}));
                 EXPECT_TRUE(people->insert({-1000 - batches, "new", batches, ""}));
                 return build.run(step);
             })));
    ASSERT_TRUE(list.up());
    EXPECT_GT(batches, 2);
    EXPECT_LT(batches, 30) << "it does not run after those who write";
    EXPECT_TRUE(people->put({5000, "x", 1, ""})) << "the handle goes on, the description holds";
    EXPECT_EQ(people->explain(kv::where("age").eq(1))->to_string(), "index by_age");
    expect_indexes_agree(*people->store());
}

TEST_P(ChangeTest, AHandleOfTheOldDescriptionWritesNothingAfterAChange) {
    insert_old();
    const auto people = kv::Collection<Old>::open(db_).value();
    ASSERT_TRUE(migrator({changes()[0]}).up());
    const auto refused = people.insert({1000, "m", 1, ""});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("index by_age is gone: remove_index"));
    EXPECT_FALSE(*db_.get({"people", "record", 1000}));
}

TEST_P(ChangeTest, NobodyWritesWhileRecordsAreRewritten) {
    insert_old();
    const auto people = kv::Collection<Old>::open(db_).value();
    const kv::MigrationAction rename = kv::rename_field("people", "mail", "email");
    bool tried = false;
    const auto list = migrator(only(
        1, kv::in_batches([&](kv::MigrationStep& step) -> Result<kv::Batch> {
            if (!step.progress().empty() && !tried) {
                tried = true;
                const auto refused = people.put({1, "m", 1, ""});
                EXPECT_EQ(refused.error().code(), ErrorCode::busy);
                EXPECT_THAT(refused.error().to_string(), HasSubstr("rename_field mail to email"));
                EXPECT_EQ(kv::Collection<New>::open(db_).error().code(), ErrorCode::busy);
            }
            return rename.run(step);
        })));
    ASSERT_TRUE(list.up());
    EXPECT_TRUE(tried);
}

TEST_P(ChangeTest, AQueryUnderWayNoticesThatItsIndexIsGone) {
    insert_old();
    ASSERT_TRUE(migrator({changes()[0]}).up());
    // A handle that does not know of its removal, over the stored description.
    const auto store = kv::detail::RecordStore::open_stored(db_, "people", {}, {}).value();
    ASSERT_TRUE(kv::Migrator::make(db_, only(2, kv::remove_index("people", "by_age")),
                                   {.allow_missing = true})
                    ->up());
    const auto page = kv::detail::run_query(*store, kv::where("age").eq(3), {}, {});
    ASSERT_TRUE(page) << page.error().to_string();
    EXPECT_EQ(page->records.size(), 3U) << "found by a scan";
    const kv::KeyPart values[] = {3, "m9"};
    EXPECT_EQ(store->find_unique("by_age", values, {}).error().code(), ErrorCode::invalid_argument);
}

TEST_P(ChangeTest, AUniqueIndexOverDuplicatesStopsByHalfAndGoesOnWhenTheyAreMended) {
    insert_old();
    const auto list = migrator(only(1, kv::add_index("people", {"one_mail", {"mail"}, true})));
    const auto refused = list.up();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
    EXPECT_THAT(refused.error().to_string(),
                testing::AllOf(HasSubstr("index=one_mail"), HasSubstr("key=people/record/50n"),
                               HasSubstr("other=people/record/0n")));
    EXPECT_EQ(list.status()->front().state, kv::MigrationState::half_applied);
    const auto store = kv::detail::RecordStore::open_stored(db_, "people", {}, {}).value();
    for (int i = 50; i < count; ++i) {
        ASSERT_TRUE(*store->remove(i, std::nullopt, {}));
    }
    const auto resumed = list.resume();
    ASSERT_TRUE(resumed) << resumed.error().to_string();
    ASSERT_TRUE(store->refresh({}));
    expect_indexes_agree(*store);
}

TEST_P(ChangeTest, WhatDoesNotFitTheDescriptionIsRefused) {
    insert_old();
    const struct {
        kv::MigrationAction action;
        const char* text;
    } cases[] = {
        {kv::add_index("people", {"by_x", {"x"}}), "field x, which is not there"},
        {kv::add_index("people", {"by_mail", {"age"}}), "another index by_mail"},
        {kv::add_index("people", {"", {"age"}}), "a name and fields"},
        {kv::add_field("people", {"age", "string"}, ""), "a field age of type int32"},
        {kv::add_field("people", {"rank", "int32"}, "x"), "expected an integer, found text"},
        {kv::remove_field("people", "mail"), "field mail is in index by_mail"},
        {kv::remove_field("people", "id"), "field id is the primary key"},
        {kv::rename_field("people", "mail", "age"), "a field age already"},
        {kv::rename_field("people", "x", "y"), "no field x"},
    };
    std::uint64_t version = 0;
    for (const auto& [action, text] : cases) {
        const auto refused =
            kv::Migrator::make(db_, only(1, action), {.place = kv::Key{"try", ++version}})->up();
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().to_string(), HasSubstr(text));
    }
    EXPECT_TRUE(kv::Collection<Old>::open(db_)) << "nothing has changed";
}

}  // namespace
}  // namespace turntable::test
