#include "turntable/kv/collection.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "turntable/kv/json.hpp"
#include "unit/kv_collection/engines.hpp"

namespace turntable::test {
namespace {

enum class Role : std::uint8_t { reader, writer, owner };

struct Address {
    std::string street;
    std::optional<std::int32_t> floor;

    bool operator==(const Address&) const = default;
};
constexpr auto describe(kv::Type<Address> /*type*/) {
    return kv::record<Address>(kv::field("street", &Address::street),
                               kv::field("floor", &Address::floor));
}

struct User {
    std::int64_t id = 0;
    std::string email;
    std::string city;
    std::optional<std::int32_t> age;
    Role role = Role::reader;
    double score = 0;
    Bytes badge;
    std::vector<std::string> tags;
    std::vector<Address> addresses;
    bool active = false;

    bool operator==(const User&) const = default;
};
constexpr auto describe(kv::Type<User> /*type*/) {
    return kv::record<User>("users", kv::field("id", &User::id), kv::field("email", &User::email),
                            kv::field("city", &User::city), kv::field("age", &User::age),
                            kv::field("role", &User::role), kv::field("score", &User::score),
                            kv::field("badge", &User::badge), kv::field("tags", &User::tags),
                            kv::field("addresses", &User::addresses),
                            kv::field("active", &User::active), kv::primary_key(&User::id),
                            kv::unique("by_email", &User::email),
                            kv::unique("by_badge_and_age", &User::badge, &User::age),
                            kv::index("by_city_and_age", &User::city, &User::age));
}

User ada() {
    return {1,
            "ada@example.org",
            "London",
            36,
            Role::owner,
            0.5,
            Bytes::copy(ByteView("\x00\x01", 2)),
            {"math", "it's; \"quoted\""},
            {{"St James's Square", 3}, {"Ockham", std::nullopt}},
            true};
}
User user(std::int64_t id) {
    User out;
    out.id = id;
    out.email = "user" + std::to_string(id);
    out.city = id % 2 == 0 ? "Oslo" : "Rome";
    out.badge = Bytes::copy(std::to_string(id));
    return out;
}

class CollectionTest : public OnEachEngine {
  protected:
    kv::Collection<User> users_ = kv::Collection<User>::open(db_).value();
};
INSTANTIATE_TEST_SUITE_P(Engines, CollectionTest, testing::ValuesIn(engine_urls), engine_name);

std::string code_of(const auto& result) {
    return result ? "ok" : std::string(to_string(result.error().code()));
}

TEST_P(CollectionTest, GivesBackEveryKindOfField) {
    ASSERT_TRUE(users_.insert(ada()));
    EXPECT_EQ((*users_.get(1))->value, ada());
    EXPECT_EQ(*users_.get(2), std::nullopt);
    EXPECT_EQ(*users_.count(), 1U);
}

TEST_P(CollectionTest, KeepsTheBoundsOfIntegers) {
    User low = ada();
    low.id = std::numeric_limits<std::int64_t>::min();
    low.age = std::numeric_limits<std::int32_t>::min();
    ASSERT_TRUE(users_.insert(low));
    EXPECT_EQ((*users_.get(low.id))->value, low);
}

TEST_P(CollectionTest, StoresObjectsThatOthersRead) {
    ASSERT_TRUE(users_.insert(ada()));
    const auto entry = *db_.get({"users", "record", 1});
    ASSERT_TRUE(entry);
    EXPECT_EQ(
        *kv::to_json(entry->value),
        R"({"id":{"$bigint":"1"},"email":"ada@example.org","city":"London","age":36,"role":2,)"
        R"("score":0.5,"badge":{"$bytes":"AAE="},"tags":["math","it's; \"quoted\""],)"
        R"("addresses":[{"street":"St James's Square","floor":3},)"
        R"({"street":"Ockham","floor":null}],"active":true})");
}

TEST_P(CollectionTest, ReadsWhatAJavaScriptProgramWouldWrite) {
    // Numbers for bigints, properties in another order, one too many, one left out.
    const auto json = kv::from_json(
        R"({"extra":1,"email":"e","id":7,"city":"c","role":1,"score":2,"badge":{"$bytes":"AA=="},)"
        R"("tags":[],"addresses":[],"active":false})");
    ASSERT_TRUE(db_.set({"users", "record", 7}, *json));
    const auto found = users_.get(7);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ((*found)->value.id, 7);
    EXPECT_EQ((*found)->value.age, std::nullopt);
}

TEST_P(CollectionTest, NamesTheFieldThatDoesNotFit) {
    const auto json = kv::from_json(
        R"({"id":7,"email":"e","city":"c","age":1,"role":300,"score":2,"badge":{"$bytes":""},)"
        R"("tags":[],"addresses":[{"street":5}],"active":false})");
    ASSERT_TRUE(db_.set({"users", "record", 7}, *json));
    const auto found = users_.get(7);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::type_mismatch);
    EXPECT_THAT(found.error().to_string(),
                testing::AllOf(testing::HasSubstr("field role: expected uint8"),
                               testing::HasSubstr("collection=users")));
}

TEST_P(CollectionTest, InsertRefusesATakenPrimaryKey) {
    ASSERT_TRUE(users_.insert(user(1)));
    User other = user(2);
    other.id = 1;
    const auto refused = users_.insert(other);
    ASSERT_EQ(code_of(refused), "already_exists");
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("index=primary"));
    EXPECT_EQ((*users_.get(1))->value, user(1));
    EXPECT_EQ(*users_.find_by("by_email", "user2"), std::nullopt);
}

TEST_P(CollectionTest, UniqueValuesAreRefusedWithTheirIndexAndFieldAndNotTheValue) {
    ASSERT_TRUE(users_.insert(user(1)));
    ASSERT_TRUE(users_.insert(user(2)));
    User taker = user(3);
    taker.email = "user1";
    const auto change = [](User& changed) { changed.email = "user1"; };
    const Result<kv::Versionstamp> refused[] = {
        users_.insert(taker), users_.put(taker),
        users_.replace(
            [] {
                User u = user(2);
                u.email = "user1";
                return u;
            }(),
            (*users_.get(2))->versionstamp),
        users_.update(2, change).transform([](auto stored) { return stored.versionstamp; })};
    for (const auto& result : refused) {
        ASSERT_EQ(code_of(result), "already_exists");
        EXPECT_THAT(
            result.error().to_string(),
            testing::AllOf(testing::HasSubstr("index=by_email"), testing::HasSubstr("field=email"),
                           testing::Not(testing::HasSubstr("user1"))));
    }
    EXPECT_EQ((*users_.get(2))->value, user(2));
    EXPECT_EQ(*users_.count(), 2U);
}

TEST_P(CollectionTest, NullEqualsNothingInAUniqueIndex) {
    User one = user(1);
    User two = user(2);
    two.badge = one.badge;
    ASSERT_TRUE(users_.insert(one));
    ASSERT_TRUE(users_.insert(two)) << "the age of both is null";
    one.age = two.age = 30;
    ASSERT_TRUE(users_.put(one));
    EXPECT_EQ(code_of(users_.put(two)), "already_exists");
    EXPECT_EQ((*users_.find_by("by_badge_and_age", one.badge, 30))->value, one);
}

TEST_P(CollectionTest, FindByFollowsARecordThatChanges) {
    ASSERT_TRUE(users_.insert(user(1)));
    EXPECT_EQ((*users_.find_by("by_email", "user1"))->value, user(1));
    ASSERT_TRUE(users_.update(1, [](User& changed) { changed.email = "new"; }));
    EXPECT_EQ(*users_.find_by("by_email", "user1"), std::nullopt);
    EXPECT_EQ((*users_.find_by("by_email", "new"))->value.id, 1);
    EXPECT_TRUE(users_.insert([] {
        User u = user(9);
        u.email = "user1";
        return u;
    }()));
    EXPECT_TRUE(*users_.remove(1));
    EXPECT_FALSE(*users_.remove(1));
    EXPECT_EQ(*users_.find_by("by_email", "new"), std::nullopt);
}

TEST_P(CollectionTest, FindByRefusesWhatItCannotAnswer) {
    EXPECT_EQ(code_of(users_.find_by("by_email", 5)), "type_mismatch");
    EXPECT_THAT(users_.find_by("by_email", 5).error().to_string(),
                testing::HasSubstr("field email: expected text"));
    EXPECT_EQ(code_of(users_.find_by("by_email", "\xff")), "invalid_argument");
    EXPECT_EQ(code_of(users_.find_by("by_city_and_age", "Oslo", 5)), "invalid_argument");
    EXPECT_EQ(code_of(users_.find_by("by_badge_and_age", Bytes())), "invalid_argument");
    EXPECT_EQ(code_of(users_.find_by("by_mail", "x")), "invalid_argument");
}

TEST_P(CollectionTest, OptimisticChangesTellAConflict) {
    ASSERT_TRUE(users_.insert(user(1)));
    const auto read = **users_.get(1);
    ASSERT_TRUE(users_.update(1, [](User& changed) { changed.score = 2; }));
    User late = read.value;
    late.score = 3;
    for (const auto& result :
         {users_.replace(late, read.versionstamp).transform([](auto) { return true; }),
          users_.remove_if(1, read.versionstamp)}) {
        ASSERT_EQ(code_of(result), "conflict");
        EXPECT_EQ(result.error().retry(), Retry::permanent);
        EXPECT_THAT(result.error().to_string(),
                    testing::HasSubstr("expected=" + read.versionstamp.to_string()));
    }
    const auto now = **users_.get(1);
    EXPECT_EQ(now.value.score, 2);
    late.score = 4;
    EXPECT_TRUE(users_.replace(late, now.versionstamp));
    EXPECT_TRUE(users_.remove_if(1, (*users_.get(1))->versionstamp));
}

TEST_P(CollectionTest, UpdateRefusesWhatIsNotThereAndAnotherPrimaryKey) {
    EXPECT_EQ(code_of(users_.update(1, [](User&) {})), "not_found");
    ASSERT_TRUE(users_.insert(user(1)));
    EXPECT_EQ(code_of(users_.update(1, [](User& changed) { changed.id = 2; })), "invalid_argument");
    EXPECT_EQ(code_of(users_.update(
                  1, [](User&) -> Result<void> { return Error(ErrorCode::out_of_range, "no"); })),
              "out_of_range");
    EXPECT_EQ((*users_.get(1))->value, user(1));
}

TEST_P(CollectionTest, AnIndexKeyThatIsTooLongIsRefusedByName) {
    const std::size_t limit = db_.capabilities().limits.key_bytes;
    // users, index, by_email, and the value with its marks
    const std::size_t around = kv::Key{"users", "index", "by_email", ""}.encoded().size();
    User fits = user(1);
    fits.email = std::string(limit - around, 'x');
    EXPECT_TRUE(users_.insert(fits));
    User longer = user(2);
    longer.email = std::string(limit - around + 1, 'y');
    const auto refused = users_.insert(longer);
    ASSERT_EQ(code_of(refused), "limit_exceeded");
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("index by_email"));
}

TEST_P(CollectionTest, CollectionsInOtherPlacesAreOthers) {
    const auto elsewhere = kv::Collection<User>::open(db_, {.place = kv::Key{"tenant", 7}}).value();
    ASSERT_TRUE(elsewhere.insert(user(1)));
    EXPECT_EQ(*users_.get(1), std::nullopt);
    EXPECT_TRUE(*db_.get({"tenant", 7, "users", "record", 1}));
}

/// What the indexes should be, worked out from the records.
void expect_consistent(const kv::Database& db, const kv::Collection<User>& users) {
    std::set<std::string> expected;
    for (auto& entry : db.list(kv::prefix({"users", "record"}))) {
        const auto value = *entry->value.as_js();
        const auto id = *value.as<kv::JsObject>()->find("id")->big_integer()->to_int64();
        const User record = (*users.get(id))->value;
        const auto part = [](kv::Key key) { return kv::print_key(key.encoded()); };
        kv::Key city{"users", "index", "by_city_and_age", record.city};
        city = record.age ? city / *record.age : city / kv::BytesPart{};
        kv::Key badge =
            kv::Key{"users", "index", "by_badge_and_age"} / kv::BytesPart{record.badge.to_string()};
        badge = record.age ? badge / *record.age : badge / kv::BytesPart{} / id;
        expected.insert(part({"users", "index", "by_email", record.email}));
        expected.insert(part(city / id));
        expected.insert(part(badge));
    }
    std::set<std::string> found;
    for (auto& entry : db.list(kv::prefix({"users", "index"}))) {
        found.insert(kv::print_key(entry->key.encoded()));
    }
    EXPECT_EQ(found, expected);
}

TEST_P(CollectionTest, IndexesAgreeWithRecordsUnderManyThreads) {
    constexpr int threads = 8;
    constexpr int rounds = 40;
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < threads; ++worker) {
            workers.emplace_back([&, worker] {
                for (int round = 0; round < rounds; ++round) {
                    const int id = (worker * 7 + round * 3) % 12;
                    User record = user(id);
                    // Few addresses, so that they are fought for.
                    record.email = "shared" + std::to_string((worker + round) % 6);
                    record.age = round % 5 == 0 ? std::nullopt : std::optional(round % 3);
                    std::string code;
                    switch ((worker + round) % 4) {
                        case 0:
                            code = code_of(users_.insert(record));
                            break;
                        case 1:
                            code = code_of(users_.put(record));
                            break;
                        case 2:
                            code = code_of(users_.update(
                                id, [&](User& changed) { changed.email = record.email; }));
                            break;
                        default:
                            code = code_of(users_.remove(id));
                    }
                    if (code != "ok" && code != "already_exists" && code != "not_found") {
                        ++wrong;
                        ADD_FAILURE() << code;
                    }
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(*users_.count(), 0U);
    expect_consistent(db_, users_);
}

TEST_P(CollectionTest, OneOfManyWinsAUniqueValue) {
    std::atomic<int> won{0};
    std::atomic<int> refused{0};
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 8; ++worker) {
            workers.emplace_back([&, worker] {
                User record = user(worker);
                record.email = "one";
                const std::string code = code_of(users_.insert(record));
                won += code == "ok" ? 1 : 0;
                refused += code == "already_exists" ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(refused, 7);
}

TEST_P(CollectionTest, UpdatesFromManyThreadsAreAllCounted) {
    ASSERT_TRUE(users_.insert(user(1)));
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 8; ++worker) {
            workers.emplace_back([&] {
                for (int i = 0; i < 10; ++i) {
                    const auto done = users_.update(1, [](User& changed) { changed.score += 1; });
                    EXPECT_TRUE(done) << done.error().to_string();
                }
            });
        }
    }
    EXPECT_EQ((*users_.get(1))->value.score, 80);
}

}  // namespace
}  // namespace turntable::test
