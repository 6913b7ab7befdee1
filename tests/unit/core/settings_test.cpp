#include "turntable/core/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "turntable/core/nearest_name.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

enum class Durability : std::uint8_t { full, normal };

struct DemoSettings {
    std::string path{};
    Durability durability = Durability::full;
    std::chrono::milliseconds busy_timeout{5000};
    ByteSize cache{64U << 20U};
    bool readonly = false;
    std::uint32_t readers = 4;
    std::int64_t offset = 0;
    std::uint64_t rows = 100;
    double ratio = 0.5;
    std::string mode = "wal";
    std::string token{};
    std::optional<std::chrono::milliseconds> sweep{};
};

const SettingsDescription<DemoSettings>& demo() {
    static const SettingsDescription<DemoSettings> description =
        SettingsDescription<DemoSettings>("demo", "A store in one file.")
            .example("demo:app.db?cache=1MiB", "A file with a small cache.")
            .field("path", &DemoSettings::path, "The file.")
            .from_path()
            .required()
            .field("durability", &DemoSettings::durability, "When a commit is on disk.")
            .choices({{"full", Durability::full}, {"normal", Durability::normal}})
            .field("busy_timeout", &DemoSettings::busy_timeout, "How long to wait for a lock.")
            .range(0ms, 1h)
            .field("cache", &DemoSettings::cache, "Page cache.")
            .at_least({4096})
            .field("readonly", &DemoSettings::readonly, "Never write.")
            .field("readers", &DemoSettings::readers, "Pooled readers.")
            .range(1, 64)
            .field("offset", &DemoSettings::offset, "Any number.")
            .field("rows", &DemoSettings::rows, "Rows at once.")
            .unit("rows")
            .field("ratio", &DemoSettings::ratio, "A share.")
            .range(0, 1)
            .field("mode", &DemoSettings::mode, "Journal.")
            .choices({"wal", "delete"})
            .field("token", &DemoSettings::token, "A pass.")
            .secret()
            .field("sweep", &DemoSettings::sweep, "Removes what expired; never if not set.")
            .unit("s")
            .check([](const DemoSettings& settings) -> Result<void> {
                if (settings.readonly && settings.sweep) {
                    return Error(ErrorCode::invalid_config, "demo: sweep needs to write");
                }
                return {};
            });
    return description;
}

TEST(Settings, DefaultsAreTheInitializersOfTheStruct) {
    const auto settings = demo().from_url("demo:app.db");
    ASSERT_TRUE(settings) << settings.error().to_string();
    EXPECT_EQ(settings->path, "app.db");
    EXPECT_EQ(settings->busy_timeout, 5s);
    EXPECT_EQ(settings->cache.bytes, 64U << 20U);
    EXPECT_EQ(settings->sweep, std::nullopt);
    EXPECT_EQ(settings->mode, "wal");
}

TEST(Settings, EveryTypeIsReadFromTheQuery) {
    const auto settings = demo().from_url(
        "demo:/a%20b?durability=normal&busy_timeout=250ms&cache=1MiB&readonly=yes&readers=64&"
        "offset=-9223372036854775808&rows=18446744073709551615&ratio=0.25&mode=delete&token=t%26");
    ASSERT_TRUE(settings) << settings.error().to_string();
    EXPECT_EQ(settings->path, "/a b");
    EXPECT_EQ(settings->durability, Durability::normal);
    EXPECT_EQ(settings->busy_timeout, 250ms);
    EXPECT_EQ(settings->cache.bytes, 1U << 20U);
    EXPECT_TRUE(settings->readonly);
    EXPECT_EQ(settings->readers, 64U);
    EXPECT_EQ(settings->offset, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(settings->rows, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(settings->ratio, 0.25);
    EXPECT_EQ(settings->mode, "delete");
    EXPECT_EQ(settings->token, "t&");
}

struct Value {
    std::string setting;
    std::string text;
    bool good;
};

class SettingValues : public ::testing::TestWithParam<Value> {};

TEST_P(SettingValues, AreTakenOrRefusedAtTheirLimits) {
    const auto& [setting, text, good] = GetParam();
    const auto settings = demo().from_map({{"path", "x"}, {setting, text}});
    EXPECT_EQ(settings.has_value(), good);
    if (!settings) {
        EXPECT_EQ(settings.error().code(), ErrorCode::invalid_config);
        EXPECT_THAT(settings.error().context(), ElementsAre(Pair("setting", setting)));
        EXPECT_THAT(settings.error().message(), HasSubstr("\"" + setting + "\""));
        EXPECT_THAT(settings.error().message(),
                    HasSubstr(demo().info().find(setting)->expectation()));
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, SettingValues,
    ::testing::Values(
        Value{"readers", "0", false}, Value{"readers", "1", true}, Value{"readers", "64", true},
        Value{"readers", "65", false}, Value{"readers", "-1", false}, Value{"readers", "+1", false},
        Value{"readers", " 1", false}, Value{"readers", "", false}, Value{"readers", "1.0", false},
        Value{"readers", "4294967297", false}, Value{"rows", "18446744073709551616", false},
        Value{"offset", "-1", true}, Value{"offset", "9223372036854775808", false},
        Value{"busy_timeout", "1h", true}, Value{"busy_timeout", "3600001", false},
        Value{"busy_timeout", "0", true}, Value{"busy_timeout", "2m", true},
        Value{"busy_timeout", "2min", true}, Value{"busy_timeout", "-1ms", false},
        Value{"busy_timeout", "5x", false}, Value{"busy_timeout", "ms", false},
        Value{"busy_timeout", "5 s", false}, Value{"sweep", "106751991167d", true},
        Value{"sweep", "106751991168d", false}, Value{"cache", "4096", true},
        Value{"cache", "4095", false}, Value{"cache", "64k", false}, Value{"cache", "1mib", true},
        Value{"cache", "16777215TiB", true}, Value{"cache", "16777216TiB", false},
        Value{"readonly", "maybe", false}, Value{"readonly", "", false},
        Value{"readonly", "OFF", true}, Value{"ratio", "1", true}, Value{"ratio", "1.01", false},
        Value{"ratio", "nan", false}, Value{"ratio", "1e-3", true},
        Value{"durability", "Full", false}, Value{"durability", "normal", true},
        Value{"mode", "wall", false}, Value{"mode", "", false}, Value{"token", "", true}));

TEST(Settings, PlainNumbersCountTheUnit) {
    EXPECT_EQ(demo().from_map({{"path", "x"}, {"busy_timeout", "7"}})->busy_timeout, 7ms);
    EXPECT_EQ(demo().from_map({{"path", "x"}, {"sweep", "7"}})->sweep, 7s);
    EXPECT_EQ(demo().from_map({{"path", "x"}, {"cache", "10MB"}})->cache.bytes, 10'000'000U);
}

TEST(Settings, UnknownNameIsAnErrorThatNamesTheNearest) {
    const auto settings = demo().from_url("demo:x?bussy_timeout=1");
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(settings.error().message(),
                AllOf(HasSubstr("demo: unknown setting \"bussy_timeout\""),
                      HasSubstr("did you mean \"busy_timeout\"?"), HasSubstr("known: path, ")));
}

TEST(Settings, MisspeltChoiceNamesTheNearest) {
    const auto settings = demo().from_url("demo:x?durability=norml");
    ASSERT_FALSE(settings);
    EXPECT_THAT(settings.error().message(),
                HasSubstr("\"norml\" is not one of full, normal; did you mean \"normal\"?"));
}

TEST(Settings, SecretsAreNeverInAnError) {
    struct Secret {
        std::uint32_t pin = 0;
    };
    const auto description = SettingsDescription<Secret>("safe", "")
                                 .field("pin", &Secret::pin, "")
                                 .range(1000, 9999)
                                 .secret();
    for (const auto& result :
         {description.from_map({{"pin", "12345"}}), description.from_url("safe:?pin=12345")}) {
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().to_string(), Not(HasSubstr("12345")));
    }
    EXPECT_EQ(description.info().shown("pin", "1234"), "***");
    EXPECT_EQ(demo().info().shown("mode", "wal"), "wal");
    EXPECT_EQ(demo().info().shown("unknown_password", "x"), "***");
}

TEST(Settings, RequiredOnesMustBeGiven) {
    const auto missing = demo().from_url("demo:");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message(), HasSubstr("\"path\" is missing: The file."));
    EXPECT_FALSE(demo().from_map({{"path", ""}}));
    EXPECT_FALSE(demo().validate({}));
    EXPECT_TRUE(demo().validate({.path = "x"}));
}

TEST(Settings, TypedBuilderIsHeldToTheSameRules) {
    EXPECT_FALSE(demo().validate({.path = "x", .busy_timeout = 2h}));
    EXPECT_FALSE(demo().validate({.path = "x", .busy_timeout = -1ms}));
    EXPECT_FALSE(demo().validate({.path = "x", .durability = static_cast<Durability>(7)}));
    EXPECT_FALSE(demo().validate({.path = "x", .mode = "other"}));
    EXPECT_TRUE(demo().validate({.path = "x", .cache = {4096}}));
    const auto checked = demo().validate({.path = "x", .readonly = true, .sweep = 1s});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message(), "demo: sweep needs to write");
    EXPECT_FALSE(demo().from_url("demo:x?readonly=1&sweep=1"));
}

TEST(Settings, AreWrittenBackAsTextThatReadsTheSame) {
    const DemoSettings settings{.path = "x",
                                .durability = Durability::normal,
                                .busy_timeout = 1500ms,
                                .cache = {3U << 20U},
                                .readonly = true,
                                .offset = -3,
                                .ratio = 0.1,
                                .token = "t"};
    const ProviderConfig config = demo().to_config(settings);
    EXPECT_EQ(config.provider_type, "demo");
    EXPECT_THAT(config.settings,
                UnorderedElementsAre(Pair("path", "x"), Pair("durability", "normal"),
                                     Pair("busy_timeout", "1500ms"), Pair("cache", "3MiB"),
                                     Pair("readonly", "true"), Pair("offset", "-3"),
                                     Pair("ratio", "0.1"), Pair("token", "t")));
    const auto again = demo().from_config(config);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(demo().to_config(*again).settings, config.settings);
}

TEST(Settings, UrlPartsThatMeanNothingAreErrors) {
    for (const auto& [url, says] : std::vector<std::pair<std::string, std::string>>{
             {"demo://app.db", "demo:NAME or demo:///absolute/path"},
             {"demo:app#1.db", "%23"},
             {"demo:app.db?path=b.db", "twice"},
             {"demo:app.db?mode=wal&mode=wal", "twice"},
             {"demo://u@h/x", "host"}}) {
        const auto settings = demo().from_url(url);
        ASSERT_FALSE(settings) << url;
        EXPECT_THAT(settings.error().message(), HasSubstr(says)) << url;
    }
    EXPECT_EQ(demo().from_url("demo:///abs")->path, "/abs");
    EXPECT_EQ(demo().from_url("plain?x.db")->path, "plain?x.db");
}

TEST(Settings, NetworkBackendReadsEndpointAndCredentials) {
    struct Remote {
        std::string endpoint;
        std::string login;
        std::string password;
    };
    const auto description = SettingsDescription<Remote>("remote", "")
                                 .field("endpoint", &Remote::endpoint, "")
                                 .from(UrlPart::endpoint)
                                 .required()
                                 .field("login", &Remote::login, "")
                                 .from(UrlPart::user)
                                 .field("password", &Remote::password, "")
                                 .from(UrlPart::password)
                                 .secret();
    const auto remote = description.from_url("https://me:p%40w@h:8/db?");
    ASSERT_TRUE(remote) << remote.error().to_string();
    EXPECT_EQ(remote->endpoint, "https://h:8/db");
    EXPECT_EQ(remote->login, "me");
    EXPECT_EQ(remote->password, "p@w");
    EXPECT_FALSE(description.from_url("https://me:pw@h/db?password=x"));
    EXPECT_FALSE(description.from_map({}));
}

TEST(ProviderConfig, CallBeatsUrlBeatsFileBeatsDefault) {
    const std::array sources{
        ProviderConfig::from_map("demo", {{"readers", "1"}}),
        *ProviderConfig::from_url("demo:url.db?readers=2&rows=2"),
        ProviderConfig::from_map(
            "", {{"readers", "3"}, {"rows", "3"}, {"offset", "3"}, {"path", "file.db"}})};
    const auto merged = merge_configs(sources, demo().info());
    ASSERT_TRUE(merged) << merged.error().to_string();
    const auto settings = demo().from_config(*merged);
    ASSERT_TRUE(settings) << settings.error().to_string();
    EXPECT_EQ(settings->readers, 1U);
    EXPECT_EQ(settings->rows, 2U);
    EXPECT_EQ(settings->offset, 3);
    EXPECT_EQ(settings->ratio, 0.5);
    EXPECT_EQ(settings->path, "url.db");
}

TEST(ProviderConfig, SettingsOfTwoProvidersDoNotMix) {
    const std::array sources{ProviderConfig::from_map("demo", {}),
                             ProviderConfig::from_map("other", {})};
    EXPECT_FALSE(merge_configs(sources, demo().info()));
}

TEST(ProviderConfig, IsReadFromAnEnvironmentThatIsGiven) {
    const Environment environment{{"APP_KV", "not ours"},
                                  {"APP_KV_URL", "demo:env.db?readers=2&rows=2"},
                                  {"APP_KV_READERS", "9"},
                                  {"APP_KVX", "not ours"}};
    const auto config = ProviderConfig::from_env("APP_KV_", environment);
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->provider_type, "demo");
    EXPECT_THAT(config->settings, UnorderedElementsAre(Pair("readers", "9"), Pair("rows", "2")));
    EXPECT_EQ(demo().from_config(*config)->path, "env.db");

    const auto asked = ProviderConfig::from_env("APP_KV_", lookup_in(environment), demo().info());
    ASSERT_TRUE(asked) << asked.error().to_string();
    EXPECT_EQ(asked->settings, config->settings);
    EXPECT_EQ(asked->url, config->url);

    const auto wrong = ProviderConfig::from_env("P_", Environment{{"P_URL", "https://u:s3cr/t@h"}});
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().to_string(), AllOf(HasSubstr("P_URL"), Not(HasSubstr("s3cr"))));
}

TEST(ProviderConfig, ProcessEnvironmentIsCopiedOnlyWhenAsked) {
    ASSERT_EQ(::setenv("TURNTABLE_SETTINGS_TEST", "a=b", 1), 0);
    EXPECT_EQ(process_environment().at("TURNTABLE_SETTINGS_TEST"), "a=b");
    ASSERT_EQ(::unsetenv("TURNTABLE_SETTINGS_TEST"), 0);
}

TEST(SettingsInfo, AllProblemsAreCollected) {
    const auto problems = demo().info().problems(
        ProviderConfig::from_map("demo", {{"readers", "0"}, {"modee", "wal"}}));
    ASSERT_EQ(problems.size(), 3U);
    EXPECT_THAT(problems[0].message(), HasSubstr("\"modee\"; did you mean \"mode\"?"));
    EXPECT_THAT(problems[1].message(), HasSubstr("\"readers\""));
    EXPECT_THAT(problems[2].message(), HasSubstr("\"path\" is missing"));
}

TEST(SettingsInfo, JsonSchemaIsWrittenExactly) {
    struct Small {
        std::string name;
        std::uint32_t size = 3;
        std::chrono::milliseconds wait{2000};
        Durability durability = Durability::normal;
        std::string token = "x";
    };
    const auto description =
        SettingsDescription<Small>("small", "Say \"hi\".")
            .field("name", &Small::name, "N.")
            .required()
            .field("size", &Small::size, "S.")
            .range(1, 9)
            .field("wait", &Small::wait, "W.")
            .field("durability", &Small::durability, "D.")
            .choices({{"full", Durability::full}, {"normal", Durability::normal}})
            .field("token", &Small::token, "T.")
            .secret();
    EXPECT_EQ(description.info().json_schema(), R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "small settings",
  "description": "Say \"hi\".",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "description": "N."},
    "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "S."},
    "wait": {"type": ["string", "integer"], "minimum": 0, "pattern": "^[0-9]+(ms|s|m|min|h|d)?$", "default": "2s", "description": "W."},
    "durability": {"type": "string", "enum": ["full", "normal"], "default": "normal", "description": "D."},
    "token": {"type": "string", "writeOnly": true, "description": "T."}
  },
  "required": ["name"]
}
)");
}

TEST(SettingsInfo, HelpAndMarkdownNameEverySetting) {
    const std::string help = demo().info().help_text();
    const std::string table = demo().info().markdown();
    for (const std::string& name : demo().info().setting_names()) {
        EXPECT_THAT(help, HasSubstr("\n  " + name + "\n"));
        EXPECT_THAT(table, HasSubstr("\n| `" + name + "` |"));
    }
    EXPECT_THAT(help, HasSubstr("  demo:PATH[?SETTING=VALUE&...]\n"));
    EXPECT_THAT(help,
                HasSubstr("      a duration such as 250ms, 5s or 2m from 0ms to 1h; default 5s\n"));
    EXPECT_THAT(help, HasSubstr("required, from the URL path"));
    EXPECT_THAT(table, HasSubstr("| `cache` | a size such as 4096, 64KiB or 2MiB of at least 4KiB "
                                 "| `64MiB` | Page cache. |\n"));
}

TEST(NearestName, FindsTheSlipAndNothingFar) {
    const std::vector<std::string> names{"sqlite", "memory", "https", "http", "s3"};
    EXPECT_EQ(nearest_name("sqllite", names), "sqlite");
    EXPECT_EQ(nearest_name("sqilte", names), "sqlite");
    EXPECT_EQ(nearest_name("SQLITE3", names), "sqlite");
    EXPECT_EQ(nearest_name("htps", names), "https");
    EXPECT_EQ(nearest_name("s2", names), "s3");
    EXPECT_EQ(nearest_name("postgres", names), std::nullopt);
    EXPECT_EQ(nearest_name("x", names), std::nullopt);
    EXPECT_EQ(nearest_name("", names), std::nullopt);
    EXPECT_EQ(nearest_name(std::string(10000, 'a'), names), std::nullopt);
    EXPECT_EQ(did_you_mean("memroy", names), "; did you mean \"memory\"?");
    EXPECT_EQ(did_you_mean("zzz", names), "");
}

}  // namespace
}  // namespace turntable
