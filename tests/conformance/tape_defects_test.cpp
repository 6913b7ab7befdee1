// Seeded defects: each one must fail the case that is there for it.
#include <gtest/gtest.h>

#include "conformance/tape_faulty.hpp"
#include "turntable/conformance/tape/run.hpp"

namespace {

using turntable::conformance_test::faulty_tape_subject;
using turntable::conformance_test::TapeDefect;
namespace conformance = turntable::tape::conformance;

struct Row {
    TapeDefect defect;
    const char* name;
    const char* caught_by;
};

constexpr Row rows[] = {
#define TURNTABLE_TAPE_DEFECT(name, caught_by) {TapeDefect::name, #name, caught_by},
#include "conformance/tape_defects.inc"
#undef TURNTABLE_TAPE_DEFECT
};
static_assert(std::size(rows) >= 20);

void PrintTo(const Row& row, std::ostream* stream) { *stream << row.name; }

class SeededTapeDefect : public testing::TestWithParam<Row> {};

TEST_P(SeededTapeDefect, IsCaught) {
    const Row& row = GetParam();
    conformance::Options options;
    for (const conformance::Case& one : conformance::all_cases()) {
        if (one.name == row.caught_by) {
            const auto sound =
                conformance::run_case(one, faulty_tape_subject(TapeDefect::none), options);
            EXPECT_EQ(sound.status, conformance::Status::passed) << conformance::to_text(sound);
            const auto caught =
                conformance::run_case(one, faulty_tape_subject(row.defect), options);
            EXPECT_EQ(caught.status, conformance::Status::failed) << conformance::to_text(caught);
            return;
        }
    }
    FAIL() << "no case is called " << row.caught_by;
}

INSTANTIATE_TEST_SUITE_P(TapeConformance, SeededTapeDefect, testing::ValuesIn(rows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(TapeConformanceSuite, AFailureTellsWhatWasExpectedAndTheCallsBefore) {
    conformance::Options options;
    options.filter = "delete.nothing";
    options.seed = 42;
    const auto report = conformance::run_conformance(
        faulty_tape_subject(TapeDefect::delete_absent_is_fine), options);
    ASSERT_EQ(report.outcomes.size(), 1U);
    const std::string text = conformance::to_text(report.outcomes[0]);
    EXPECT_NE(text.find("FAILED  delete.nothing"), std::string::npos) << text;
    EXPECT_NE(text.find("expected: the error not_found\n    got:      success"), std::string::npos)
        << text;
    EXPECT_NE(text.find("label.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("tapes: delete_tape \"t1\" -> fine"), std::string::npos) << text;
}

}  // namespace
