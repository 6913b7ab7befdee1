#include "support/better_than_deno.hpp"

#include "support/chaos.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Memory, BetterThanDeno,
    testing::Values(EngineUnderTest{
        "memory",
        [](const std::shared_ptr<Runtime>& runtime, const std::string& query) -> Result<Database> {
            Registry registry;
            TURNTABLE_CHECK(register_memory(registry));
            TURNTABLE_CHECK(register_layers(registry));
            return registry.open("memory:" + query, test::in_chaos({.runtime = runtime}));
        }}),
    [](const testing::TestParamInfo<EngineUnderTest>& engine) { return engine.param.name; });

}  // namespace
}  // namespace turntable::inline v0::kv
