// From `layers = [...]` to a stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "turntable/core/metrics.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string problem(const Registry& registry, const std::string& item) {
    const auto db = registry.open("memory:", {.layers = {item}});
    EXPECT_EQ(db ? ErrorCode::backend : db.error().code(), ErrorCode::invalid_config) << item;
    return db ? "opened" : db.error().to_string();
}

TEST(NamedLayers, AreReadLikeAUrlAndNameTheNearestToASlip) {
    const Registry registry = Registry::from_environment(lookup_in({}));
    EXPECT_THAT(problem(registry, "rettry"), HasSubstr("did you mean \"retry\"?"));
    EXPECT_THAT(problem(registry, "retry?max_atempts=3"),
                HasSubstr("did you mean \"max_attempts\"?"));
    EXPECT_THAT(problem(registry, "retry?max_attempts=0"), HasSubstr("from 1 to 1000"));
    EXPECT_THAT(problem(registry, "retry?max_attempts=1&max_attempts=2"), HasSubstr("twice"));
    EXPECT_THAT(problem(registry, "prefix"), HasSubstr("parts"));
    EXPECT_THAT(problem(registry, "prefix?parts=%22open"), HasSubstr("no key"));
    EXPECT_THAT(problem(registry, ""), HasSubstr("there is no layer"));
    EXPECT_THAT(problem(registry, "read_only?x=1"), HasSubstr("x"));
}

TEST(NamedLayers, StandInTheOrderOfTheListOutermostFirst) {
    const Registry registry = Registry::from_environment(lookup_in({}));
    // metrics outside of the prefix sees the short key, inside of it the long one.
    const auto bytes = [&](std::vector<std::string> layers) {
        const auto fresh = Runtime::create();
        const auto db = registry.open("memory:", {.runtime = fresh, .layers = std::move(layers)});
        EXPECT_TRUE(db) << db.error().to_string();
        EXPECT_TRUE(db->get("k"));
        const MetricLabels labels = {{"backend", "memory"}, {"operation", "get"}};
        return fresh->metrics()->counter("turntable_kv_request_bytes_total", "", labels).value();
    };
    const auto outside = bytes({"metrics", "prefix?parts=long/name"});
    const Key prefix{"long", "name"};
    EXPECT_EQ(bytes({"prefix?parts=long/name", "metrics"}), outside + prefix.encoded().size());
}

TEST(NamedLayers, OfTheCallBeatThoseOfTheConfiguration) {
    const Registry registry = Registry::from_environment(lookup_in({}));
    ProviderConfig config = ProviderConfig::from_map("memory", {});
    config.layers = {"read_only"};
    EXPECT_TRUE(registry.open(config)->capabilities().read_only);
    EXPECT_FALSE(registry.open(config, {.layers = {"check"}})->capabilities().read_only);
}

TEST(NamedLayers, OfAProgramsOwnAreFoundLikeTheOthers) {
    Registry registry = Registry::from_environment(lookup_in({}));
    std::string below;
    const LayerFactory factory = [&](AnyBackend inner, const ProviderConfig&,
                                     const LayerPlace& place) -> Result<AnyBackend> {
        below = place.backend + " " + place.url;
        return inner;
    };
    const LayerInfo mine{.name = "mine"};
    ASSERT_TRUE(registry.add_layer(mine, factory));
    EXPECT_EQ(registry.add_layer(mine, factory).error().code(), ErrorCode::already_exists);
    EXPECT_EQ(registry.add_layer({.name = "no?name"}, factory).error().code(),
              ErrorCode::invalid_argument);
    ASSERT_TRUE(registry.open("memory:x?lease=1s", {.layers = {"mine"}}));
    EXPECT_EQ(below, "memory memory:x?lease=1s");
    EXPECT_THAT(problem(registry, "mime"), HasSubstr("did you mean \"mine\"?"));
}

TEST(NamedLayers, AreAllDescribed) {
    std::vector<std::string> names;
    for (const LayerInfo& layer : Registry::from_environment(lookup_in({})).layers()) {
        names.push_back(layer.name);
        EXPECT_FALSE(layer.summary.empty());
        EXPECT_EQ(layer.settings.name, layer.name);
    }
    EXPECT_THAT(names, ElementsAre("cache", "chaos", "check", "concurrency", "logging", "metrics",
                                   "prefix", "read_only", "retry", "throttle", "timeout"));
}

TEST(NamedLayers, MaskWhatIsSecretInThem) {
    Registry registry;
    LayerInfo info{.name = "sealed"};
    SettingInfo phrase;
    phrase.name = "phrase";
    phrase.secret = true;
    info.settings.fields.push_back(phrase);
    ASSERT_TRUE(registry.add_layer(
        info, [](AnyBackend inner, auto&, auto&) { return Result<AnyBackend>(std::move(inner)); }));
    EXPECT_EQ(registry.read_layer("sealed?phrase=open")->masked, "sealed?phrase=***");
    EXPECT_THAT(registry.read_layer("sealed?phrase=open&x=1").error().to_string(),
                Not(HasSubstr("open")));
}

}  // namespace
}  // namespace turntable::inline v0::kv
