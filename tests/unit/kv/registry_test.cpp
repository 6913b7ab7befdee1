#include "turntable/kv/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/map_backend.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/serialized_backend.hpp"

namespace turntable::inline v0::kv {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<void> register_maps(Registry& registry, std::string prefix) {
    BackendInfo info;
    info.prefix = std::move(prefix);
    info.name = "map";
    return registry.add(
        std::move(info),
        [](const ProviderConfig&, const OpenOptions& options) -> Result<AnyBackend> {
            EXPECT_NE(options.runtime, nullptr);
            return AnyBackend(test::MapBackend());
        });
}

TEST(KvRegistry, OpensADatabaseThatNamesItsUrlWithoutSecrets) {
    Registry registry;
    ASSERT_TRUE(register_maps(registry, "map"));
    const auto db = open(registry, "map:x?token=secret");
    ASSERT_TRUE(db) << db.error().to_string();
    EXPECT_TRUE(db->set("k", "v"));
    EXPECT_EQ(db->url(), "map:x?token=***");
    EXPECT_THAT(db->get(Key()).error().to_string(), Not(HasSubstr("secret")));
}

TEST(KvRegistry, GivesTheRuntimeThatTheCallerNamed) {
    Registry registry;
    ASSERT_TRUE(register_maps(registry, "map"));
    const auto runtime = Runtime::create();
    EXPECT_EQ(&registry.open("map:", {.runtime = runtime})->runtime(), runtime.get());
    EXPECT_EQ(&registry.open("map:")->runtime(), Runtime::shared().get());
}

TEST(KvRegistry, RefusesALayerThatNobodyKnows) {
    Registry registry;
    ASSERT_TRUE(register_maps(registry, "map"));
    ProviderConfig config = ProviderConfig::from_map("map", {});
    config.layers = {"cashe"};
    const auto db = registry.open(config);
    ASSERT_FALSE(db);
    EXPECT_EQ(db.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(db.error().to_string(), HasSubstr("cashe"));
}

TEST(KvRegistry, OpensNamedStoresThatACallerLooksUp) {
    Registry registry;
    ASSERT_TRUE(register_maps(registry, "map"));
    const NamedStores stores = [](std::string_view name) -> Result<ProviderConfig> {
        if (name == "app") {
            return ProviderConfig::from_url("map:app");
        }
        return Error(ErrorCode::not_found, "there is no store of this name");
    };
    EXPECT_EQ(open(registry, "@app", stores)->url(), "map:app");
    EXPECT_EQ(open(registry, "@other", stores).error().code(), ErrorCode::not_found);
    EXPECT_EQ(open(registry, "@app").error().code(), ErrorCode::invalid_config);
    EXPECT_TRUE(open(registry, "map:plain", stores));
}

/// Notices when two of its calls overlap.
class SingleThreaded : public Layer<test::MapBackend> {
  public:
    explicit SingleThreaded(std::shared_ptr<std::atomic<int>> overlaps)
        : Layer(test::MapBackend()), overlaps_(std::move(overlaps)) {}
    Capabilities capabilities() const {
        Capabilities out = inner().capabilities();
        out.threading = Threading::serialized;
        return out;
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        const Inside guard(*this);
        return inner().atomic_write(context, write);
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        const Inside guard(*this);
        return backend_get(inner(), context, key);
    }

  private:
    struct Inside {
        explicit Inside(SingleThreaded& backend) : backend_(backend) {
            if (++*backend_.inside_ > 1) {
                ++*backend_.overlaps_;
            }
            std::this_thread::yield();
        }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside() { --*backend_.inside_; }
        SingleThreaded& backend_;
    };
    std::shared_ptr<std::atomic<int>> overlaps_;
    std::shared_ptr<std::atomic<int>> inside_ = std::make_shared<std::atomic<int>>(0);
};

TEST(KvRegistry, SerializesTheCallsOfABackendThatAsksForIt) {
    auto overlaps = std::make_shared<std::atomic<int>>(0);
    Registry registry;
    BackendInfo info;
    info.prefix = "single";
    info.name = "single";
    ASSERT_TRUE(registry.add(info, [&](const ProviderConfig&, const OpenOptions&) {
        return Result<AnyBackend>(AnyBackend(SingleThreaded(overlaps)));
    }));
    const auto db = registry.open("single:");
    ASSERT_TRUE(db);
    EXPECT_EQ(db->capabilities().threading, Threading::concurrent);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 200; ++j) {
                EXPECT_TRUE(db->set("k", "v"));
                EXPECT_TRUE(db->get("k"));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(*overlaps, 0);
}

EnvironmentLookup environment(Environment variables) { return lookup_in(std::move(variables)); }

TEST(KvRegistry, MemoryIsPrivateOrSharedByName) {
    const Registry registry = Registry::from_environment(environment({}));
    const auto first = registry.open("memory:registry-test");
    const auto second = registry.open("memory:registry-test");
    const auto other = registry.open("memory:");
    const auto plain = registry.open(":memory:");
    ASSERT_TRUE(first && second && other && plain);
    ASSERT_TRUE(first->set("k", "v"));
    EXPECT_TRUE(*second->get("k"));
    EXPECT_FALSE(*other->get("k"));
    ASSERT_TRUE(plain->set("k", "v"));
    EXPECT_FALSE(*registry.open(":memory:")->get("k"));
}

TEST(KvRegistry, MemorySettingsAreChecked) {
    const Registry registry = Registry::from_environment(environment({}));
    const auto typed = registry.open("memory:?profil=deno");
    ASSERT_FALSE(typed);
    EXPECT_EQ(typed.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(typed.error().to_string(), HasSubstr("profile"));
    EXPECT_EQ(registry.open("memory:?profile=deno")->capabilities().limits, deno_limits());
    EXPECT_EQ(registry.open("memory:")->capabilities().limits, Limits());
}

TEST(KvRegistry, TheDefaultComesFromTheEnvironmentOnce) {
    const Registry first = Registry::from_environment(
        environment({{"TURNTABLE_KV", "memory:a"}, {"DENO_KV_PATH", "memory:b"}}));
    EXPECT_EQ(first.open("")->url(), "memory:a");
    const Registry second = Registry::from_environment(environment({{"DENO_KV_PATH", "memory:b"}}));
    EXPECT_EQ(second.open("")->url(), "memory:b");
    const Registry none = Registry::from_environment(environment({}));
    EXPECT_EQ(none.open("").error().code(), ErrorCode::invalid_config);
}

Result<void> register_fake_sqlite(Registry& registry) {
    TURNTABLE_CHECK(register_maps(registry, "sqlite:"));
    BackendInfo info;
    info.name = "map";
    return registry.add(std::move(info), [](const ProviderConfig&, const OpenOptions&) {
        return Result<AnyBackend>(AnyBackend(test::MapBackend()));
    });
}

struct Opening {
    const char* url;
    std::optional<ErrorCode> error;
    const char* says;
};

class RemoteOrSqlite : public testing::TestWithParam<Opening> {};

TEST_P(RemoteOrSqlite, OpensOrSaysWhatToDo) {
    const auto registry = remote_or_sqlite(register_fake_sqlite, environment({}));
    ASSERT_TRUE(registry) << registry.error().to_string();
    const auto db = registry->open(GetParam().url);
    if (!GetParam().error) {
        ASSERT_TRUE(db) << db.error().to_string();
        EXPECT_EQ(db->url(), GetParam().says);
        return;
    }
    ASSERT_FALSE(db);
    EXPECT_EQ(db.error().code(), *GetParam().error);
    EXPECT_THAT(db.error().to_string(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, RemoteOrSqlite,
    testing::Values(
        Opening{"https://kv.example/db", ErrorCode::unknown_provider, "kv_http"},
        Opening{"http://localhost:4512", ErrorCode::unknown_provider, "kv_http"},
        Opening{"app.db", {}, "app.db"}, Opening{"./dir/app.db", {}, "./dir/app.db"},
        Opening{"sqlite:app.db", {}, "sqlite:app.db"}, Opening{":memory:", {}, ":memory:"},
        Opening{"memory:", {}, "memory:"}, Opening{"", ErrorCode::invalid_config, "no default"},
        Opening{"redis://localhost", ErrorCode::unknown_provider, "known schemes"},
        Opening{"sqllite:app.db", ErrorCode::unknown_provider, "did you mean \"sqlite\"?"},
        Opening{"htps://kv.example", ErrorCode::unknown_provider, "did you mean \"https\"?"}));

TEST(KvRegistry, TheCommonPairTakesItsDefaultFromTheEnvironment) {
    const auto registry =
        remote_or_sqlite(register_fake_sqlite, environment({{"TURNTABLE_KV", "default.db"}}));
    EXPECT_EQ(registry->open("")->url(), "default.db");
}

}  // namespace
}  // namespace turntable::inline v0::kv
