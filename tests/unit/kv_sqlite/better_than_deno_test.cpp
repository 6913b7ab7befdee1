#include "support/better_than_deno.hpp"

#include <filesystem>
#include <system_error>

#include "support/chaos.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"

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

std::shared_ptr<const std::filesystem::path> own_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "turntable-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        return nullptr;
    }
    return {new std::filesystem::path(pattern), [](const std::filesystem::path* path) {
                std::error_code ignored;
                std::filesystem::remove_all(*path, ignored);
                delete path;
            }};
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite, BetterThanDeno,
    testing::Values(EngineUnderTest{
        "sqlite",
        [](const std::shared_ptr<Runtime>& runtime, const std::string& query) -> Result<Database> {
            Registry registry;
            TURNTABLE_CHECK(register_sqlite(registry));
            TURNTABLE_CHECK(register_layers(registry));
            const auto folder = own_folder();
            TURNTABLE_TRY(const Database db,
                          registry.open("sqlite:" + (*folder / "a.db").string() + query,
                                        test::in_chaos({.runtime = runtime})));
            return Database(AnyBackend(InOwnFolder(std::move(db.backend()), folder)), runtime);
        }}),
    [](const testing::TestParamInfo<EngineUnderTest>& engine) { return engine.param.name; });

}  // namespace
}  // namespace turntable::inline v0::kv
