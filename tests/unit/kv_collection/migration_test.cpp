// The promises of known migrators, each by the name of a test, on every engine.
#include "turntable/kv/migration.hpp"

#include <gmock/gmock.h>

#include <map>

#include "turntable/kv/js_value.hpp"
#include "unit/kv_collection/engines.hpp"

namespace turntable::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Sets `name` to `value`, and takes it away again.
kv::Migration setting(std::uint64_t version, const std::string& name,
                      const std::string& source = "v1") {
    return {version, name, source,
            kv::in_one_write([name](kv::MigrationStep& step) -> Result<void> {
                step.set(name, "yes").sum("runs", 1);
                return {};
            }),
            kv::in_one_write([name](kv::MigrationStep& step) -> Result<void> {
                step.remove(name);
                return {};
            })};
}

/// Writes `count` entries, one a batch; fails before entry `fail_at` while `*broken`.
kv::Migration counting(std::uint64_t version, int count, int fail_at = -1,
                       const bool* broken = nullptr) {
    const auto run = [=](kv::MigrationStep& step, bool forward) -> Result<kv::Batch> {
        const int done = step.progress().empty() ? 0 : std::stoi(step.progress());
        if (broken != nullptr && *broken && done == fail_at) {
            return Error(ErrorCode::backend, "broken");
        }
        const kv::Key key{"counted", done};
        if (forward) {
            step.sum(key, 1);
        } else {
            step.remove(key);
        }
        step.set_progress(std::to_string(done + 1));
        return done + 1 == count ? kv::Batch::last : kv::Batch::more;
    };
    return {version, "counting", "v1",
            kv::in_batches([=](kv::MigrationStep& step) { return run(step, true); }),
            kv::in_batches([=](kv::MigrationStep& step) { return run(step, false); })};
}

class MigrationTest : public OnEachEngine {
  protected:
    kv::Migrator migrator(std::vector<kv::Migration> list, kv::MigratorOptions options = {}) const {
        return kv::Migrator::make(db_, std::move(list), std::move(options)).value();
    }
    /// All entries but those of the migrator, without their versionstamps.
    std::map<std::string, std::string> content() const {
        std::map<std::string, std::string> out;
        for (auto& entry : db_.list(kv::everything())) {
            const std::string key = kv::print_key(entry->key.encoded());
            if (!key.starts_with("migrations/")) {
                out.emplace(key, entry->value.data().to_string());
            }
        }
        return out;
    }
    static std::string states(const kv::Migrator& migrator) {
        std::string out;
        for (const auto& one : migrator.status().value()) {
            out += std::to_string(one.version) + " " + std::string(to_string(one.state)) + "; ";
        }
        return out;
    }
    template <class T>
    static void expect_refused(const Result<T>& result, ErrorCode code, const std::string& state,
                               const std::string& text) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), code) << result.error().to_string();
        EXPECT_THAT(result.error().to_string(),
                    testing::AllOf(HasSubstr("state=" + state), HasSubstr(text)));
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, MigrationTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(MigrationTest, EachIsAppliedOnceInOrderOfVersions) {
    const auto list = migrator({setting(10, "b"), setting(2, "a"), setting(30, "c")});
    EXPECT_EQ(states(list), "2 pending; 10 pending; 30 pending; ");
    EXPECT_THAT(*list.up(), ElementsAre(2, 10, 30));
    EXPECT_THAT(*list.up(), IsEmpty());
    EXPECT_EQ(*(*db_.get("runs"))->value.as_u64(), 3U);
    EXPECT_EQ(states(list), "2 applied; 10 applied; 30 applied; ");
    EXPECT_THAT(*list.pending(), IsEmpty());
    EXPECT_GT(list.status()->front().changed_at_ms, 0);
}

// Diesel's `run` and `revert` with counts: more than there are is all, 0 is none.
TEST_P(MigrationTest, CountsBeyondTheListMeanAllAndZeroMeansNone) {
    const auto list = migrator({setting(1, "a"), setting(2, "b"), setting(3, "c")});
    EXPECT_THAT(*list.up(0), IsEmpty());
    EXPECT_THAT(*list.up(2), ElementsAre(1, 2));
    EXPECT_THAT(*list.up(99), ElementsAre(3));
    EXPECT_THAT(*list.down(0), IsEmpty());
    EXPECT_THAT(*list.down(), ElementsAre(3));
    EXPECT_THAT(*list.down(99), ElementsAre(2, 1));
}

// SQLx: VersionMismatch.
TEST_P(MigrationTest, EditedAfterApplyIsRefused) {
    ASSERT_TRUE(migrator({setting(1, "a"), setting(2, "b")}).up(1));
    const auto edited = migrator({setting(1, "a", "v2"), setting(2, "b")});
    const std::string text = "migration 1 (a) was edited after it was applied";
    expect_refused(edited.up(), ErrorCode::invalid_config, "edited", text);
    expect_refused(edited.down(), ErrorCode::invalid_config, "edited", text);
    EXPECT_EQ(states(edited), "1 edited; 2 pending; ");
    EXPECT_FALSE(*db_.get("b")) << "nothing else was applied";
    EXPECT_TRUE(migrator({setting(1, "a")}).up()) << "as it was, it is fine";
}

// SQLx: VersionMissing.
TEST_P(MigrationTest, AppliedAndMissingFromTheListIsRefusedUnlessAllowed) {
    ASSERT_TRUE(migrator({setting(1, "a"), setting(2, "b")}).up());
    const std::vector<kv::Migration> shorter{setting(2, "b"), setting(3, "c")};
    expect_refused(migrator(shorter).up(), ErrorCode::invalid_config, "missing",
                   "migration 1 (a) was applied to this database, and is not in the list");
    const auto lenient = migrator(shorter, {.allow_missing = true});
    EXPECT_EQ(states(lenient), "1 missing; 2 applied; 3 pending; ");
    EXPECT_THAT(*lenient.up(), ElementsAre(3));
    EXPECT_THAT(*lenient.down(99), ElementsAre(3, 2));
}

// SQLx: Dirty.
TEST_P(MigrationTest, HalfAppliedIsRefusedUntilItIsResumed) {
    bool broken = true;
    const auto list = migrator({counting(1, 5, 3, &broken), setting(2, "b")});
    const auto failed = list.up();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::backend);
    EXPECT_THAT(failed.error().to_string(), HasSubstr("migration=1"));
    EXPECT_EQ(states(list), "1 half_applied; 2 pending; ");
    const std::string text = "migration 1 (counting) was applied by half; resume it first";
    expect_refused(list.up(), ErrorCode::conflict, "half_applied", text);
    expect_refused(list.down(), ErrorCode::conflict, "half_applied", text);
    EXPECT_FALSE(list.resume()) << "it is still broken";
    broken = false;
    EXPECT_EQ(*list.resume(), 1U);
    EXPECT_EQ(*list.resume(), std::nullopt);
    EXPECT_THAT(*list.up(), ElementsAre(2));
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(*(*db_.get({"counted", i}))->value.as_u64(), 1U) << i << " happened once";
    }
}

TEST_P(MigrationTest, OneInBatchesThatFailsInItsFirstIsStillPending) {
    bool broken = true;
    const auto list = migrator({counting(1, 5, 0, &broken)});
    EXPECT_FALSE(list.up());
    EXPECT_EQ(states(list), "1 pending; ");
}

TEST_P(MigrationTest, HalfRevertedIsRefusedUntilItIsResumed) {
    bool broken = false;
    const auto list = migrator({counting(1, 5, 3, &broken)});
    ASSERT_TRUE(list.up());
    broken = true;
    EXPECT_FALSE(list.down());
    EXPECT_EQ(states(list), "1 half_reverted; ");
    expect_refused(list.up(), ErrorCode::conflict, "half_reverted", "was reverted by half");
    broken = false;
    EXPECT_EQ(*list.resume(), 1U);
    EXPECT_EQ(states(list), "1 pending; ");
    EXPECT_EQ(*db_.count(kv::prefix("counted")), 0U);
}

TEST_P(MigrationTest, HalfAppliedAndEditedSinceIsNotResumed) {
    bool broken = true;
    ASSERT_FALSE(migrator({counting(1, 5, 3, &broken)}).up());
    auto edited = counting(1, 5);
    edited.source = "v2";
    expect_refused(migrator({edited}).resume(), ErrorCode::invalid_config, "edited",
                   "was edited since it began");
    expect_refused(migrator({setting(2, "b")}).resume(), ErrorCode::invalid_config, "missing",
                   "is not in the list");
}

// Diesel B3.
TEST_P(MigrationTest, OneThatFailsInTheMiddleLeavesEverythingUnchanged) {
    const auto before = content();
    const auto failing =
        migrator({{1, "fails", "v1", kv::in_one_write([](kv::MigrationStep& step) -> Result<void> {
                       step.set("a", "1").set("b", "2");
                       return Error(ErrorCode::out_of_range, "no");
                   })}});
    EXPECT_EQ(failing.up().error().code(), ErrorCode::out_of_range);
    EXPECT_EQ(content(), before);
    EXPECT_EQ(states(failing), "1 pending; ");
}

// Diesel B3, of several: those before the one that fails stay.
TEST_P(MigrationTest, ThoseBeforeTheOneThatFailsStayApplied) {
    const auto list = migrator({setting(1, "a"),
                                {2, "fails", "v1", kv::in_one_write([](auto&) {
                                     return Result<void>(Error(ErrorCode::out_of_range, "no"));
                                 })},
                                setting(3, "c")});
    EXPECT_FALSE(list.up());
    EXPECT_EQ(states(list), "1 applied; 2 pending; 3 pending; ");
}

// Diesel B4.
TEST_P(MigrationTest, RevertAllThenApplyAllGivesTheSameContent) {
    const auto list = migrator({setting(1, "a"), counting(2, 3), setting(3, "c")});
    const auto empty = content();
    ASSERT_TRUE(list.up());
    auto first = content();
    ASSERT_THAT(*list.down(99), ElementsAre(3, 2, 1));
    ASSERT_TRUE(db_.remove("runs"));
    EXPECT_EQ(content(), empty);
    ASSERT_TRUE(list.up());
    EXPECT_EQ(content(), first);
}

// Diesel B5.
TEST_P(MigrationTest, AnOlderOneThatAppearsLateIsPendingAndIsApplied) {
    ASSERT_TRUE(migrator({setting(1, "a"), setting(3, "c")}).up());
    const auto list = migrator({setting(1, "a"), setting(2, "b"), setting(3, "c")});
    ASSERT_EQ(list.pending()->size(), 1U);
    EXPECT_EQ(list.pending()->front().version, 2U);
    EXPECT_THAT(*list.up(), ElementsAre(2));
    EXPECT_THAT(*list.down(2), ElementsAre(3, 2)) << "versions are reverted from the highest";
}

// Diesel: a missing down.sql is told before anything happens.
TEST_P(MigrationTest, OneWithoutDownIsRefusedBeforeAnythingIsReverted) {
    auto no_down = setting(1, "a");
    no_down.down.reset();
    const auto list = migrator({no_down, setting(2, "b")});
    ASSERT_TRUE(list.up());
    expect_refused(list.down(2), ErrorCode::unsupported, "applied", "migration 1 (a) has no down");
    EXPECT_EQ(states(list), "1 applied; 2 applied; ");
}

TEST_P(MigrationTest, AWrongListIsRefused) {
    const auto code = [&](std::vector<kv::Migration> list, kv::MigratorOptions options = {}) {
        const auto made = kv::Migrator::make(db_, std::move(list), std::move(options));
        return made ? "ok" : std::string(to_string(made.error().code()));
    };
    EXPECT_EQ(code({setting(1, "a"), setting(1, "b")}), "invalid_argument");
    EXPECT_EQ(code({setting(0, "a")}), "invalid_argument");
    EXPECT_EQ(code({setting(1, "")}), "invalid_argument");
    EXPECT_EQ(code({}, {.lease = std::chrono::milliseconds(0)}), "invalid_argument");
    EXPECT_EQ(code({setting(1, "a")}), "ok");
}

TEST_P(MigrationTest, OneThatDoesNotFitIntoOneWriteIsToldToUseBatches) {
    const std::size_t limit = db_.capabilities().limits.mutations;
    if (limit > 10'000) {
        return;  // tried on the engine with the lower limit
    }
    const auto list =
        migrator({{1, "large", "v1", kv::in_one_write([=](kv::MigrationStep& step) -> Result<void> {
                       for (std::size_t i = 0; i < limit; ++i) {
                           step.set({"large", i}, "x");
                       }
                       return {};
                   })}});
    const auto refused = list.up();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("in_batches"));
    EXPECT_EQ(states(list), "1 pending; ");
}

TEST_P(MigrationTest, AStepWhoseCheckFailsIsDoneAgainOnWhatIsThereNow) {
    ASSERT_TRUE(db_.set("source", "old"));
    int calls = 0;
    const auto list =
        migrator({{1, "copy", "v1", kv::in_one_write([&](kv::MigrationStep& step) -> Result<void> {
                       TURNTABLE_TRY(const auto entry, step.database().get("source"));
                       if (++calls == 1) {
                           EXPECT_TRUE(db_.set("source", "new"));  // somebody else
                       }
                       step.check("source", entry).set("copy", entry->value);
                       return {};
                   })}});
    ASSERT_TRUE(list.up());
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(*(*db_.get("copy"))->value.as_text(), "new");
}

TEST_P(MigrationTest, ListsInOtherPlacesAreOthers) {
    ASSERT_TRUE(migrator({setting(1, "a")}).up());
    EXPECT_THAT(*migrator({setting(1, "b", "x")}, {.place = kv::Key("tenant")}).up(),
                ElementsAre(1));
}

TEST_P(MigrationTest, ADamagedRecordIsNamed) {
    ASSERT_TRUE(migrator({setting(1, "a")}).up());
    ASSERT_TRUE(db_.set({"migrations", "applied", 1}, "?"));
    const auto refused = migrator({setting(1, "a")}).status();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("migrations/applied/1n"));
}

/// With a clock that the test moves.
class MigrationLeaseTest : public MigrationTest {
  protected:
    MigrationLeaseTest() {
        clock_ = std::make_shared<ManualClock>();
        db_ = open({.runtime = Runtime::create({.clock = clock_})});
    }
    std::shared_ptr<ManualClock> clock_;
};
INSTANTIATE_TEST_SUITE_P(Engines, MigrationLeaseTest, testing::ValuesIn(engine_urls), engine_name);

TEST_P(MigrationLeaseTest, OnlyOneMigratesAtATime) {
    std::string inner;
    const auto second = migrator({setting(1, "a")});
    const auto first =
        migrator({{1, "a", "v1", kv::in_one_write([&](kv::MigrationStep& step) -> Result<void> {
                       const auto refused = second.up();
                       inner = refused ? "ok" : refused.error().to_string();
                       EXPECT_TRUE(!refused && refused.error().code() == ErrorCode::busy &&
                                   refused.error().retry() == Retry::temporary);
                       step.set("a", "yes");
                       return {};
                   })}});
    ASSERT_TRUE(first.up());
    EXPECT_THAT(inner, HasSubstr("its lease ends in 30000 ms"));
    EXPECT_FALSE(*db_.get({"migrations", "lock"})) << "given back";
}

TEST_P(MigrationLeaseTest, WhoeverLosesTheLockWritesNothingMore) {
    const auto other = migrator({setting(1, "a")});
    int calls = 0;
    const auto slow =
        migrator({{1, "a", "v1", kv::in_one_write([&](kv::MigrationStep& step) -> Result<void> {
                       ++calls;
                       clock_->advance(std::chrono::seconds(31));
                       EXPECT_TRUE(other.up());  // takes over, and is done
                       step.set("a", "again").sum("runs", 1);
                       return {};
                   })}});
    const auto lost = slow.up();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), ErrorCode::conflict);
    EXPECT_THAT(lost.error().to_string(), HasSubstr("another process took over"));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(*(*db_.get("runs"))->value.as_u64(), 1U) << "applied once";
    EXPECT_EQ(*(*db_.get("a"))->value.as_text(), "yes");
}

TEST_P(MigrationLeaseTest, EachBatchRenewsTheLease) {
    const auto other = migrator({setting(1, "a")});
    const auto slow =
        migrator({{1, "a", "v1", kv::in_batches([&](kv::MigrationStep& step) -> Result<kv::Batch> {
                       clock_->advance(std::chrono::seconds(20));
                       EXPECT_EQ(other.up().error().code(), ErrorCode::busy);
                       step.set_progress(step.progress() + "x");
                       return step.progress().size() == 5 ? kv::Batch::last : kv::Batch::more;
                   })}});
    EXPECT_TRUE(slow.up()) << "100 seconds under a lease of 30";
}

TEST_P(MigrationLeaseTest, ALockLeftBehindIsTakenWhenItsLeaseEnds) {
    ASSERT_TRUE(db_.set(
        {"migrations", "lock"},
        kv::Value::js(kv::JsObject{{{"leaseEndsAtMs",
                                     static_cast<double>(
                                         clock_->wall_now().time_since_epoch().count() + 1000)}}})
            .value()));
    const auto list = migrator({setting(1, "a")});
    clock_->advance(std::chrono::milliseconds(999));
    EXPECT_EQ(list.up().error().code(), ErrorCode::busy);
    clock_->advance(std::chrono::milliseconds(1));
    EXPECT_TRUE(list.up());
}

}  // namespace
}  // namespace turntable::test
