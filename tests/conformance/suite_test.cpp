// The suite itself: it certifies the reference, tells what does not apply, and reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/reference_backend.hpp"
#include "turntable/conformance/command.hpp"
#include "turntable/conformance/gtest.hpp"
#include "turntable/kv/key.hpp"

namespace {

using turntable::Result;
using turntable::Runtime;
using turntable::conformance_test::Defect;
using turntable::conformance_test::reference_subject;
namespace conformance = turntable::kv::conformance;
namespace kv = turntable::kv;
using conformance::Status;
using testing::HasSubstr;

TURNTABLE_CONFORMANCE_TEST(ReferenceConformance, [] { return reference_subject(); });

TEST(ConformanceSuite, NamesEachCaseOnceWithASentence) {
    std::set<std::string_view> names;
    for (const conformance::Case& one : conformance::all_cases()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_THAT(std::string(one.promise), testing::EndsWith(".")) << one.name;
    }
    EXPECT_GE(names.size(), 80U);
}

TEST(ConformanceSuite, AFailureTellsWhatWasExpectedAndTheCallsBefore) {
    conformance::Options options;
    options.filter = "range.bounds";
    options.seed = 42;
    const auto report =
        conformance::run_conformance(reference_subject(Defect::range_holds_its_end), options);
    ASSERT_EQ(report.outcomes.size(), 1U);
    const conformance::Outcome& outcome = report.outcomes[0];
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_FALSE(report.certified());
    const std::string text = conformance::to_text(outcome);
    EXPECT_THAT(text, HasSubstr("FAILED  range.bounds_limit_and_reverse"));
    EXPECT_THAT(text, HasSubstr("expected: 0 entries []"));
    EXPECT_THAT(text, HasSubstr("got:      1 entries [b="));
    EXPECT_THAT(text, HasSubstr("order.cpp:"));
    EXPECT_THAT(text, HasSubstr("seed 42"));
    EXPECT_THAT(text, HasSubstr("db: atomic_write set d="));
    EXPECT_THAT(conformance::summary(report),
                testing::StartsWith("reference: 0 passed, 1 failed, 0 not applicable"));
    EXPECT_THAT(conformance::to_json(report), HasSubstr("\"status\":\"failed\""));
}

TEST(ConformanceSuite, ARandomHistoryThatFailsIsShrunkAndRepeatable) {
    conformance::Options options;
    options.filter = "model.";
    const auto subject = reference_subject(Defect::delete_range_one_too_many);
    const auto first = conformance::run_conformance(subject, options);
    const auto second = conformance::run_conformance(subject, options);
    ASSERT_EQ(first.outcomes.at(0).status, Status::failed);
    const std::string& reason = first.outcomes[0].reason;
    EXPECT_EQ(reason, second.outcomes.at(0).reason);
    EXPECT_THAT(reason, HasSubstr("of seed 1:"));
    EXPECT_THAT(reason, HasSubstr("delete_range"));
    EXPECT_THAT(reason, testing::Not(HasSubstr("\n        5. "))) << "too long";
}

/// A backend that declares less.
class Weak {
  public:
    Weak(kv::AnyBackend inside, bool read_only)
        : inside_(std::move(inside)), read_only_(read_only) {}
    kv::Capabilities capabilities() const {
        kv::Capabilities can = inside_.capabilities();
        can.queue = can.watch_keys = can.watch_ranges = can.reopen = can.set_expiry = false;
        can.snapshots = can.delete_range = can.expiry_times = false;
        can.watch_others_within = {};
        can.read_only = read_only_;
        return can;
    }
    turntable::Async<kv::ReadOutput> snapshot_read(const turntable::Context& context,
                                                   std::span<const kv::ReadRange> ranges,
                                                   const kv::ReadOptions& options) {
        return inside_.snapshot_read(context, ranges, options);
    }
    turntable::Async<kv::CommitResult> atomic_write(const turntable::Context& context,
                                                    const kv::AtomicWrite& write) {
        if (read_only_) {
            return turntable::Error(turntable::ErrorCode::permission_denied, "read-only");
        }
        const bool asks_too_much =
            !write.enqueues.empty() ||
            std::any_of(write.mutations.begin(), write.mutations.end(),
                        [](const auto& one) { return one.kind == kv::MutationKind::set_expiry; });
        if (asks_too_much) {
            return kv::detail::unsupported_call("this");
        }
        return inside_.atomic_write(context, write);
    }
    Result<turntable::Stream<kv::WatchOutput>> watch(const turntable::Context&,
                                                     std::span<const kv::WatchTarget>) {
        return kv::detail::unsupported_call("watch");
    }
    turntable::Async<kv::QueueMessage> queue_take(const turntable::Context&) {
        return kv::detail::unsupported_call("queue_take");
    }
    turntable::Async<void> queue_finish(const turntable::Context&, std::string_view, kv::Delivery) {
        return kv::detail::unsupported_call("queue_finish");
    }
    turntable::Async<void> queue_extend(const turntable::Context&, std::string_view) {
        return kv::detail::unsupported_call("queue_extend");
    }
    turntable::Async<turntable::Health> health(const turntable::Context& context) {
        return inside_.health(context);
    }
    turntable::Async<void> close(const turntable::Context& context) {
        return inside_.close(context);
    }

  private:
    kv::AnyBackend inside_;
    bool read_only_;
};

conformance::Subject weak_subject(bool read_only) {
    conformance::Subject subject = reference_subject();
    subject.open_fresh = [=, open = subject.open_fresh](
                             const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        return kv::AnyBackend(Weak(*open(runtime), read_only));
    };
    subject.reopen = subject.open_second = nullptr;
    return subject;
}

TEST(ConformanceSuite, ABackendThatDeclaresLessPassesWithTheReasonForEachCaseLeftOut) {
    const auto report = conformance::run_conformance(weak_subject(false));
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    std::set<std::string> reasons;
    for (const auto& outcome : report.outcomes) {
        if (outcome.status == Status::not_applicable) {
            reasons.insert(outcome.reason);
        }
    }
    EXPECT_THAT(reasons, testing::IsSupersetOf({"needs queue", "needs watch_keys", "needs reopen",
                                                "needs second_handle", "needs read_only",
                                                "needs snapshots", "needs set_expiry"}));
}

TEST(ConformanceSuite, AReadOnlyBackendIsTriedForWhatItMustRefuse) {
    const auto report = conformance::run_conformance(weak_subject(true));
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    const auto refused = conformance::run_conformance(weak_subject(true), {.filter = "read_only."});
    EXPECT_EQ(refused.count(Status::passed), 1U);
}

TEST(ConformanceSuite, ABackendThatDeclaresMoreThanItHasFails) {
    conformance::Subject subject = reference_subject();
    subject.reopen = nullptr;
    const auto report = conformance::run_conformance(subject, {.filter = "order."});
    EXPECT_FALSE(report.certified());
    EXPECT_THAT(report.outcomes.at(0).reason, HasSubstr("declare reopen"));
}

TEST(ConformanceSuite, AnEngineWithItsOwnClockIsTriedWithoutJumpsInTime) {
    conformance::Subject subject = reference_subject();
    subject.controllable_clock = false;
    conformance::Options options;
    options.filter = "watch.";
    const auto report = conformance::run_conformance(subject, options);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    options.filter = "expiry.";
    const auto expiry = conformance::run_conformance(subject, options);
    EXPECT_EQ(expiry.count(Status::not_applicable), expiry.outcomes.size());
}

class ConformCommand : public testing::Test {
  protected:
    ConformCommand() {
        options_.run.filter = "check.";
        options_.controllable_clock = false;  // the one database keeps the clock it began with
        const auto subject = reference_subject();
        // One database for all: like a file that a URL names.
        open_ = [this, subject](const std::shared_ptr<Runtime>& runtime) {
            if (!opened_) {
                opened_ = true;
                (void)*subject.open_fresh(Runtime::create());
            }
            return subject.open_second(runtime);
        };
    }
    int run() {
        output_.clear();
        return conformance::conform("test:", open_, options_,
                                    [this](std::string_view text) { output_ += text; });
    }
    bool opened_ = false;
    conformance::Subject::Open open_;
    conformance::CommandOptions options_;
    std::string output_;
};

TEST_F(ConformCommand, CertifiesWhatAUrlNames) {
    EXPECT_EQ(run(), conformance::exit_certified);
    EXPECT_THAT(output_, HasSubstr("passed  check.match_and_mismatch"));
    EXPECT_THAT(output_,
                testing::EndsWith("test:: 4 passed, 0 failed, 0 not applicable, seed 1\n"));
    options_.json = true;
    EXPECT_EQ(run(), conformance::exit_certified);
    EXPECT_THAT(output_, testing::StartsWith("{\"subject\":\"test:\",\"seed\":1,\"passed\":4,"));
    EXPECT_THAT(output_, testing::EndsWith("]}\n"));
}

TEST_F(ConformCommand, LeavesADatabaseThatHoldsSomethingAlone) {
    auto backend = *open_(Runtime::create());
    const std::string name = kv::Key("precious").encoded().to_string();
    const kv::Mutation mutation{kv::MutationKind::set, name, "data"};
    ASSERT_TRUE(backend.atomic_write({}, {.mutations = std::span(&mutation, 1)}).wait());
    EXPECT_EQ(run(), conformance::exit_unusable);
    EXPECT_THAT(output_, HasSubstr("--erase"));
    EXPECT_TRUE(*backend.get({}, name).wait());
    options_.erase = true;
    EXPECT_EQ(run(), conformance::exit_certified);
    EXPECT_FALSE(*backend.get({}, name).wait());
}

TEST_F(ConformCommand, SaysWhyItCannotOpen) {
    open_ = [](const std::shared_ptr<Runtime>&) -> Result<kv::AnyBackend> {
        return turntable::Error(turntable::ErrorCode::io, "no such disk");
    };
    EXPECT_EQ(run(), conformance::exit_unusable);
    EXPECT_THAT(output_, HasSubstr("no such disk"));
}

TEST_F(ConformCommand, ListsItsCases) {
    options_.list = true;
    EXPECT_EQ(run(), conformance::exit_certified);
    EXPECT_THAT(output_, HasSubstr("queue.delivers_once: "));
    EXPECT_THAT(output_, HasSubstr("Needs writes, queue\n"));
}

}  // namespace
