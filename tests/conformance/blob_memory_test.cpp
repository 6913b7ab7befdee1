// `memory:`, `memory:NAME`, and backends over them keep every promise of the blob contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/blob_backends.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/blob/gtest.hpp"

namespace {

using turntable::Runtime;
using turntable::conformance_test::open_blob_memory;
using turntable::conformance_test::RequiredOnly;
namespace blob = turntable::blob;
namespace conformance = turntable::blob::conformance;

const auto as_it_is = [](blob::MemoryBackend memory) { return memory; };

conformance::Subject private_memory() {
    return {.name = "memory:", .open_fresh = open_blob_memory(as_it_is)};
}

conformance::Subject named_memory() {
    const auto count = std::make_shared<int>(0);
    return conformance::placed_subject(
        "memory:NAME", [count] { return "conformance" + std::to_string(++*count); },
        [](const std::string& place, const std::shared_ptr<Runtime>& runtime) {
            return open_blob_memory(as_it_is, {.name = place})(runtime);
        });
}

conformance::Subject required_only() {
    return {.name = "required calls only",
            .open_fresh = open_blob_memory(
                [](blob::MemoryBackend memory) { return RequiredOnly(std::move(memory)); })};
}

TURNTABLE_BLOB_CONFORMANCE_TEST(BlobMemory, turntable::test::less_when_sanitized(private_memory));
TURNTABLE_BLOB_CONFORMANCE_TEST(BlobNamedMemory,
                                turntable::test::less_when_sanitized(named_memory));
TURNTABLE_BLOB_CONFORMANCE_TEST(BlobRequiredOnly,
                                turntable::test::less_when_sanitized(required_only));

/// Declares nothing that it need not.
class Weak : public RequiredOnly {
  public:
    Weak(blob::MemoryBackend inside, bool read_only)
        : RequiredOnly(std::move(inside)), read_only_(read_only) {}
    blob::Capabilities capabilities() const {
        return {.read_only = read_only_,
                .atomic_write = false,
                .exclusive_create = false,
                .write_if_match = false,
                .append = false,
                .atomic_append = false,
                .remove_if_match = false,
                .etag = false,
                .modified = false,
                .content_type = false,
                .user_metadata = false,
                .read_one_version = false,
                .atomic_rename = false,
                .exclusive_copy = false,
                .list_order = blob::ListOrder::none};
    }

  private:
    bool read_only_;
};

conformance::Report run_over_weak(bool read_only) {
    conformance::Subject subject;
    subject.name = "weak";
    subject.open_fresh = open_blob_memory(
        [=](blob::MemoryBackend memory) { return Weak(std::move(memory), read_only); });
    conformance::Options options;
    options.race_rounds = 5;
    return conformance::run_conformance(subject, options);
}

TEST(BlobConformanceSuite, WhatIsNotDeclaredIsNotApplicableWithTheReason) {
    const auto report = run_over_weak(false);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    EXPECT_THAT(conformance::to_json(report), testing::HasSubstr("needs exclusive_create"));
    EXPECT_THAT(conformance::to_json(report), testing::HasSubstr("needs atomic_write"));
}

TEST(BlobConformanceSuite, AReadOnlyStoreIsCertifiedByWhatItRefuses) {
    const auto report = run_over_weak(true);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    EXPECT_THAT(conformance::to_json(report),
                testing::HasSubstr(R"("name":"read_only.is_refused","status":"passed")"));
}

TEST(BlobConformanceSuite, NamesEachCaseOnceWithASentence) {
    std::set<std::string_view> names;
    for (const conformance::Case& one : conformance::all_cases()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_THAT(std::string(one.promise), testing::EndsWith(".")) << one.name;
    }
    EXPECT_GE(names.size(), 100U);
}

TEST(BlobConformanceSuite, WhatIsDeclaredAndCannotBeTriedIsNotCertified) {
    conformance::Subject subject = named_memory();
    subject.reopen = nullptr;
    conformance::Options options;
    options.filter = "stat.root";
    const auto report = conformance::run_conformance(subject, options);
    ASSERT_EQ(report.outcomes.size(), 1U);
    EXPECT_EQ(report.outcomes[0].status, conformance::Status::failed);
    EXPECT_EQ(report.outcomes[0].expected, "a Subject::reopen to try it with");
}

TEST(BlobConformanceSuite, AWipedSubjectBeginsEmpty) {
    const auto open = open_blob_memory(as_it_is, {.name = "conformance_wiped"});
    const auto runtime = Runtime::create();
    blob::AnyBackend kept = *open(runtime);
    ASSERT_TRUE(kept.write({}, "left/behind", "x", {}).wait().has_value());
    conformance::Options options;
    options.filter = "list.root";
    conformance::Subject subject = conformance::wiped_subject("wiped", open);
    subject.reopen = open;
    const auto report = conformance::run_conformance(subject, options);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
}

TEST(BlobConformanceSuite, SmallLimitsAreTriedOnBothSides) {
    conformance::Subject subject;
    subject.name = "small";
    subject.open_fresh = open_blob_memory(as_it_is, {.limits = {.path_bytes_max = 100,
                                                                .segment_bytes_max = 30,
                                                                .user_metadata_bytes_max = 50,
                                                                .blob_bytes_max = 1000}});
    conformance::Options options;
    options.filter = "limit.";
    const auto report = conformance::run_conformance(subject, options);
    EXPECT_EQ(report.count(conformance::Status::passed), 4U) << conformance::to_json(report);
}

}  // namespace
