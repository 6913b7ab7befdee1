#include "turntable/core/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turntable {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Form {
    std::string text;
    std::string scheme;
    std::string host;
    int port;
    std::string path;
};

class UrlForms : public ::testing::TestWithParam<Form> {};

TEST_P(UrlForms, AreReadAndPrintedExactly) {
    const Form& form = GetParam();
    auto url = Url::parse(form.text);
    ASSERT_TRUE(url) << url.error().to_string();
    EXPECT_EQ(url->scheme(), form.scheme);
    EXPECT_EQ(url->host(), form.host);
    EXPECT_EQ(url->port() ? int{*url->port()} : -1, form.port);
    EXPECT_EQ(url->path(), form.path);
    EXPECT_EQ(url->to_string(), form.text);
    EXPECT_EQ(*url, *Url::parse(url->to_string()));
}

INSTANTIATE_TEST_SUITE_P(
    All, UrlForms,
    ::testing::Values(
        Form{"", "", "", -1, ""}, Form{"memory:", "memory", "", -1, ""},
        Form{"memory:name", "memory", "", -1, "name"}, Form{":memory:", "", "", -1, ":memory:"},
        Form{"sqlite:app.db?durability=full", "sqlite", "", -1, "app.db"},
        Form{"sqlite:/abs/path", "sqlite", "", -1, "/abs/path"},
        Form{"sqlite:///abs", "sqlite", "", -1, "/abs"},
        Form{"SQLite:a%20b", "sqlite", "", -1, "a b"}, Form{"a:b", "", "", -1, "a:b"},
        Form{"ab:c", "ab", "", -1, "c"}, Form{"C:\\data\\x.db", "", "", -1, "C:\\data\\x.db"},
        Form{"./ab:c", "", "", -1, "./ab:c"}, Form{"dir/ab:c", "", "", -1, "dir/ab:c"},
        Form{"1ab:c", "", "", -1, "1ab:c"}, Form{"a+b-c.1:x", "a+b-c.1", "", -1, "x"},
        Form{"100%.db?x#y", "", "", -1, "100%.db?x#y"},
        Form{"https://user:pw@Host.Example:8080/p/q?a=b#f", "https", "host.example", 8080, "/p/q"},
        Form{"https://[::1]:443/x", "https", "::1", 443, "/x"},
        Form{"https://[FE80::1]", "https", "fe80::1", -1, ""},
        Form{"https://h:", "https", "h", -1, ""}, Form{"https://h:0", "https", "h", 0, ""},
        Form{"https://h:65535/", "https", "h", 65535, "/"},
        Form{"https://h?x=/a@b", "https", "h", -1, ""},
        Form{"https://h/@scope/a:b", "https", "h", -1, "/@scope/a:b"}));

TEST(Url, KeepsCredentialsQueryAndFragmentDecoded) {
    auto url = Url::parse("https://us%40er:p%3Aw%2F@h/?a=1&b=x%26y&a=2&c&=d&&e=f=g+h#fr%20ag");
    ASSERT_TRUE(url) << url.error().to_string();
    EXPECT_EQ(url->user(), "us@er");
    EXPECT_EQ(url->password(), "p:w/");
    EXPECT_THAT(url->query(), ElementsAre(QueryParameter{"a", "1"}, QueryParameter{"b", "x&y"},
                                          QueryParameter{"a", "2"}, QueryParameter{"c", ""},
                                          QueryParameter{"", "d"}, QueryParameter{"e", "f=g+h"}));
    EXPECT_EQ(url->query_value("a"), "1");
    EXPECT_EQ(url->query_value("z"), std::nullopt);
    EXPECT_EQ(url->fragment(), "fr ag");
}

TEST(Url, TellsAbsentCredentialsFromEmptyOnes) {
    EXPECT_EQ(Url::parse("https://h")->user(), std::nullopt);
    EXPECT_EQ(Url::parse("https://u@h")->password(), std::nullopt);
    EXPECT_EQ(Url::parse("https://:@h")->user(), "");
    EXPECT_EQ(Url::parse("https://:@h")->password(), "");
}

TEST(Url, EndpointHasNoCredentialsAndNoQuery) {
    EXPECT_EQ(Url::parse("https://u:p@h:80/a%20b?x=y#z")->endpoint(), "https://h:80/a%20b");
    EXPECT_EQ(Url::parse("https://[::1]:80")->endpoint(), "https://[::1]:80");
    EXPECT_EQ(Url::parse("memory:name?x=y")->endpoint(), "memory:name");
    EXPECT_EQ(Url::parse("some/path")->endpoint(), "some/path");
}

struct Wrong {
    std::string text;
    std::string says;
};

class WrongUrls : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUrls, AreRefusedWithoutQuotingASecret) {
    const auto url = Url::parse(GetParam().text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(url.error().to_string(), HasSubstr(GetParam().says));
    EXPECT_THAT(url.error().to_string(), Not(HasSubstr("s3cr")));
    EXPECT_THAT(mask_url(GetParam().text), Not(HasSubstr("s3cr")));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUrls,
    ::testing::Values(Wrong{"https://u:s3cr/et@h/", "port"}, Wrong{"https://u:s3cr?et@h/", "port"},
                      Wrong{"https://u:s3cr#et@h/", "port"}, Wrong{"https://h:65536", "port"},
                      Wrong{"https://h:-1", "port"}, Wrong{"https://h:1x", "port"},
                      Wrong{"https://u:s3cr%zz@h/", "password"},
                      Wrong{"https://u%f:s3cr@h", "user name"}, Wrong{"https://[::1", "bracket"},
                      Wrong{"https://u:s3cr@[1.2.3.4]", "IPv6"}, Wrong{"https://[::1]x", "bracket"},
                      Wrong{"https://a b/", "host"}, Wrong{"https://u:s3cr@/x", "no host"},
                      Wrong{"https://:80/", "no host"}, Wrong{"sqlite:a%00b", "path"},
                      Wrong{"sqlite:a%", "path"}, Wrong{"sqlite:a%4", "path"},
                      Wrong{"sqlite:a?token=s3cr%4", "query"}, Wrong{"sqlite:a#%", "fragment"},
                      Wrong{"sqlite:a\nb", "control character at byte 8"},
                      Wrong{std::string("a\0b", 3), "control character at byte 1"}));

TEST(Url, LengthIsLimited) {
    const std::string most = "memory:" + std::string(url_bytes_max - 7, 'x');
    EXPECT_TRUE(Url::parse(most.substr(1)));
    EXPECT_TRUE(Url::parse(most));
    const auto over = Url::parse(most + "x");
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), ErrorCode::limit_exceeded);
}

struct Masked {
    std::string text;
    std::string shown;
};

class MaskedUrls : public ::testing::TestWithParam<Masked> {};

TEST_P(MaskedUrls, ShowNoSecret) {
    const auto url = Url::parse(GetParam().text);
    ASSERT_TRUE(url) << url.error().to_string();
    const std::vector<std::string> more{"pin"};
    EXPECT_EQ(url->masked(more), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    All, MaskedUrls,
    ::testing::Values(Masked{"memory:", "memory:"}, Masked{"app.db", "app.db"},
                      Masked{"https://u:s3cr@h:1/p?a=b#f", "https://u:***@h:1/p?a=b#f"},
                      Masked{"https://u:@h", "https://u:***@h"},
                      Masked{"https://u@h", "https://u@h"},
                      Masked{"https://u:a@b@h", "https://u:***@h"},
                      Masked{"https://h?token=s3cr&a=b", "https://h?token=***&a=b"},
                      Masked{"https://h?a=b&Access-Key=s3cr", "https://h?a=b&Access-Key=***"},
                      Masked{"https://h?pass%77ord=s3cr", "https://h?pass%77ord=***"},
                      Masked{"https://h?password=s3#cr", "https://h?password=***"},
                      Masked{"https://h#access_token=s3cr&x=y", "https://h#access_token=***&x=y"},
                      Masked{"https://h?pin=s3cr&pins=2", "https://h?pin=***&pins=2"},
                      Masked{"https://u:12/34@h", "https://***@h"},
                      Masked{"https://h:80/?q=a@b", "https://h:80/?q=a@b"},
                      Masked{"https://h/@scope/p", "https://h/@scope/p"},
                      Masked{"//u:s3cr@h/x", "//***@h/x"},
                      Masked{"./x?password=s3cr", "./x?password=***"}, Masked{"./x@y", "./x@y"}));

TEST(MaskUrl, HidesMoreInATextThatIsNotTrusted) {
    EXPECT_EQ(mask_url("postgress://u:s3cr@h/db"), "postgress://***@h/db");
    EXPECT_EQ(mask_url_path("https://h:1/s3cr?x=s3cr#s3cr"), "https://h:1/***");
    EXPECT_EQ(mask_url_path("https://u:s3cr@h?s3cr"), "https://***@h/***");
    EXPECT_EQ(mask_url_path("https://h"), "https://h");
    EXPECT_EQ(mask_url_path("https://h/"), "https://h/");
    EXPECT_EQ(mask_url_path("h/s3cr"), "***");
    EXPECT_EQ(mask_url_path(""), "");
    EXPECT_EQ(mask_url("user:s3cr@h/db"), "user:***@h/db");
    EXPECT_EQ(mask_url("u:s3cr@h"), "***@h");
    EXPECT_EQ(mask_url("@store"), "@store") << "a named store, which hides nothing";
    EXPECT_EQ(mask_url("https:u:s3@cr@h"), "https:***@h");
    EXPECT_EQ(mask_url("sqlite:app.db&token=s3c/r&x=y"), "sqlite:app.db&token=***&x=y");
    EXPECT_EQ(mask_url("x?password=%zz"), "x?password=***");
    EXPECT_EQ(mask_url("two\nlines"), "two?lines");
    EXPECT_EQ(mask_url(""), "");
}

TEST(SecretNames, AreRecognised) {
    for (const char* name :
         {"password", "auth_token", "ACCESS_TOKEN", "secret-access-key", "sig", "X-Amz-Signature",
          "X-Amz-Credential", "api.key", "key", "client_secret"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
    }
    for (const char* name : {"", "path", "keys", "keyspace", "durability", "sign", "author"}) {
        EXPECT_FALSE(is_secret_name(name)) << name;
    }
}

TEST(Percent, EncodingIsUndoneByDecoding) {
    std::string all;
    for (int c = 1; c < 256; ++c) {
        all += static_cast<char>(c);
    }
    EXPECT_EQ(*percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a/b c", "/"), "a/b%20c");
}

}  // namespace
}  // namespace turntable
