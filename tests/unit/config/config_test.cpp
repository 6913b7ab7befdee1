#include "turntable/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "config/interpolate.hpp"
#include "turntable/core/settings.hpp"

namespace turntable {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

struct FileSettings {
    std::string path{};
    std::uint32_t readers = 4;
    std::string mode = "wal";
    bool readonly = false;
    double share = 0.5;
    std::string token{};
};

const SettingsInfo& file_settings() {
    static const SettingsDescription<FileSettings> description =
        SettingsDescription<FileSettings>("sqlite", "A file.")
            .field("path", &FileSettings::path, "The file.")
            .from_path()
            .required()
            .field("readers", &FileSettings::readers, "Readers.")
            .range(1, 64)
            .field("mode", &FileSettings::mode, "Journal.")
            .choices({"wal", "delete"})
            .field("readonly", &FileSettings::readonly, "Never write.")
            .field("share", &FileSettings::share, "A share.")
            .field("token", &FileSettings::token, "A pass.")
            .secret();
    return description.info();
}

using StoreRegistry = Registry<std::shared_ptr<ProviderConfig>, int>;

class ConfigTest : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto factory = [](const ProviderConfig& config, int) {
            return Result(std::make_shared<ProviderConfig>(config));
        };
        ASSERT_TRUE(registry_.add({"sqlite", "sqlite", "files", file_settings()}, factory));
        ASSERT_TRUE(registry_.add({"", "sqlite", "files", file_settings()}, factory));
        options_.variables = lookup_in({{"NAME", "env"},
                                        {"EMPTY", ""},
                                        {"DB_PASSWORD", "s3cr"},
                                        {"LINES", "a\nb"},
                                        {"READERS_TOKEN", "s3cr"}});
        options_.backends["kv"] = [this](const ProviderConfig& config) {
            return registry_.backend_for(config);
        };
    }

    Config parsed(std::string_view text) {
        auto config = Config::parse(text, "t.toml", options_);
        EXPECT_TRUE(config) << config.error().to_string();
        return *std::move(config);
    }

    StoreRegistry registry_;
    ConfigOptions options_;
};

TEST_F(ConfigTest, StoresAreReadWithSettingsAndLayers) {
    const Config config = parsed(R"(# a comment
[kv.app]
url = "sqlite:app.db?mode=delete"
readers = 8
readonly = true
share = 0.25
layers = ["log", "retry"]
[kv.plain]
url = "plain.db"
[kv.typed]
provider = "sqlite"
path = "typed.db"
[blob.files]
url = "fs:/data"
anything = 1
)");
    EXPECT_THAT(config.problems(), IsEmpty());
    const auto app = config.store("kv", "app");
    ASSERT_TRUE(app) << app.error().to_string();
    EXPECT_EQ(app->provider_type, "sqlite");
    EXPECT_THAT(app->settings,
                ElementsAre(Pair("mode", "delete"), Pair("path", "app.db"), Pair("readers", "8"),
                            Pair("readonly", "true"), Pair("share", "0.25")));
    EXPECT_THAT(app->layers, ElementsAre("log", "retry"));
    EXPECT_EQ(config.store("kv", "typed")->settings.at("path"), "typed.db");
    EXPECT_EQ(config.store("blob", "files")->settings.at("anything"), "1");
    EXPECT_THAT(config.names("kv"), ElementsAre("app", "plain", "typed"));
    EXPECT_THAT(config.names("tape"), IsEmpty());
}

TEST_F(ConfigTest, UrlBeatsFile) {
    const Config config = parsed(R"([kv.app]
url = "sqlite:url.db?readers=2"
readers = 3
path = "file.db"
mode = "delete"
)");
    const auto app = config.store("kv", "app");
    ASSERT_TRUE(app) << app.error().to_string();
    EXPECT_THAT(app->settings,
                ElementsAre(Pair("mode", "delete"), Pair("path", "url.db"), Pair("readers", "2")));
}

TEST_F(ConfigTest, NamedStoresOpenThroughTheRegistry) {
    {
        const Config config = parsed("[kv.app]\nurl = \"sqlite:app.db\"\nreaders = 8\n");
        registry_.set_named_stores(config.named_stores("kv"));
    }
    const auto opened = registry_.open("@app");
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ((*opened)->settings.at("readers"), "8");
    EXPECT_EQ((*opened)->url.path(), "app.db");
    const auto slip = registry_.open("@ap");
    ASSERT_FALSE(slip);
    EXPECT_EQ(slip.error().code(), ErrorCode::not_found);
    EXPECT_THAT(slip.error().to_string(),
                AllOf(HasSubstr("t.toml has no store [kv.ap]"), HasSubstr("\"app\"?")));
}

TEST_F(ConfigTest, AllProblemsAreCollectedWithTheirPlaces) {
    const Config config = parsed(R"([kv.app]
url = "sqlite:app.db?mdoe=wal"
reader = 8
readers = 65
layers = "log"
[kv.none]
[kv.both]
url = "sqlite:x"
provider = "sqlite"
[kv.slip]
url = "sqlit:x"
[kv.list]
url = "sqlite:x"
mode = ["wal"]
[kv.var]
url = "sqlite:${MISSING}"
[kv."a b"]
url = "sqlite:x"
[kvv.app]
[tape]
good = 1
[blob]
[kv.typed]
provider = "sqlite"
)");
    std::vector<std::string> messages;
    for (const Error& problem : config.problems()) {
        EXPECT_EQ(problem.code(), ErrorCode::invalid_config);
        messages.push_back(problem.message());
    }
    EXPECT_THAT(
        messages,
        ElementsAre(
            AllOf(HasSubstr("t.toml:2:7: "), HasSubstr("\"mdoe\"; did you mean \"mode\"?")),
            AllOf(HasSubstr("t.toml:3:10: "), HasSubstr("\"reader\"; did you mean \"readers\"?")),
            AllOf(HasSubstr("t.toml:4:11: "), HasSubstr("\"65\" is not a whole number from 1")),
            HasSubstr("t.toml:5:10: \"layers\" must be a list"),
            HasSubstr("t.toml:6:5: a store needs a \"url\""),
            HasSubstr("t.toml:7:5: a store has a \"url\" or a \"provider\", not both"),
            AllOf(HasSubstr("t.toml:11:7: "), HasSubstr("did you mean \"sqlite\"?")),
            HasSubstr("t.toml:14:8: \"mode\" must be a text"),
            HasSubstr("t.toml:16:7: \"url\": variable MISSING is not set"),
            HasSubstr("t.toml:17:5: the name of a store"),
            HasSubstr("t.toml:19:2: unknown table \"kvv\"; did you mean \"kv\"?"),
            HasSubstr("t.toml:21:1: a store is a table: [tape.good]"),
            AllOf(HasSubstr("t.toml:23:5: "), HasSubstr("\"path\" is missing"))));
}

TEST_F(ConfigTest, OneWrongStoreDoesNotStandInTheWayOfOthers) {
    const Config config = parsed(
        "[kv.good]\nurl = \"sqlite:x\"\n[kv.bad]\nurl = \"sqlite:${MISSING}\"\nreaders = []\n");
    EXPECT_TRUE(config.store("kv", "good"));
    const auto bad = config.store("kv", "bad");
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().to_string(), AllOf(HasSubstr("t.toml:4:7"), HasSubstr("store=kv.bad"),
                                               HasSubstr("more_problems=1")));
    const Config broken = parsed("[kvv.x]\n[kv.good]\nurl = \"sqlite:x\"\n");
    EXPECT_THAT(broken.store("kv", "good").error().message(), HasSubstr("\"kvv\""));
}

TEST_F(ConfigTest, VariablesArePutIn) {
    const Config config = parsed(R"([kv.app]
url = "sqlite:${NAME}-${OTHER:-x}${EMPTY:-y}$$.db"
mode = "${OTHER:-delete}"
)");
    const auto app = config.store("kv", "app");
    ASSERT_TRUE(app) << app.error().to_string();
    EXPECT_EQ(app->url.path(), "env-xy$.db");
    EXPECT_EQ(app->settings.at("mode"), "delete");
}

TEST_F(ConfigTest, ReadsLayersAndMountsAndChecksThemWhereTheyStand) {
    ConfigOptions options;
    options.variables = lookup_in({{"TIMES", "3"}, {"MOUNT_PASSWORD", "s3cr"}});
    options.layers["kv"] = [](std::string_view item) -> Result<void> {
        return item == "retry?max_attempts=3" ? Result<void>()
                                              : Error(ErrorCode::invalid_config, "no such layer");
    };
    options.mounts["kv"] = [](std::string_view key, std::string_view) -> Result<void> {
        return key == "bad" ? Error(ErrorCode::invalid_argument, "no such key") : Result<void>();
    };
    const auto config = Config::parse(R"([kv.app]
url = "memory:"
layers = ["retry?max_attempts=${TIMES}", "rettry?password=s3cr"]
[kv.app.mounts]
sessions = "sqlite:s.db?token=s3cr"
"logs/old" = "@archive"
bad = "memory:"
number = 3
[kv.hidden]
url = "memory:"
layers = ["retry?max_attempts=${MOUNT_PASSWORD}"]
[kv.hidden.mounts]
a = "sqlite:${MOUNT_PASSWORD}"
[kv.wrong]
url = "memory:"
mounts = "memory:"
)",
                                      "t.toml", options);
    ASSERT_TRUE(config) << config.error().to_string();
    std::vector<std::string> messages;
    for (const Error& problem : config->problems()) {
        messages.push_back(problem.message());
        EXPECT_THAT(problem.to_string(), Not(HasSubstr("s3cr")));
    }
    EXPECT_THAT(messages, ElementsAre(HasSubstr("t.toml:3:42: no such layer"),
                                      HasSubstr("t.toml:7:7: no such key"),
                                      HasSubstr("t.toml:8:10: the mount \"number\" must be"),
                                      HasSubstr("t.toml:11:11: a layer with a variable"),
                                      HasSubstr("t.toml:16:10: \"mounts\" must be a table")));
    EXPECT_THAT(config->show(), Not(HasSubstr("s3cr")));
    EXPECT_THAT(config->show_json(), Not(HasSubstr("s3cr")));
    EXPECT_THAT(config->show(), HasSubstr("\"logs/old\" = \"@archive\""));
    EXPECT_THAT(config->hidden_settings("kv", "hidden"), ElementsAre("layers", "mounts"));
}

TEST_F(ConfigTest, LibrariesOfTapesHaveSearchesByName) {
    ConfigOptions options;
    options.variables = lookup_in({{"DAYS", "7d"}, {"SEARCH_TOKEN", "s3cr"}});
    options.searches = [](std::string_view text) -> Result<void> {
        return text.starts_with("bad") || text.ends_with("s3cr!")
                   ? Error(ErrorCode::invalid_argument, "no query: " + std::string(text))
                   : Result<void>();
    };
    const auto config = Config::parse(R"([tape.good]
url = "tape:/srv/tapes"
[tape.good.searches]
slow = "took>2s since:${DAYS}"
secret = "${SEARCH_TOKEN}"
[tape.wrong]
url = "tape:/srv/tapes"
[tape.wrong.searches]
a = "bad"
b = 3
c = "${SEARCH_TOKEN}!"
[tape.none]
url = "tape:/srv/tapes"
searches = "slow"
[kv.app]
url = "memory:"
[kv.app.searches]
slow = "took>2s"
)",
                                      "t.toml", options);
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->saved_search("good", "slow").value(), "took>2s since:7d");
    EXPECT_THAT(config->saved_search("good", "slov").error().message(),
                HasSubstr("did you mean \"slow\""));
    EXPECT_EQ(config->saved_search("other", "slow").error().code(), ErrorCode::not_found);
    EXPECT_EQ(config->saved_search("wrong", "a").error().code(), ErrorCode::invalid_config);
    std::vector<std::string> messages;
    for (const Error& problem : config->problems()) {
        messages.push_back(problem.message());
    }
    EXPECT_THAT(messages, ElementsAre(HasSubstr("t.toml:9:5: the search \"a\": no query: bad"),
                                      HasSubstr("t.toml:10:5: the search \"b\": it must be a text"),
                                      AllOf(HasSubstr("t.toml:11:5"), Not(HasSubstr("s3cr"))),
                                      HasSubstr("t.toml:14:12: \"searches\" must be a table"),
                                      HasSubstr("\"searches\" must be a text")));
    EXPECT_THAT(config->show(),
                AllOf(HasSubstr("[tape.good.searches]\nsecret = \"***\""), Not(HasSubstr("s3cr"))));
    EXPECT_THAT(config->show_json(), HasSubstr(R"("searches":{"secret":"***","slow":"***"})"));
}

TEST_F(ConfigTest, SecretsAreNeverShownAndNeverInAProblem) {
    const Config config = parsed(R"([kv.app]
url = "sqlite:app.db?token=s3cr"
mode = "${DB_PASSWORD}"
[kv.beside]
url = "sqlite:app.db"
token = "s3cr"
readers = "${READERS_TOKEN}"
[kv.inside]
url = "sqlite:${DB_PASSWORD}?mode=${DB_PASSWORD}"
[kv.scheme]
url = "${DB_PASSWORD}:x"
[blob.any]
url = "s3://key:s3cr@host/${NAME}"
secret_key = "s3cr"
[kv."1.2"]
url = "sqlite:x"
layers = ["a", "b"]
)");
    EXPECT_EQ(config.show(), R"([kv.app]
url = "sqlite:app.db?token=***"
mode = "***"

[kv.beside]
url = "sqlite:app.db"
readers = "***"
token = "***"

[kv.inside]
url = "sqlite:***"

[kv.scheme]
url = "***"

[kv."1.2"]
url = "sqlite:x"
layers = ["a", "b"]

[blob.any]
url = "s3://key:***@host/env"
secret_key = "***"
)");
    EXPECT_THAT(
        config.show_json(),
        HasSubstr(
            R"({"surface":"kv","name":"beside","url":"sqlite:app.db",)"
            R"("settings":{"readers":"***","token":"***"},"layers":[],"mounts":{},"searches":{}},)"
            R"({"surface":"kv","name":"inside","url":"sqlite:***","settings":{},"layers":[],)"));
    EXPECT_EQ(config.problems().size(), 4U);
    for (const Error& problem : config.problems()) {
        EXPECT_THAT(problem.to_string(), Not(HasSubstr("s3cr")));
    }
}

TEST_F(ConfigTest, WhatIsNoTomlIsRefusedWithItsPlaceAndWithoutASecret) {
    for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
             {"[kv.app\n", "t.toml:1:"},
             {"[kv.app]\npassword = s3cr\n", "t.toml:2:"},
             {"[kv.app]\nurl = \"a\"\nurl = \"b\"\n", "t.toml:3:"},
             {"[kv.app]\nurl = \"https://u:s3cr@h\n", "t.toml:2:"},
             {"x = \"\xff\"", "t.toml:1:"},
             {"x\xc8\xa8 = 1", "t.toml:1:2: this is not TOML"},
             {"x = 1 \xc3\xa9", "t.toml:1:"},
             {"[!", "t.toml:1:2: "},
             {std::string("x = 1\0y", 7), "t.toml:1:"}}) {
        const auto config = Config::parse(text, "t.toml", options_);
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().code(), ErrorCode::invalid_config);
        EXPECT_THAT(config.error().to_string(), AllOf(HasSubstr(says), Not(HasSubstr("s3cr"))));
    }
}

TEST_F(ConfigTest, LengthIsLimited) {
    const std::string most(config_bytes_max, '\n');
    EXPECT_TRUE(Config::parse(most.substr(1), "t", options_));
    EXPECT_TRUE(Config::parse(most, "t", options_));
    const auto over = Config::parse(most + "\n", "t", options_);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), ErrorCode::limit_exceeded);
}

TEST_F(ConfigTest, IsLoadedFromAFile) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("turntable_config_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const std::string path = folder / "turntable.toml";
    EXPECT_EQ(Config::load(path, options_).error().code(), ErrorCode::not_found);
    std::ofstream(path) << "[kv.app]\nurl = \"sqlite:app.db\"\n";
    const auto config = Config::load(path, options_);
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_TRUE(config->store("kv", "app"));
    EXPECT_EQ(Config::load(folder, options_).error().code(), ErrorCode::io);
    std::filesystem::remove_all(folder);
}

TEST_F(ConfigTest, WithoutALookupStoresAreKeptUnchecked) {
    const auto config = Config::parse("[kv.app]\nurl = \"any:x?y=z\"\nw = 1\n", "t.toml");
    ASSERT_TRUE(config);
    EXPECT_THAT(config->store("kv", "app")->settings, ElementsAre(Pair("w", "1"), Pair("y", "z")));
    EXPECT_FALSE(Config::parse("[kv.app]\nurl = \"${A}\"\n", "t.toml")->store("kv", "app"));
}

struct Case {
    std::string text;
    std::string gives;  // or, beginning with '!', what the error says
};

void PrintTo(const Case& tried, std::ostream* out) { *out << testing::PrintToString(tried.text); }

class Interpolation : public ::testing::TestWithParam<Case> {};

TEST_P(Interpolation, GivesTheTextOrNamesTheVariable) {
    const auto variables = lookup_in({{"A", "1"}, {"E", ""}, {"N", "s3cr\n"}, {"D", "${A}"}});
    const auto result = detail::interpolate(GetParam().text, variables);
    if (GetParam().gives.starts_with('!')) {
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().message(), HasSubstr(GetParam().gives.substr(1)));
        EXPECT_THAT(result.error().message(), Not(HasSubstr("s3cr")));
    } else {
        ASSERT_TRUE(result) << result.error().to_string();
        EXPECT_EQ(result->text, GetParam().gives);
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Interpolation,
    ::testing::Values(Case{"", ""}, Case{"x", "x"}, Case{"${A}", "1"}, Case{"a${A}b${A}", "a1b1"},
                      Case{"$$", "$"}, Case{"$${A}", "${A}"}, Case{"$$${A}", "$1"},
                      Case{"${E}", ""}, Case{"${E:-x}", "x"}, Case{"${M:-}", ""},
                      Case{"${M:-a:-b}", "a:-b"}, Case{"${D}", "${A}"}, Case{"}", "}"},
                      Case{"${M}", "!variable M is not set"}, Case{"${N}", "!line break"},
                      Case{"$A", "!write $$"}, Case{"$", "!write $$"}, Case{"${A", "!write $$"},
                      Case{"${}", "!name of a variable"}, Case{"${1A}", "!name of a variable"},
                      Case{"${A-x}", "!name of a variable"}, Case{"${ A }", "!name of"}));

TEST(InterpolatedText, LengthIsLimited) {
    const auto variables = lookup_in({{"A", std::string(url_bytes_max - 1, 'x')}});
    EXPECT_TRUE(detail::interpolate("${A}", variables));
    EXPECT_TRUE(detail::interpolate("y${A}", variables));
    EXPECT_FALSE(detail::interpolate("yz${A}", variables));
}

struct PlaySettings {
    std::string listen = "here";
    std::string token_file{};
    std::string secret_word{};
    std::string push_to{};
};
struct TrackSettings {
    std::uint32_t loops = 1;
};

class SectionTest : public ConfigTest {
  protected:
    void SetUp() override {
        ConfigTest::SetUp();
        static const auto play = SettingsDescription<PlaySettings>("play", "Plays.")
                                     .field("listen", &PlaySettings::listen, "Where.")
                                     .field("token_file", &PlaySettings::token_file, "Tokens.")
                                     .field("secret_word", &PlaySettings::secret_word, "A word.")
                                     .secret()
                                     .field("push_to", &PlaySettings::push_to, "A URL.")
                                     .secret_path();
        static const auto track = SettingsDescription<TrackSettings>("play.tracks", "One.")
                                      .field("loops", &TrackSettings::loops, "How often.")
                                      .range(1, 9);
        options_.sections["play"] = {.settings = play.info(), .tables = {{"tracks", track.info()}}};
    }
    std::vector<std::string> wrongs(std::string_view text) {
        std::vector<std::string> found;
        for (const Error& problem : parsed(text).problems()) {
            found.push_back(problem.message());
        }
        return found;
    }
};

TEST_F(SectionTest, HasSettingsAndTablesInTheOrderOfTheFile) {
    const Config config =
        parsed("[play]\nlisten = \"${NAME}\"\n[play.tracks.z]\nloops = 2\n[play.tracks.a]\n");
    EXPECT_THAT(config.problems(), IsEmpty());
    const auto section = config.section("play").value();
    ASSERT_TRUE(section);
    EXPECT_THAT(section->settings, ElementsAre(Pair("listen", "env")));
    ASSERT_EQ(section->tables.size(), 2U);
    EXPECT_EQ(section->tables[0].table, "tracks");
    EXPECT_EQ(section->tables[0].name, "z");
    EXPECT_THAT(section->tables[0].settings, ElementsAre(Pair("loops", "2")));
    EXPECT_EQ(section->tables[1].name, "a");
    EXPECT_FALSE(parsed("").section("play").value());
    EXPECT_FALSE(config.section("serve").value());
}

TEST_F(SectionTest, EachMistakeIsToldWithItsPlaceAndTheNearestName) {
    EXPECT_THAT(
        wrongs("[play]\nlissen = \"x\"\nlisten = [1]\n[play.track.a]\n[play.tracks]\nb = 1\n"
               "[play.tracks.c]\nloops = 10\nloop = 1\n"),
        ElementsAre(HasSubstr("t.toml:2:10: play: unknown setting \"lissen\"; did you mean "
                              "\"listen\"?"),
                    HasSubstr("t.toml:3:10: \"listen\" must be a text"),
                    HasSubstr("t.toml:4:7: unknown table \"play.track\"; did you mean "
                              "\"tracks\"?"),
                    HasSubstr("t.toml:6:1: [play.tracks] holds tables"),
                    HasSubstr("t.toml:8:9: play.tracks: setting \"loops\": \"10\" is not"),
                    HasSubstr("t.toml:9:8: play.tracks: unknown setting \"loop\"")));
    EXPECT_THAT(wrongs("play = 1\n"), ElementsAre(HasSubstr("\"play\" must be a table")));
    EXPECT_THAT(wrongs("[serv]\n"),
                ElementsAre(HasSubstr("unknown table \"serv\"; did you mean \"serve\"?")));
    const Config wrong = parsed("[play]\nlissen = \"x\"\n[kv.a]\nurl = \"sqlite:a\"\n");
    EXPECT_FALSE(wrong.section("play"));
    EXPECT_TRUE(wrong.store("kv", "a"));  // which is not hindered
}

TEST_F(SectionTest, IsShownWithoutItsSecrets) {
    const Config config = parsed(
        "[play]\ntoken_file = \"f\"\nsecret_word = \"s3cr\"\nlisten = \"${DB_PASSWORD}\"\n"
        "push_to = \"https://h:1/hooks/s3cr?x=s3cr\"\n"
        "[play.tracks.a]\nloops = 3\n[serve]\nurl = \"http://u:s3cr@h/\"\ntoken = \"s3cr\"\n");
    EXPECT_THAT(config.problems(), IsEmpty());
    EXPECT_THAT(
        config.show(),
        AllOf(HasSubstr(
                  "[play]\nlisten = \"***\"\npush_to = \"https://h:1/***\"\n"
                  "secret_word = \"***\"\ntoken_file = \"f\"\n\n[play.tracks.a]\nloops = \"3\"\n"),
              Not(HasSubstr("s3cr"))));
    EXPECT_THAT(
        config.show_json(),
        AllOf(HasSubstr(R"("tables":[{"table":"tracks","name":"a","settings":{"loops":"3"}}])"),
              Not(HasSubstr("s3cr"))));
    EXPECT_THAT(wrongs("[play.tracks.a]\nloops = \"${DB_PASSWORD}\"\n"),
                ElementsAre(AllOf(HasSubstr("the value of its variable is wrong"),
                                  Not(HasSubstr("s3cr")))));
    EXPECT_THAT(config_json_schema({}, options_.sections),
                AllOf(HasSubstr("\"tracks\""), HasSubstr("\"loops\""), HasSubstr("\"serve\"")));
}

}  // namespace
}  // namespace turntable
