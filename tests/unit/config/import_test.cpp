#include "turntable/config_import.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "turntable/config.hpp"

namespace turntable {
namespace {

ImportedConfig imported(std::string_view text) {
    return import_shadowcat_config(text, "shadowcat.toml").value();
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

TEST(ConfigImport, MakesStoresOfWhatWasKept) {
    const ImportedConfig made = imported(
        "[recording]\noutput_dir = \"./re$cordings/\"\ncompression = \"zstd\"\n"
        "include_timing = true\n[session]\nstorage = \"sqlite\"\n"
        "database_url = \"sqlite://data/s.db?mode=rwc\"\n");
    EXPECT_TRUE(made.left_out.empty());
    EXPECT_EQ(made.used.size(), 5U);
    // It is a file that is read, and says what was meant: a dollar sign is no variable.
    const Config file = Config::parse(made.text, "turntable.toml").value();
    EXPECT_TRUE(file.problems().empty());
    const ProviderConfig tapes = file.store("tape", "recordings").value();
    EXPECT_EQ(tapes.settings.at("root_path"), "./re$cordings-turntable");
    EXPECT_EQ(tapes.settings.at("compression"), "zstd");
    EXPECT_EQ(file.store("tape", "old").value().settings.at("path"), "./re$cordings/");
    EXPECT_EQ(file.store("kv", "sessions").value().settings.at("path"), "data/s.db.turntable");
}

TEST(ConfigImport, NamesEachSettingWithoutACounterpartAndPrintsNoSecret) {
    const ImportedConfig made = imported(
        "verbose = true\n"
        "[server]\nbind = \"0.0.0.0:1\"\n"
        "[auth]\ntoken = \"canary-1\"\n[auth.keys]\n\"canary-2\" = \"ada\"\n"
        "[auth.oauth]\nclient_secret = \"canary-3\"\n"
        "[session]\nstorage = \"memory\"\ndatabase_url = \"postgres://u:canary-4@host/db\"\n"
        "[telemetry]\nheaders = { authorization = \"canary-5\" }\n"
        "[odd]\n\"a\\nb\" = 1\nwhen = 2025-08-30\n");
    EXPECT_EQ(made.text.find("canary"), std::string::npos) << made.text;
    for (const char* name :
         {"verbose", "server.bind", "auth.token", "auth.keys", "auth.oauth", "session.database_url",
          "telemetry.headers.authorization", "odd.\"a\\nb\"", "odd.when"}) {
        EXPECT_TRUE(has(made.left_out, name)) << name;
        EXPECT_NE(made.text.find("#   " + std::string(name)), std::string::npos) << name;
    }
    const Config file = Config::parse(made.text, "turntable.toml").value();
    EXPECT_TRUE(file.problems().empty());
    EXPECT_EQ(file.names("kv"), std::vector<std::string>{"sessions"});
    // A key of [auth] may be a secret as well.
    const ImportedConfig keyed = imported("[auth]\n\"canary+6\" = true\n");
    EXPECT_EQ(keyed.left_out, std::vector<std::string>{"auth.*"});
}

TEST(ConfigImport, RefusesWhatIsNoConfiguration) {
    const auto broken = import_shadowcat_config("[auth\ntoken = \"canary\"", "old.toml");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code(), ErrorCode::invalid_config);
    EXPECT_NE(broken.error().message().find("old.toml:1:"), std::string::npos);
    EXPECT_EQ(broken.error().to_string().find("canary"), std::string::npos);
    const std::string long_text(config_bytes_max, '\n');
    EXPECT_TRUE(import_shadowcat_config(long_text, "x"));
    EXPECT_EQ(import_shadowcat_config(long_text + "\n", "x").error().code(),
              ErrorCode::limit_exceeded);
    EXPECT_TRUE(imported("").left_out.empty());
}

}  // namespace
}  // namespace turntable
