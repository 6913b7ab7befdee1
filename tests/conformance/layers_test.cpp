// Every layer alone, and stacks of many, keep the promises that their capabilities declare.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "conformance/memory_subject.hpp"
#include "support/layer_stack.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/report.hpp"
#include "turntable/conformance/run.hpp"
#include "turntable/kv/mounts.hpp"

namespace {

using turntable::conformance_test::open_memory;
namespace conformance = turntable::kv::conformance;
namespace kv = turntable::kv;

struct Layers {
    const char* name;
    std::vector<std::string> layers;
};
void PrintTo(const Layers& row, std::ostream* stream) { *stream << row.name; }

// Delays of zero still make every answer pending; the suite moves the clock, so longer ones would
// wait for it.
const Layers layer_rows[] = {
    {"Cache", {"cache?ttl=1h"}},
    {"Chaos", {"chaos?seed=7&delays=0.5&max_delay=0"}},
    {"Check", {"check"}},
    {"Concurrency", {"concurrency?limit=2"}},
    {"Logging", {"logging"}},
    {"Metrics", {"metrics"}},
    {"Prefix", {"prefix?parts=tenants/7"}},
    {"ReadOnly", {"read_only"}},
    {"Retry", {"retry"}},
    {"Throttle", {"throttle?operations=1000000000&operations_burst=1000000000"}},
    {"Timeout", {"timeout?read=1d&write=1d&health=1d"}},
    {"RetryOverChaos",
     {"retry?max_attempts=100&base_delay=0&max_delay=0",
      "chaos?seed=11&read_errors=0.1&write_errors=0.1&queue_errors=0.1&torn_streams=0.1&delays=0.1&"
      "max_delay=0"}},
    {"AllOfThem", turntable::test::tall_stack()},
    {"CacheOnTop",
     {"cache?ttl=1h", "retry?base_delay=0&max_delay=0&max_attempts=100",
      "chaos?seed=3&read_errors=0.05&write_errors=0.05&delays=0.2"}},
};

class Layer : public testing::TestWithParam<Layers> {};

TEST_P(Layer, KeepsWhatItsCapabilitiesPromise) {
    const conformance::Subject subject{
        .name = GetParam().name,
        .open_fresh = turntable::test::stacked(open_memory(), GetParam().layers)};
    conformance::Options options;
    options.model_rounds = 5;
    turntable::test::try_less_when_sanitized(options);
    const auto report = conformance::run_conformance(subject, options);
    for (const conformance::Outcome& outcome : report.outcomes) {
        EXPECT_NE(outcome.status, conformance::Status::failed) << conformance::to_text(outcome);
    }
    EXPECT_TRUE(report.certified());
}

INSTANTIATE_TEST_SUITE_P(Conformance, Layer, testing::ValuesIn(layer_rows),
                         [](const auto& info) { return std::string(info.param.name); });

// The suite writes keys that begin with many texts and numbers; what begins with "never" belongs to
// another store, so every range over all keys goes over both.
TEST(Mounts, KeepWhatTheirCapabilitiesPromise) {
    const conformance::Subject subject{
        .name = "mounts", .open_fresh = [](const auto& runtime) {
            std::vector<kv::Mount> mounts;
            mounts.push_back({"never", kv::MemoryBackend({.runtime = runtime}), "never"});
            auto made = kv::MountedBackend::make(kv::MemoryBackend({.runtime = runtime}),
                                                 std::move(mounts), runtime);
            return turntable::Result<kv::AnyBackend>(kv::AnyBackend(std::move(made).value()));
        }};
    conformance::Options options;
    options.model_rounds = 5;
    turntable::test::try_less_when_sanitized(options);
    const auto report = conformance::run_conformance(subject, options);
    for (const conformance::Outcome& outcome : report.outcomes) {
        EXPECT_NE(outcome.status, conformance::Status::failed) << conformance::to_text(outcome);
    }
    EXPECT_TRUE(report.certified());
}

}  // namespace
