#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "turntable/config.hpp"

namespace turntable {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(ProviderConfigFromJson, ReadsProviderSettingsUrlAndLayers) {
    const auto config = provider_config_from_json(
        R"({"provider_type": "sqlite", "settings": {"path": "a", "n": 3, "b": true, "d": 0.5},
            "layers": ["log"]})");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->provider_type, "sqlite");
    EXPECT_THAT(config->settings, ElementsAre(Pair("b", "true"), Pair("d", "0.5"), Pair("n", "3"),
                                              Pair("path", "a")));
    EXPECT_THAT(config->layers, ElementsAre("log"));

    const auto url =
        provider_config_from_json(R"({"url": "sqlite:x?a=1&b=2", "settings": {"a": 9}})");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->provider_type, "sqlite");
    EXPECT_THAT(url->settings, ElementsAre(Pair("a", "9"), Pair("b", "2")));
    EXPECT_EQ(url->url.path(), "x");
}

struct Wrong {
    std::string text;
    std::string says;
};

void PrintTo(const Wrong& tried, std::ostream* out) { *out << testing::PrintToString(tried.text); }

class WrongJson : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongJson, IsRefusedWithoutQuotingIt) {
    const auto config = provider_config_from_json(GetParam().text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(config.error().message(), HasSubstr(GetParam().says));
    EXPECT_THAT(config.error().message(), Not(HasSubstr("s3cr")));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongJson,
    ::testing::Values(Wrong{"", "1:1: this is not JSON"},
                      Wrong{"{\n \"token\": \"s3cr\" x}", "2:18: this is not"},
                      Wrong{"[]", "must be an object"},
                      Wrong{"{}", "needs a \"provider_type\" or a \"url\""},
                      Wrong{R"({"provider": "x"})", "unknown member \"provider\""},
                      Wrong{R"({"setting": {}})", "did you mean \"settings\"?"},
                      Wrong{R"({"provider_type": 1})", "\"provider_type\" must be a text"},
                      Wrong{R"({"provider_type": "x", "settings": []})",
                            "\"settings\" must be an object"},
                      Wrong{R"({"provider_type": "x", "settings": {"a": null}})", "\"a\" must be"},
                      Wrong{R"({"provider_type": "x", "layers": [1]})", "\"layers\" must be"},
                      Wrong{R"({"url": "https://u:s3cr/x@h"})", "port"}));

TEST(ProviderConfigFromJson, LengthIsLimited) {
    const std::string text = R"({"provider_type": "x"})";
    const std::string most = text + std::string(config_bytes_max - text.size(), ' ');
    EXPECT_TRUE(provider_config_from_json(most));
    EXPECT_EQ(provider_config_from_json(most + " ").error().code(), ErrorCode::limit_exceeded);
}

TEST(ConfigJsonSchema, HoldsEveryBackendOnce) {
    BackendInfo file{"sqlite", "sqlite", "files", {}};
    SettingInfo readers;
    readers.name = "readers";
    readers.type = SettingType::unsigned_integer;
    readers.default_value = SettingValue(std::uint64_t{4});
    readers.help = "Readers.";
    file.settings.fields.push_back(readers);
    const std::array backends{file, BackendInfo{"", "sqlite", "files", {}},
                              BackendInfo{"memory", "memory", "memory", {}}};
    const std::string schema = config_json_schema(backends);
    EXPECT_THAT(schema, HasSubstr("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
    EXPECT_THAT(schema, HasSubstr("\"title\": \"sqlite store\""));
    EXPECT_THAT(schema, HasSubstr("\"title\": \"memory store\""));
    EXPECT_EQ(schema.find("sqlite store"), schema.rfind("sqlite store"));
    EXPECT_THAT(schema, HasSubstr("\"default\": 4"));
    const std::size_t of_tapes = schema.find("\"tape\": {");
    ASSERT_NE(of_tapes, std::string::npos);
    EXPECT_THAT(schema.substr(of_tapes), HasSubstr("\"layers\": {"));
    EXPECT_THAT(schema, HasSubstr(R"("pattern": "\\$\\{")"));
}

}  // namespace
}  // namespace turntable
