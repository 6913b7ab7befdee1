#include "turntable/core/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "turntable/core/settings.hpp"

namespace turntable {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

/// Says which factory served, and with what.
struct Opened {
    std::string by;
    ProviderConfig config;
    int option = 0;
};
using Handle = std::unique_ptr<Opened>;  // move-only, as handles may be
struct Options {
    int number = 0;
};
using TestRegistry = Registry<Handle, Options>;

BackendInfo info(std::string prefix, std::string name) {
    return {std::move(prefix), std::move(name), "for the tests", {}, {}};
}

TestRegistry::Factory factory(std::string name) {
    return [name](const ProviderConfig& config, const Options& options) -> Result<Handle> {
        return std::make_unique<Opened>(Opened{name, config, options.number});
    };
}

void add(TestRegistry& registry, const std::string& prefix, const std::string& name) {
    const auto added = registry.add(info(prefix, name), factory(name));
    ASSERT_TRUE(added) << added.error().to_string();
}

class RegistryTest : public ::testing::Test {
  protected:
    void SetUp() override {
        add(registry_, "", "file");  // first added, yet last asked
        add(registry_, ":memory:", "memory");
        add(registry_, "memory", "memory");
        add(registry_, "https://kv.example/", "special");
        add(registry_, "HTTPS:", "remote");
        add(registry_, "sqlite:", "file");
        registry_.note_absent("postgres", "install turntable-postgres");
    }

    TestRegistry registry_;
};

struct Dispatch {
    std::string url;
    std::string served_by;
};

class RegistryDispatch : public RegistryTest, public ::testing::WithParamInterface<Dispatch> {};

TEST_P(RegistryDispatch, FirstPrefixThatMatchesServes) {
    const auto opened = registry_.open(GetParam().url, {7});
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ((*opened)->by, GetParam().served_by);
    EXPECT_EQ((*opened)->config.provider_type,
              GetParam().served_by == "special" ? "special" : GetParam().served_by);
    EXPECT_EQ((*opened)->config.url.to_string(), GetParam().url);
    EXPECT_EQ((*opened)->option, 7);
}

INSTANTIATE_TEST_SUITE_P(
    All, RegistryDispatch,
    ::testing::Values(Dispatch{"memory:", "memory"}, Dispatch{"MEMORY:x", "memory"},
                      Dispatch{":memory:", "memory"}, Dispatch{"memory", "file"},
                      Dispatch{"https://kv.example/a", "special"},
                      Dispatch{"Https://kv.example/a", "special"},
                      Dispatch{"https://other/", "remote"}, Dispatch{"sqlite:app.db", "file"},
                      Dispatch{"app.db", "file"}, Dispatch{"./a:b", "file"},
                      Dispatch{"C:\\x.db", "file"}, Dispatch{"./@app", "file"}));

struct Unserved {
    std::string url;
    ErrorCode code;
    std::string says;
};

class RegistryErrors : public RegistryTest, public ::testing::WithParamInterface<Unserved> {};

TEST_P(RegistryErrors, NameTheUrlMaskedAndTheNextStep) {
    const auto opened = registry_.open(GetParam().url);
    ASSERT_FALSE(opened);
    const Error& error = opened.error();
    EXPECT_EQ(error.code(), GetParam().code);
    EXPECT_EQ(error.operation(), "open");
    EXPECT_THAT(error.to_string(), AllOf(HasSubstr(GetParam().says), Not(HasSubstr("s3cr"))));
}

INSTANTIATE_TEST_SUITE_P(
    All, RegistryErrors,
    ::testing::Values(
        Unserved{"postgress://u:s3cr@h/x", ErrorCode::unknown_provider,
                 "did you mean \"postgres\"? (known schemes: memory, https, sqlite)"},
        Unserved{"postgress://u:s3cr@h/x", ErrorCode::unknown_provider, "postgress://***@h/x"},
        Unserved{"postgres://h/x", ErrorCode::unknown_provider, "install turntable-postgres"},
        Unserved{"htps:x", ErrorCode::unknown_provider, "did you mean \"https\"?"},
        Unserved{"sqllite:app.db?token=s3cr", ErrorCode::unknown_provider, "\"sqlite\"?"},
        Unserved{"zzz:", ErrorCode::unknown_provider, "unknown scheme \"zzz\" (known"},
        Unserved{"https://u:s3cr/et@h/", ErrorCode::invalid_config, "port"},
        Unserved{"memory:?a=1&a=2", ErrorCode::invalid_config, "given twice"},
        Unserved{"", ErrorCode::invalid_config, "no default"},
        Unserved{"@app", ErrorCode::invalid_config, "./@app"}));

TEST(Registry, WithoutFallbackPlainPathsAreRefused) {
    TestRegistry registry;
    add(registry, "https://kv.example/", "special");
    for (const char* url : {"app.db", "https://other/"}) {
        const auto opened = registry.open(url);
        ASSERT_FALSE(opened) << url;
        EXPECT_EQ(opened.error().code(), ErrorCode::unknown_provider);
    }
}

TEST_F(RegistryTest, TakenAndHiddenPrefixesAreRefused) {
    for (const char* prefix : {"", "memory", "MEMORY:", "sqlite:x", "https://later/", ":memory:"}) {
        const auto added = registry_.add(info(prefix, "other"), factory("other"));
        ASSERT_FALSE(added) << prefix;
        EXPECT_EQ(added.error().code(), ErrorCode::already_exists);
    }
    EXPECT_EQ(registry_.add(info("@x", "other"), factory("other")).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(registry_.add(info("x1", "other"), {}).error().code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(registry_.add(info("memory2", "other"), factory("other")));
}

TEST_F(RegistryTest, ListsWhatItServesInOrderTheFallbackLast) {
    EXPECT_THAT(registry_.known_schemes(), ElementsAre("memory", "https", "sqlite"));
    std::vector<std::string> prefixes;
    for (const BackendInfo& backend : registry_.describe()) {
        prefixes.push_back(backend.prefix);
    }
    EXPECT_THAT(prefixes,
                ElementsAre(":memory:", "memory:", "https://kv.example/", "https:", "sqlite:", ""));
    EXPECT_EQ(registry_.backend_for("https://x")->name, "remote");
}

TEST_F(RegistryTest, HandlesLiveOnWhenTheirBackendIsRemoved) {
    const auto opened = registry_.open("memory:x");
    ASSERT_TRUE(opened);
    ASSERT_TRUE(registry_.remove("memory"));
    EXPECT_EQ((*opened)->by, "memory");
    EXPECT_EQ(registry_.open("memory:x").error().code(), ErrorCode::unknown_provider);
    EXPECT_EQ(registry_.remove("memory").error().code(), ErrorCode::not_found);
    add(registry_, "memory", "again");
    EXPECT_EQ((*registry_.open("memory:x"))->by, "again");
    ASSERT_TRUE(registry_.remove(""));
    EXPECT_FALSE(registry_.open("app.db"));
}

TEST_F(RegistryTest, EmptyUrlOpensTheDefault) {
    registry_.set_default_url("memory:d?a=b");
    EXPECT_EQ(registry_.default_url(), "memory:d?a=b");
    const auto opened = registry_.open("");
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->config.url.path(), "d");
    EXPECT_THAT((*opened)->config.settings, ElementsAre(Pair("a", "b")));
    registry_.set_default_url("");
    EXPECT_FALSE(registry_.open(""));
}

TEST_F(RegistryTest, DefaultComesFromTheFirstVariableThatIsSet) {
    const std::vector<std::string> variables{"TURNTABLE_KV", "DENO_KV_PATH"};
    const auto from = [&](Environment environment) {
        return registry_.set_default_from(lookup_in(std::move(environment)), variables);
    };
    EXPECT_EQ(from({}), std::nullopt);
    EXPECT_EQ(from({{"DENO_KV_PATH", "/d"}, {"TURNTABLE_KV", ""}}), "DENO_KV_PATH");
    EXPECT_EQ(registry_.default_url(), "/d");
    EXPECT_EQ(from({{"DENO_KV_PATH", "/d"}, {"TURNTABLE_KV", "memory:"}}), "TURNTABLE_KV");
    EXPECT_EQ(registry_.default_url(), "memory:");
    EXPECT_EQ(from({{"TURNTABLE_KV", "htps://u:s3cr@h"}}), "TURNTABLE_KV");
    EXPECT_THAT(registry_.open("").error().to_string(),
                AllOf(HasSubstr("from=TURNTABLE_KV"), Not(HasSubstr("s3cr"))));
}

TEST_F(RegistryTest, ConfigurationPicksByUrlElseByType) {
    const auto typed = registry_.open(ProviderConfig::from_map("remote", {{"endpoint", "x"}}));
    ASSERT_TRUE(typed);
    EXPECT_EQ((*typed)->by, "remote");
    EXPECT_TRUE((*typed)->config.url.to_string().empty());
    EXPECT_EQ((*registry_.open(ProviderConfig::from_map("https", {})))->by, "remote");

    ProviderConfig config = *ProviderConfig::from_url("memory:x?a=url&b=url");
    config.settings["a"] = "call";
    config.layers = {"log"};
    const auto opened = registry_.open(config);
    ASSERT_TRUE(opened);
    EXPECT_THAT((*opened)->config.settings, ElementsAre(Pair("a", "call"), Pair("b", "url")));
    EXPECT_THAT((*opened)->config.layers, ElementsAre("log"));
    const auto unknown = registry_.open(ProviderConfig::from_map("a b", {}));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::unknown_provider);
}

TEST_F(RegistryTest, NamedStoresAreResolvedByTheirOwner) {
    registry_.set_named_stores([](std::string_view name) -> Result<ProviderConfig> {
        if (name == "app") {
            ProviderConfig config = *ProviderConfig::from_url("memory:app");
            config.settings = {{"a", "file"}, {"b", "file"}};
            config.layers = {"retry"};
            return config;
        }
        if (name == "loop") {
            return ProviderConfig::from_url("@app");
        }
        return Error(ErrorCode::not_found, "no such store");
    });
    ProviderConfig call;
    call.url = *Url::parse("@app");
    call.settings = {{"a", "call"}};
    const auto opened = registry_.open(call);
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ((*opened)->config.url.to_string(), "memory:app");
    EXPECT_THAT((*opened)->config.settings, ElementsAre(Pair("a", "call"), Pair("b", "file")));
    EXPECT_THAT((*opened)->config.layers, ElementsAre("retry"));
    EXPECT_FALSE(registry_.open("@loop"));
    EXPECT_EQ(registry_.open("@other").error().code(), ErrorCode::not_found);
    EXPECT_THAT(registry_.open("@other").error().to_string(), HasSubstr("@other"));
}

TEST(Registry, FailuresOfAFactoryCarryTheMaskedUrl) {
    TestRegistry registry;
    BackendInfo safe = info("safe", "safe");
    SettingInfo pin;
    pin.name = "pin";
    pin.secret = true;
    safe.settings.fields.push_back(pin);
    ASSERT_TRUE(registry.add(safe, [](const ProviderConfig& config, const Options&) {
        if (config.url.path() == "throw") {
            throw std::runtime_error("boom");
        }
        return Result<Handle>(Error(ErrorCode::io, "no disk"));
    }));
    const auto failed = registry.open("safe:x?pin=s3cr");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::io);
    EXPECT_EQ(failed.error().url(), "safe:x?pin=***");
    EXPECT_EQ(failed.error().operation(), "open");
    const auto thrown = registry.open("safe:throw");
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().code(), ErrorCode::backend);
    EXPECT_THAT(thrown.error().message(), HasSubstr("boom"));
}

TEST(Registry, FactoryMayCallTheRegistry) {
    TestRegistry registry;
    add(registry, "inner", "inner");
    ASSERT_TRUE(registry.add(
        info("outer", "outer"), [&registry](const ProviderConfig&, const Options& options) {
            EXPECT_TRUE(registry.remove("outer"));
            EXPECT_TRUE(registry.add(info("third", "third"), factory("third")));
            return registry.open("inner:", options);
        }));
    const auto opened = registry.open("outer:", {3});
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ((*opened)->by, "inner");
    EXPECT_EQ((*opened)->option, 3);
    EXPECT_TRUE(registry.open("third:"));
}

TEST(Registry, ThreadsMayAddOpenAndRemoveAtOnce) {
    TestRegistry registry;
    add(registry, "shared", "shared");
    constexpr int threads = 6;
    constexpr int rounds = 200;
    std::atomic<int> won = 0;
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            const std::string own = "own" + std::to_string(t);
            for (int i = 0; i < rounds; ++i) {
                EXPECT_TRUE(registry.add(info(own, own), factory(own)));
                EXPECT_EQ((*registry.open(own + ":x"))->by, own);
                EXPECT_TRUE(registry.open("shared:"));
                (void)registry.open("missing:");
                registry.set_default_url("shared:" + own);
                EXPECT_TRUE(registry.open(""));
                EXPECT_GE(registry.describe().size(), 2U);
                EXPECT_TRUE(registry.remove(own));
            }
            won += registry.add(info("once", own), factory(own)) ? 1 : 0;
        });
    }
    for (std::thread& worker : workers) {
        worker.join();
    }
    EXPECT_EQ(won, 1);
    EXPECT_THAT(registry.known_schemes(), ElementsAre("shared", "once"));
}

TEST(Registry, MovesWithItsBackends) {
    TestRegistry registry;
    add(registry, "memory", "memory");
    const TestRegistry moved = std::move(registry);
    EXPECT_TRUE(moved.open("memory:"));
}

}  // namespace
}  // namespace turntable
