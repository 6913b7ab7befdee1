#include "turntable/kv/delivery_id.hpp"

#include <gmock/gmock.h>

#include <set>

#include "turntable/kv/plan.hpp"

namespace {

using namespace turntable;
using kv::delivered_message;
using kv::delivery_attempt;
using kv::next_delivery_id;

TEST(DeliveryId, CountsTheAttemptsAndKeepsTheMessage) {
    const auto random = Random::seeded(7);
    std::string id = kv::new_message_id(*random);
    const std::string message = delivered_message(id);
    std::set<std::string> seen;
    for (std::uint32_t attempt = 1; attempt <= kv::delivery_attempts_max; ++attempt) {
        EXPECT_EQ(delivery_attempt(id), attempt) << id;
        EXPECT_EQ(delivered_message(id), message);
        EXPECT_TRUE(seen.insert(id).second) << id;
        id = next_delivery_id(id, *random);
    }
    // Beyond it is as good as a new message.
    EXPECT_EQ(delivery_attempt(id), 1U);
    EXPECT_NE(delivered_message(id), message);
    EXPECT_NE(delivered_message(kv::new_message_id(*random)), message);
}

TEST(DeliveryId, OfAnotherShapeIsThatOfANewMessage) {
    const auto random = Random::seeded(7);
    for (const char* id :
         {"", "x", "0A0b0c0d-0000-8000-8000-000000000005", "0a0b0c0d-0000-8000-8000-00000000000",
          "0a0b0c0d00000-8000-8000-000000000005"}) {
        EXPECT_EQ(delivery_attempt(id), 1U) << id;
        EXPECT_EQ(delivered_message(id), id);
        EXPECT_EQ(next_delivery_id(id, *random)[14], '4') << id;
    }
    EXPECT_EQ(delivery_attempt("0a0b0c0d-0000-8000-8000-000000000005"), 5U);
    EXPECT_EQ(delivery_attempt("0a0b0c0d-0000-8000-8000-000000000000"), 1U);
    EXPECT_EQ(delivery_attempt("0a0b0c0d-0000-4000-8000-000000000005"), 1U);
}

}  // namespace
