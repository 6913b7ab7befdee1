// `memory:` and `memory:NAME` keep every promise of the contract.
#include "turntable/kv/memory.hpp"
#include "support/sanitized.hpp"

#include <gtest/gtest.h>

#include "conformance/memory_subject.hpp"
#include "turntable/conformance/gtest.hpp"

namespace {

using turntable::Runtime;
using turntable::conformance_test::open_memory;
namespace conformance = turntable::kv::conformance;
namespace kv = turntable::kv;

conformance::Subject private_memory() { return {.name = "memory:", .open_fresh = open_memory()}; }

// A name for each database: a handle that a failed case left behind must not keep the next one's
// data alive.
conformance::Subject named_memory() {
    const auto count = std::make_shared<int>(0);
    const auto open = [count](const std::shared_ptr<Runtime>& runtime) {
        return open_memory({.name = "conformance" + std::to_string(*count)})(runtime);
    };
    return {.name = "memory:NAME",
            .open_fresh =
                [=](const std::shared_ptr<Runtime>& runtime) {
                    ++*count;
                    return open(runtime);
                },
            .open_second = open};
}

// Limits that are small enough to be tried from both sides, all of them.
conformance::Subject memory_with_the_limits_of_deno() {
    return {.name = "memory: with the limits of Deno",
            .open_fresh = open_memory({.limits = kv::deno_limits()})};
}

TURNTABLE_CONFORMANCE_TEST(Memory, turntable::test::less_when_sanitized(private_memory));
TURNTABLE_CONFORMANCE_TEST(NamedMemory, turntable::test::less_when_sanitized(named_memory));

TEST(MemoryLimits, HoldOnBothSidesAsDenoHasThem) {
    conformance::Options options;
    options.filter = "limit.";
    const auto report = conformance::run_conformance(memory_with_the_limits_of_deno(), options);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
}

}  // namespace
