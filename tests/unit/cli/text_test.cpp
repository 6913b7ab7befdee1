#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace turntable_cli {
namespace {

using Words = std::vector<std::string>;

TEST(SplitWords, KeepsQuotedTextTogether) {
    EXPECT_EQ(*split_words("set key value"), (Words{"set", "key", "value"}));
    EXPECT_EQ(*split_words("  set\tkey  "), (Words{"set", "key"}));
    EXPECT_EQ(*split_words(R"(set k "two words")"), (Words{"set", "k", "two words"}));
    EXPECT_EQ(*split_words(R"(set k 'it is "so"')"), (Words{"set", "k", R"(it is "so")"}));
    EXPECT_EQ(*split_words(R"(set k a\ b\"c)"), (Words{"set", "k", R"(a b"c)"}));
    EXPECT_EQ(*split_words(R"(set k "")"), (Words{"set", "k", ""}));
    EXPECT_EQ(*split_words(""), Words{});
}

TEST(SplitWords, RefusesAnOpenQuote) {
    EXPECT_EQ(split_words(R"(set k "open)").error().code(), turntable::ErrorCode::invalid_argument);
}

TEST(ParseDuration, TakesUnitsAndRefusesTheRest) {
    using std::chrono::milliseconds;
    EXPECT_EQ(*parse_duration("t", "250ms"), milliseconds(250));
    EXPECT_EQ(*parse_duration("t", "10m"), milliseconds(600'000));
    EXPECT_EQ(*parse_duration("t", "7"), milliseconds(7));
    EXPECT_FALSE(parse_duration("t", "soon"));
    EXPECT_FALSE(parse_duration("t", "-1s"));
}

TEST(ParseValue, ReadsEachType) {
    EXPECT_EQ(parse_value("a b", ValueType::text)->data().text(), "a b");
    EXPECT_EQ(*parse_value("18446744073709551615", ValueType::u64)->as_u64(), UINT64_MAX);
    EXPECT_FALSE(parse_value("18446744073709551616", ValueType::u64));
    EXPECT_FALSE(parse_value("-1", ValueType::u64));
    EXPECT_EQ(parse_value("00fF", ValueType::hex)->data().text(), std::string_view("\x00\xff", 2));
    EXPECT_FALSE(parse_value("0", ValueType::hex));
    EXPECT_FALSE(parse_value("0g", ValueType::hex));
    EXPECT_FALSE(parse_value("{\"a\":", ValueType::json));
}

TEST(PrintValue, ShowsTextAsItIsAndTheRestAsJson) {
    EXPECT_EQ(print_value("plain"), "plain");
    EXPECT_EQ(print_value(turntable::kv::Value::u64(42)), "42");
    EXPECT_EQ(print_value(*parse_value("00ff", ValueType::hex)).substr(0, 9), "{\"$bytes\"");
    EXPECT_EQ(print_value(*parse_value("{\"a\":[1,true]}", ValueType::json)), "{\"a\":[1,true]}");
}

TEST(PrintCount, GroupsDigits) {
    EXPECT_EQ(print_count(0), "0");
    EXPECT_EQ(print_count(999), "999");
    EXPECT_EQ(print_count(1000), "1,000");
    EXPECT_EQ(print_count(1234567), "1,234,567");
}

}  // namespace
}  // namespace turntable_cli
