// Seeded defects: each one must fail the case that is there for it.
#include "conformance/defects.hpp"

#include <gtest/gtest.h>

#include "conformance/reference_backend.hpp"
#include "turntable/conformance/run.hpp"

namespace {

using turntable::conformance_test::Defect;
using turntable::conformance_test::reference_subject;
namespace conformance = turntable::kv::conformance;

struct Row {
    Defect defect;
    const char* name;
    const char* caught_by;
};

constexpr Row rows[] = {
#define TURNTABLE_DEFECT(name, caught_by) {Defect::name, #name, caught_by},
#include "conformance/defects.inc"
#undef TURNTABLE_DEFECT
};
static_assert(std::size(rows) >= 25);

void PrintTo(const Row& row, std::ostream* stream) { *stream << row.name; }

class SeededDefect : public testing::TestWithParam<Row> {};

TEST_P(SeededDefect, IsCaught) {
    const Row& row = GetParam();
    conformance::Options options;
    options.filter = row.caught_by;
    // Some defects make a call hang; that is a failure too, and need not take long to see here.
    options.patience = std::chrono::milliseconds(400);
    const auto report = conformance::run_conformance(reference_subject(row.defect), options);
    ASSERT_EQ(report.outcomes.size(), 1U) << "no case is called " << row.caught_by;
    EXPECT_EQ(report.outcomes[0].status, conformance::Status::failed)
        << conformance::to_text(report.outcomes[0]);
}

INSTANTIATE_TEST_SUITE_P(Conformance, SeededDefect, testing::ValuesIn(rows),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
