// Seeded defects: each one must fail the case that is there for it.
#include <gtest/gtest.h>

#include "conformance/blob_faulty.hpp"
#include "turntable/conformance/blob/run.hpp"

namespace {

using turntable::conformance_test::BlobDefect;
using turntable::conformance_test::faulty_blob_subject;
namespace conformance = turntable::blob::conformance;

struct Row {
    BlobDefect defect;
    const char* name;
    const char* caught_by;
};

constexpr Row rows[] = {
#define TURNTABLE_BLOB_DEFECT(name, caught_by) {BlobDefect::name, #name, caught_by},
#include "conformance/blob_defects.inc"
#undef TURNTABLE_BLOB_DEFECT
};
static_assert(std::size(rows) >= 25);

void PrintTo(const Row& row, std::ostream* stream) { *stream << row.name; }

class SeededBlobDefect : public testing::TestWithParam<Row> {};

TEST_P(SeededBlobDefect, IsCaught) {
    const Row& row = GetParam();
    conformance::Options options;
    options.patience = std::chrono::milliseconds(400);
    for (const conformance::Case& one : conformance::all_cases()) {
        if (one.name == row.caught_by) {
            const auto sound =
                conformance::run_case(one, faulty_blob_subject(BlobDefect::none), options);
            EXPECT_EQ(sound.status, conformance::Status::passed) << conformance::to_text(sound);
            const auto caught =
                conformance::run_case(one, faulty_blob_subject(row.defect), options);
            EXPECT_EQ(caught.status, conformance::Status::failed) << conformance::to_text(caught);
            return;
        }
    }
    FAIL() << "no case is called " << row.caught_by;
}

INSTANTIATE_TEST_SUITE_P(BlobConformance, SeededBlobDefect, testing::ValuesIn(rows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(BlobConformanceSuite, AFailureTellsWhatWasExpectedAndTheCallsBefore) {
    conformance::Options options;
    options.filter = "read.suffix_of_zero";
    options.seed = 42;
    const auto report =
        conformance::run_conformance(faulty_blob_subject(BlobDefect::suffix_zero_is_all), options);
    ASSERT_EQ(report.outcomes.size(), 1U);
    const std::string text = conformance::to_text(report.outcomes[0]);
    EXPECT_NE(text.find("FAILED  read.suffix_of_zero"), std::string::npos) << text;
    EXPECT_NE(text.find("expected: \"\"\n    got:      \"short\""), std::string::npos) << text;
    EXPECT_NE(text.find("read.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("store: write \"file\" \"short\" -> file of 5 bytes"), std::string::npos)
        << text;
}

}  // namespace
