#include "support/better_than_deno.hpp"

#include "support/chaos.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {
namespace {

/// A store whose folder goes with it.
class InOwnFolder : public Layer<AnyBackend> {
  public:
    InOwnFolder(AnyBackend inner, std::shared_ptr<const void> folder)
        : Layer(std::move(inner)), folder_(std::move(folder)) {}

  private:
    std::shared_ptr<const void> folder_;
};

INSTANTIATE_TEST_SUITE_P(
    Lmdb, BetterThanDeno,
    testing::Values(EngineUnderTest{
        "lmdb",
        [](const std::shared_ptr<Runtime>& runtime, const std::string& query) -> Result<Database> {
            Registry registry;
            TURNTABLE_CHECK(register_lmdb(registry));
            TURNTABLE_CHECK(register_layers(registry));
            const auto folder = std::make_shared<test::TempFolder>();
            TURNTABLE_TRY(const Database db, registry.open("lmdb:" + folder->file("a") + query,
                                                           test::in_chaos({.runtime = runtime})));
            return Database(AnyBackend(InOwnFolder(std::move(db.backend()), folder)), runtime);
        }}),
    [](const testing::TestParamInfo<EngineUnderTest>& engine) { return engine.param.name; });

}  // namespace
}  // namespace turntable::inline v0::kv
