#include <gtest/gtest.h>

#include <random>

#include "support/generated_write.hpp"

namespace {

TEST(Plan, AgreesWithTheNaiveEvaluatorOnRandomWrites) {
    std::mt19937 random(20);
    for (int round = 0; round < 50'000; ++round) {
        std::vector<std::uint8_t> bytes(random() % 200);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        ASSERT_EQ(turntable::test::compare_plan(bytes), "") << "in round " << round;
    }
}

}  // namespace
