#include "turntable/kv/capabilities.hpp"

#include <gmock/gmock.h>

namespace turntable::inline v0::kv {
namespace {

using testing::Contains;
using testing::Pair;

TEST(Capabilities, AreDescribedForPeople) {
    Capabilities capabilities;
    capabilities.durability = Durability::machine;
    capabilities.watch_others_within = std::chrono::milliseconds(100);
    const auto facts = describe(capabilities);
    EXPECT_THAT(facts, Contains(Pair("a commit survives", "a loss of power")));
    EXPECT_THAT(facts, Contains(Pair("watch other processes", "within 100 ms")));
    EXPECT_THAT(facts, Contains(Pair("snapshots", "no")));
    EXPECT_THAT(facts, Contains(Pair("queue", "yes")));
    EXPECT_THAT(facts, Contains(Pair("calls from several threads", "at once")));
    EXPECT_THAT(facts, Contains(Pair("largest key", "2048 bytes")));
    EXPECT_THAT(facts, Contains(Pair("largest value", "64 MiB")));
}

TEST(Capabilities, WhatIsNotThereIsDescribedToo) {
    Capabilities capabilities;
    capabilities.threading = Threading::serialized;
    capabilities.queue = false;
    capabilities.limits = deno_limits();
    const auto facts = describe(capabilities);
    EXPECT_THAT(facts, Contains(Pair("a commit survives", "nothing")));
    EXPECT_THAT(facts, Contains(Pair("watch other processes", "no")));
    EXPECT_THAT(facts, Contains(Pair("queue", "no")));
    EXPECT_THAT(facts, Contains(Pair("calls from several threads", "one after the other")));
    EXPECT_THAT(facts, Contains(Pair("largest value", "64 KiB")));
}

}  // namespace
}  // namespace turntable::inline v0::kv
