#include "kv/codec/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace turntable::test {
namespace {

using namespace kv::codec;

TEST(Utf8, EveryCodePointIsReadAsItWasWritten) {
    for (std::uint32_t value = 0; value <= 0x10FFFF; ++value) {
        std::string text;
        append_code_point(text, value);
        const bool surrogate = is_high_surrogate(value) || is_low_surrogate(value);
        const CodePoint wide = read_code_point(text, Utf::wtf8);
        ASSERT_EQ(wide.value, value);
        ASSERT_EQ(wide.size, text.size());
        ASSERT_EQ(read_code_point(text, Utf::utf8).size, surrogate ? 0 : text.size()) << value;
        ASSERT_EQ(is_well_formed(text, Utf::utf8), !surrogate) << value;
        ASSERT_TRUE(is_well_formed(text, Utf::wtf8)) << value;
    }
}

TEST(Utf8, RefusesWhatHasAnotherForm) {
    for (const char* text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
          "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
          "\xC2", "\xC2 ", "\xE1\x80", "\xE1\x80 ", "\xF1\x80\x80", "\xF1\x80\x80 "}) {
        EXPECT_FALSE(is_well_formed(text, Utf::utf8)) << text;
        EXPECT_FALSE(is_well_formed(text, Utf::wtf8)) << text;
    }
    EXPECT_FALSE(is_well_formed("\xED\xA0\x80\xED\xB0\x80", Utf::wtf8)) << "a pair has four bytes";
    EXPECT_TRUE(is_well_formed("\xED\xB0\x80\xED\xA0\x80", Utf::wtf8)) << "no pair";
    EXPECT_TRUE(is_well_formed("\xED\xA0\x80-\xED\xB0\x80", Utf::wtf8)) << "no pair either";
}

TEST(Utf8, FindsABadByteAtEveryPlaceOfLongText) {
    for (std::size_t size = 1; size < 40; ++size) {
        const std::string good(size, 'a');
        EXPECT_EQ(ascii_prefix(good), size);
        EXPECT_TRUE(is_well_formed(good, Utf::utf8));
        for (std::size_t at = 0; at < size; ++at) {
            std::string bad = good;
            bad[at] = '\xFF';
            EXPECT_EQ(ascii_prefix(bad), at);
            EXPECT_FALSE(is_well_formed(bad, Utf::utf8)) << at << " of " << size;
        }
    }
    EXPECT_EQ(ascii_prefix(""), 0U);
    EXPECT_TRUE(is_well_formed("", Utf::utf8));
}

TEST(Utf8, TakesBothWidthsOfJavaScript) {
    EXPECT_EQ(from_latin1("plain"), "plain");
    EXPECT_EQ(from_latin1("caf\xE9"), "caf\xC3\xA9");
    const std::string units("a\0\x3D\xD8\x00\xDE\x3D\xD8", 8);  // a, a pair, half of one
    EXPECT_EQ(from_utf16(units), "a\xF0\x9F\x98\x80\xED\xA0\xBD");
}

}  // namespace
}  // namespace turntable::test
