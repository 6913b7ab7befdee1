#include "core/rfc3339.hpp"

#include <gtest/gtest.h>

namespace turntable::detail {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, IsWrittenWithAsManyDigitsAsWanted) {
    const SplitTime time{std::chrono::sys_days(2026y / 11 / 22) + 15h + 4min + 5s, 250'000'009ns};
    EXPECT_EQ(to_rfc3339(time, 9), "2026-11-22T15:04:05.250000009Z");
    EXPECT_EQ(to_rfc3339(time, 3), "2026-11-22T15:04:05.250Z");
    EXPECT_EQ(to_rfc3339(time, 1), "2026-11-22T15:04:05.2Z");
    EXPECT_EQ(to_rfc3339(split_time(std::chrono::sys_time<std::chrono::milliseconds>(-1ms)), 3),
              "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, IsReadToTheNanosecondOverAllItsYears) {
    const auto read = [](std::string_view text) { return parse_rfc3339(text).value(); };
    EXPECT_EQ(read("2026-11-22T15:04:05.2500000099Z").fraction, 250'000'009ns);
    EXPECT_EQ(read("2026-11-22T17:34:05+02:30").seconds,
              std::chrono::sys_days(2026y / 11 / 22) + 15h + 4min + 5s);
    EXPECT_EQ(read("2016-12-31T23:59:60Z").seconds, read("2017-01-01T00:00:00Z").seconds);
    for (const char* text : {"0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
        EXPECT_EQ(to_rfc3339(read(text), 3), text);
    }
    EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
    EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
}

}  // namespace
}  // namespace turntable::detail
