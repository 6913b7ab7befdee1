#include "turntable/kv/key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <random>
#include <unordered_set>

#include "unit/kv_codec/literals.hpp"

namespace {

using namespace turntable::test;
using turntable::ByteView;
using turntable::ErrorCode;
using turntable::kv::BigInteger;
using turntable::kv::BytesPart;
using turntable::kv::Key;
using turntable::kv::KeyPart;
using turntable::kv::KeyRange;
using turntable::kv::KeyRef;
namespace kv = turntable::kv;

BigInteger power_of_two(unsigned exponent) {
    std::string magnitude(exponent / 8 + 1, '\0');
    magnitude.back() = static_cast<char>(1U << (exponent % 8));
    return *BigInteger::from_little_endian(false, magnitude);
}

struct PartCase {
    KeyPart part;
    std::string encoded;
    std::string text;
};

// In the order that the encodings must have.
std::vector<PartCase> part_cases() {
    return {
        {BytesPart{""}, "0100", "0x"},
        {BytesPart{std::string("\0\xFF", 2)}, "0100ffff00", "0x00ff"},
        {BytesPart{"\x61"}, "016100", "0x61"},
        {"", "0200", "\"\""},
        {std::string("\0", 1), "0200ff00", "\"\\u0000\""},
        {"42", "02343200", "\"42\""},
        {"a", "026100", "a"},
        {std::string("a\0b", 3), "026100ff6200", "\"a\\u0000b\""},
        {"a/b", "02612f6200", "\"a/b\""},
        {"\xC3\xA4", "02c3a400", "\xC3\xA4"},
        {"\xF0\x9F\x98\x80", "02f09f988000", "\xF0\x9F\x98\x80"},
        {-power_of_two(64), "0bf6feffffffffffffffff", "-18446744073709551616n"},
        {std::numeric_limits<std::int64_t>::min(), "0c7fffffffffffffff", "-9223372036854775808n"},
        {-256, "12feff", "-256n"},
        {-255, "1300", "-255n"},
        {-1, "13fe", "-1n"},
        {0, "14", "0n"},
        {1, "1501", "1n"},
        {255U, "15ff", "255n"},
        {256, "160100", "256n"},
        {std::numeric_limits<std::uint64_t>::max(), "1cffffffffffffffff", "18446744073709551615n"},
        {power_of_two(64), "1d09010000000000000000", "18446744073709551616n"},
        {-not_a_number, "210007ffffffffffff", "-NaN"},
        {-infinity, "21000fffffffffffff", "-Infinity"},
        {-1.5, "214007ffffffffffff", "-1.5"},
        {-0.0, "217fffffffffffffff", "-0"},
        {0.0, "218000000000000000", "0"},
        {5e-324, "218000000000000001", "5e-324"},
        {1.5, "21bff8000000000000", "1.5"},
        {42.0, "21c045000000000000", "42"},
        {4e9, "21c1edcd6500000000", "4000000000"},
        {infinity, "21fff0000000000000", "Infinity"},
        {not_a_number, "21fff8000000000000", "NaN"},
        {false, "26", "false"},
        {true, "27", "true"},
    };
}

TEST(KeyEncoding, MatchesTheBytesOfDenoBothWays) {
    for (const PartCase& c : part_cases()) {
        SCOPED_TRACE(c.text);
        const Key key{c.part};
        EXPECT_EQ(hex(key.encoded()), c.encoded);
        const auto parts = kv::decode_key(bytes_of(c.encoded));
        ASSERT_TRUE(parts) << parts.error().to_string();
        EXPECT_THAT(*parts, testing::ElementsAre(c.part));
        EXPECT_EQ(kv::print_key(key.encoded()), c.text);
        const auto parsed = kv::parse_key(c.text);
        ASSERT_TRUE(parsed) << parsed.error().to_string();
        EXPECT_EQ(*parsed, key);
    }
}

TEST(KeyEncoding, OrdersAsThePartsDo) {
    const auto cases = part_cases();
    for (std::size_t i = 0; i < cases.size(); ++i) {
        for (std::size_t j = 0; j < cases.size(); ++j) {
            SCOPED_TRACE(cases[i].text + " and " + cases[j].text);
            EXPECT_EQ(cases[i].part <=> cases[j].part, i <=> j);
            const Key a{cases[i].part, "tail"};
            const Key b{cases[j].part, "tail"};
            EXPECT_EQ(a <=> b, i <=> j);
        }
    }
    EXPECT_LT(Key("a"), (Key{"a", "b"}));
    EXPECT_LT((Key{"a", true}), Key("a "));
}

TEST(KeyEncoding, HoldsIntegersOfUpTo255Bytes) {
    for (const unsigned size : {9U, 254U, 255U}) {
        const BigInteger integer = power_of_two(8 * size - 1);
        for (const BigInteger& value : {integer, -integer}) {
            const Key key{value};
            ASSERT_TRUE(key.is_valid());
            EXPECT_EQ(*key.parts()->at(0).integer(), value);
        }
    }
    const KeyPart too_large = power_of_two(8 * 255);
    EXPECT_EQ(Key::from_parts({&too_large, 1}).error().code(), ErrorCode::limit_exceeded);
    EXPECT_FALSE(Key{too_large}.is_valid());
}

TEST(KeyEncoding, LeavesTheOutputAsItWasOnAnError) {
    std::string out = "before";
    const std::vector<KeyPart> parts{"fine", "\xFF"};
    EXPECT_EQ(kv::encode_key(parts, out).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(out, "before");
}

TEST(KeyEncoding, RefusesTextThatIsNotUtf8) {
    for (const char* text :
         {"\xFF", "a\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF",
          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xC3", "eight ascii then \xE2\x82"}) {
        const KeyPart part = text;
        EXPECT_EQ(Key::from_parts({&part, 1}).error().code(), ErrorCode::invalid_argument);
        const Key key(text);
        EXPECT_FALSE(key.is_valid());
        EXPECT_FALSE(key.child("x").is_valid());
        EXPECT_EQ(kv::check_user_key(key.encoded()).error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(KeyRef(text).encoded(), key.encoded());
    }
    for (const char* text : {"\x7F", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(Key(text).is_valid());
    }
}

TEST(KeyDecoding, RefusesWhatTheEncoderNeverWrites) {
    for (const char* encoded : {"00",
                                "01",
                                "02",
                                "0161",
                                "026100ff",
                                "02ff00",
                                "02c000",
                                "03",
                                "0a",
                                "0b",
                                "0bf6",
                                "0bf7",
                                "0bf7feffffffffffff",
                                "0bf6fffeffffffffffffff",
                                "13ff",
                                "13",
                                "1500",
                                "1600ff",
                                "15",
                                "1d",
                                "1d08ffffffffffffffff",
                                "1d09",
                                "1d0900ffffffffffffffff",
                                "1e",
                                "20",
                                "21",
                                "2180000000000000",
                                "21fff8000000000001",
                                "21fff4000000000000",
                                "22",
                                "25",
                                "28",
                                "ff",
                                "026100ff0061"}) {
        SCOPED_TRACE(encoded);
        const auto parts = kv::decode_key(bytes_of(encoded));
        ASSERT_FALSE(parts);
        EXPECT_EQ(parts.error().code(), ErrorCode::serialization);
        EXPECT_FALSE(Key::from_encoded(bytes_of(encoded)));
    }
}

TEST(KeyText, QuotesOnlyWhatWouldReadAsSomethingElse) {
    const std::map<std::string, std::string> cases{
        {"users", "users"},
        {"two words", "two words"},
        {" edge", "\" edge\""},
        {"edge ", "\"edge \""},
        {"true", "\"true\""},
        {"True", "True"},
        {"NaN", "\"NaN\""},
        {"-Infinity", "\"-Infinity\""},
        {"1e5", "\"1e5\""},
        {"1e", "1e"},
        {"007", "007"},
        {"007n", "007n"},
        {"7n", "\"7n\""},
        {"-0n", "-0n"},
        {"1.5n", "1.5n"},
        {"2024-01-01", "2024-01-01"},
        {"0x", "\"0x\""},
        {"0X", "0X"},
        {"-", "-"},
        {"a\"b", "\"a\\\"b\""},
        {"a\\b", "a\\b"},
        {"\xC2\x85", "\"\\u0085\""},
        {"\n\t\x01", "\"\\n\\t\\u0001\""},
        {"'", "'"},
    };
    for (const auto& [text, printed] : cases) {
        EXPECT_EQ(kv::print_key(Key(text).encoded()), printed);
        EXPECT_EQ(*kv::parse_key(printed), Key(text));
    }
}

TEST(KeyText, ReadsPartsAndEscapes) {
    EXPECT_EQ(*kv::parse_key("users/42n/42/-0/true/0x00FF"),
              (Key{"users", 42, 42.0, -0.0, true, BytesPart{std::string("\0\xFF", 2)}}));
    EXPECT_EQ(*kv::parse_key(R"("\ud83d\ude00\u00e4\/\"\\\b\f\r"/x)"),
              (Key{"\xF0\x9F\x98\x80\xC3\xA4/\"\\\b\f\r", "x"}));
    EXPECT_EQ(*kv::parse_key(""), Key());
    EXPECT_EQ(kv::print_key(""), "");
    EXPECT_EQ(*kv::parse_key("9007199254740992/1e400n/1152921504606846976"),
              (Key{9007199254740992.0, "1e400n", 1152921504606846976.0}));
}

TEST(KeyText, NamesThePositionOfAMistake) {
    const std::map<std::string, std::string> cases{
        {"/a", "0"},
        {"a/", "2"},
        {"a//b", "2"},
        {"a/\"b", "2"},
        {"\"a\"b", "3"},
        {"a\"b", "1"},
        {"x/0xf", "4"},
        {"0x0g", "2"},
        {"\"\\x\"", "1"},
        {"\"\\ud800\"", "1"},
        {"\"\\u12\"", "1"},
        {"a\nb", "1"},
        {"\"a\nb\"", "2"},
        {"a/\xFF", "2"},
        {"\"\xFF\"", "1"},
        {"1e999", "0"},
        {"a/9007199254740993", "2"},
        {"a/ b", "2"},
        {"\"\\", "1"},
        {"<not a key: \"ff\">", "12"},
    };
    for (const auto& [text, position] : cases) {
        SCOPED_TRACE(text);
        const auto key = kv::parse_key(text);
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().code(), ErrorCode::invalid_argument);
        ASSERT_EQ(key.error().context().size(), 1U);
        EXPECT_EQ(key.error().context()[0].second, position);
    }
    const auto huge = kv::parse_key("a/1" + std::string(620, '0') + "n");
    EXPECT_EQ(huge.error().context()[0].second, "2");
    EXPECT_EQ(kv::print_key("\xFF\x01"), "<not a key: \"ff01\">");
}

KeyPart random_part(std::mt19937& random) {
    const auto below = [&random](unsigned limit) {
        return static_cast<unsigned>(random() % limit);
    };
    std::string text;
    constexpr std::string_view alphabet("a0nx/\"\\ \n\0-.etrufals\x7F", 22);
    for (unsigned i = below(7); i > 0; --i) {
        text += alphabet[below(22)];
    }
    switch (below(6)) {
        case 0:
            return BytesPart{text + static_cast<char>(below(256))};
        case 1: {
            std::string magnitude;
            for (unsigned i = below(20); i > 0; --i) {
                magnitude += static_cast<char>(below(256));
            }
            return *BigInteger::from_big_endian(below(2) == 0, magnitude);
        }
        case 2: {
            const std::uint64_t bits = (std::uint64_t{random()} << 32U) | random();
            return std::bit_cast<double>(bits);
        }
        case 3:
            return below(2) == 0;
        case 4:
            return static_cast<double>(below(2000)) / 4 - 250;
        default:
            return text;
    }
}

TEST(KeyProperties, RandomKeysSurviveEveryFormAndOrderAsTheirParts) {
    std::mt19937 random(20240607);
    std::vector<KeyPart> last;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<KeyPart> parts;
        for (std::size_t i = random() % 4; i > 0; --i) {
            parts.push_back(random_part(random));
        }
        const auto key = Key::from_parts(parts);
        ASSERT_TRUE(key);
        const std::string text = kv::print_key(key->encoded());
        SCOPED_TRACE(text);
        ASSERT_EQ(*key->parts(), parts);
        ASSERT_EQ(*Key::from_encoded(key->encoded()), *key);
        const auto parsed = kv::parse_key(text);
        ASSERT_TRUE(parsed) << parsed.error().to_string();
        ASSERT_EQ(*parsed, *key);
        ASSERT_EQ(*key <=> *Key::from_parts(last),
                  std::lexicographical_compare_three_way(parts.begin(), parts.end(), last.begin(),
                                                         last.end()));
        last = std::move(parts);
    }
}

TEST(KeyUse, IsMadeFromPlainStringsAndFromParts) {
    const std::string text = "users";
    const Key key = text;
    EXPECT_EQ(key, Key("users"));
    EXPECT_EQ(key, Key{"users"});
    EXPECT_EQ(key, Key(std::string_view("users")));
    EXPECT_EQ(key / 42 / "name", (Key{"users", 42, "name"}));
    EXPECT_EQ(Key("users") / true, key.child(true));
    EXPECT_EQ(key, Key("users"));
    std::unordered_set<Key> set{key, Key("users"), Key("other")};
    EXPECT_EQ(set.size(), 2U);
}

std::string encoded_argument(const KeyRef& key) { return key.encoded().to_string(); }

TEST(KeyUse, ArgumentsTakeKeysStringsAndLists) {
    const Key key{"users", 42};
    EXPECT_EQ(encoded_argument(key), key.encoded());
    EXPECT_EQ(KeyRef(key).encoded().data(), key.encoded().data());
    EXPECT_EQ(encoded_argument({"users", 42}), key.encoded());
    EXPECT_EQ(encoded_argument("users"), Key("users").encoded());
    EXPECT_EQ(encoded_argument(std::string("a\0b", 3)), Key(std::string("a\0b", 3)).encoded());
    EXPECT_EQ(KeyRef::from_encoded("raw").encoded(), ByteView("raw"));
    for (const std::size_t size : {0U, 61U, 62U, 63U, 64U, 1000U}) {
        const std::string text(size, 'x');
        EXPECT_EQ(encoded_argument(text), Key(text).encoded());
    }
}

TEST(KeyUse, AShortPlainStringIsEncodedInsideTheArgument) {
    for (const std::size_t size : {0U, 61U, 62U, 63U}) {
        const std::string text(size, 'x');
        const KeyRef key(text);
        const auto* begin = reinterpret_cast<const char*>(&key);
        const bool inside =
            key.encoded().data() >= begin && key.encoded().data() < begin + sizeof key;
        EXPECT_EQ(inside, size <= 62) << size;
    }
}

TEST(KeyUse, NamesOnlyWhatUsersMayName) {
    EXPECT_TRUE(kv::check_user_key(Key("a").encoded()));
    EXPECT_FALSE(kv::check_user_key(""));
    EXPECT_FALSE(kv::check_user_key("\xFF\x01"));
    EXPECT_TRUE(kv::is_reserved("\xFF"));
    EXPECT_FALSE(kv::is_reserved(""));
    EXPECT_FALSE(kv::is_reserved("\xFE\xFF"));
}

bool holds(const KeyRange& range, const Key& key) {
    return ByteView(range.start) <= key.encoded() && key.encoded() < ByteView(range.end);
}

TEST(KeyRanges, APrefixHoldsItsExtensionsAndNotItself) {
    const Key prefix{"prefix"};
    const KeyRange range = kv::prefix_range(prefix.encoded());
    EXPECT_FALSE(holds(range, prefix));
    for (const PartCase& c : part_cases()) {
        EXPECT_TRUE(holds(range, prefix / c.part)) << c.text;
        EXPECT_FALSE(holds(range, Key{c.part, "a"})) << c.text;
        EXPECT_TRUE(holds(kv::prefix_range(""), Key{c.part})) << c.text;
    }
}

TEST(KeyRanges, ATextPrefixHoldsAllKeysThatStartWithIt) {
    const KeyRange range = kv::text_prefix_range("user");
    EXPECT_TRUE(holds(range, "user"));
    EXPECT_TRUE(holds(range, "user:1"));
    EXPECT_TRUE(holds(range, std::string("user\0", 5)));
    EXPECT_TRUE(holds(range, "user\xF4\x8F\xBF\xBF"));
    EXPECT_TRUE(holds(range, Key{"users", 1}));
    EXPECT_FALSE(holds(range, "use"));
    EXPECT_FALSE(holds(range, "uses"));
    EXPECT_FALSE(holds(range, Key{1}));
    const KeyRange with_zero = kv::text_prefix_range(std::string_view("a\0", 2));
    EXPECT_TRUE(holds(with_zero, std::string("a\0b", 3)));
    EXPECT_FALSE(holds(with_zero, "a"));
    EXPECT_FALSE(holds(with_zero, "a\x01"));
    const KeyRange all_text = kv::text_prefix_range("");
    EXPECT_TRUE(holds(all_text, ""));
    EXPECT_FALSE(holds(all_text, Key{0}));
    EXPECT_FALSE(holds(all_text, Key{BytesPart{"x"}}));
}

}  // namespace
