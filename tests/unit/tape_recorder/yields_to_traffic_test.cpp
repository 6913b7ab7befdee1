#include "tape/recorder/yields_to_traffic.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace turntable::tape {
namespace {

using std::chrono::microseconds;

/// Goes on by a step each time that it is read: so long is who yields without the core.
class SteppingClock final : public Clock {
  public:
    WallTime wall_now() const noexcept override { return {}; }
    Instant steady_now() const noexcept override { return now += step; }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable& /*condition*/,
                    Instant /*deadline*/) override {}

    mutable Instant now;
    Instant::duration step{};
};

class YieldsToTrafficTest : public testing::Test {
  protected:
    int yields_in_batch(int frames) {
        yields.begin_batch();
        int count = 0;
        for (int i = 0; i < frames; ++i) {
            count += yields.between_frames() ? 1 : 0;
        }
        return count;
    }

    SteppingClock clock;
    YieldsToTraffic yields{clock};
};

TEST_F(YieldsToTrafficTest, AfterEachFrameWhileTheCoreComesBackSoon) {
    clock.step = microseconds(10);
    EXPECT_EQ(yields_in_batch(100), 100);
    EXPECT_EQ(yields_in_batch(100), 100);
}

TEST_F(YieldsToTrafficTest, ForAPartOfALongBatchOnly) {
    clock.step = Instant::duration(YieldsToTraffic::batch_time) / 20;
    EXPECT_EQ(yields_in_batch(1000), 10);  // each yield reads the clock twice
    EXPECT_EQ(yields_in_batch(1000), 10);
}

TEST_F(YieldsToTrafficTest, NotForASecondWhenSomethingElseHeldTheCore) {
    clock.step = YieldsToTraffic::burst_time + microseconds(1);
    EXPECT_EQ(yields_in_batch(100), 1);
    clock.step = microseconds(1);
    EXPECT_EQ(yields_in_batch(100), 0);
    clock.now += YieldsToTraffic::busy_time;
    EXPECT_EQ(yields_in_batch(100), 100);
}

TEST_F(YieldsToTrafficTest, ABurstOfTheLongestKindIsStillTraffic) {
    clock.step = YieldsToTraffic::burst_time;
    EXPECT_EQ(yields_in_batch(3), 3);
}

}  // namespace
}  // namespace turntable::tape
