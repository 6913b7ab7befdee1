#include "net/http/message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http = turntable::net::http;

namespace {

TEST(HttpHeaders, KeepTheOrderAndEveryValueOfAName) {
    http::Headers headers{{"accept", "a"}, {"x-one", "1"}, {"accept", "b"}};
    EXPECT_EQ(headers.find("accept"), "a");
    EXPECT_EQ(headers.joined("accept"), "a, b");
    EXPECT_FALSE(headers.find("x-two"));
    EXPECT_EQ(headers.joined("x-two"), "");
    headers.set("accept", "c");
    EXPECT_EQ(headers.joined("accept"), "c");
    EXPECT_EQ(headers.size(), 2U);
}

TEST(HttpHeaders, TakeOutAllOfAName) {
    http::Headers headers{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    headers.remove("a");
    EXPECT_EQ(headers.size(), 1U);
    EXPECT_FALSE(headers.find("a"));
}

TEST(HttpRequestHead, SplitsItsTargetAtTheFirstQuestionMark) {
    http::RequestHead head;
    head.target = "/a/b?x=1?y";
    EXPECT_EQ(head.path(), "/a/b");
    EXPECT_EQ(head.query(), "x=1?y");
    head.target = "/a";
    EXPECT_EQ(head.path(), "/a");
    EXPECT_EQ(head.query(), "");
}

TEST(HttpFields, NamesAreTokensInLowerCase) {
    EXPECT_TRUE(http::is_field_name("x-denokv-version"));
    for (const char* bad : {"", "X-Upper", "with space", "colon:", "a\r", "a\n", "\xC3\xA4"}) {
        EXPECT_FALSE(http::is_field_name(bad)) << bad;
    }
}

TEST(HttpFields, ValuesNeverEndALine) {
    EXPECT_TRUE(http::is_field_value(""));
    EXPECT_TRUE(http::is_field_value("text/plain; charset=utf-8"));
    EXPECT_TRUE(http::is_field_value("\xC3\xA4 and\ttab"));
    for (const std::string& bad : {std::string("a\r\nb"), std::string("a\nb"), std::string("\0", 1),
                                   std::string(" a"), std::string("a\t"), std::string("\x7F")}) {
        EXPECT_FALSE(http::is_field_value(bad)) << bad;
    }
}

}  // namespace
