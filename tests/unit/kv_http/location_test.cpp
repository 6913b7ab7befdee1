#include "backends/http/location.hpp"

#include <gmock/gmock.h>

namespace {

using namespace turntable;
using namespace turntable::kv::http;

TEST(Locations, AreTakenApart) {
    const struct {
        const char* url;
        const char* origin;
        const char* target;
        const char* host;
    } rows[] = {
        {"http://h", "http://h", "/", "h"},
        {"HTTP://Host:80/", "http://host:80", "/", "host"},
        {"https://h/a/b", "https://h", "/a/b", "h"},
        {"https://[::1]:4512/db/x", "https://[::1]:4512", "/db/x", "[::1]"},
        {"https://[::1]", "https://[::1]", "/", "[::1]"},
        {"http://h?q=1", "http://h", "/?q=1", "h"},
        {"http://h/a/../b/./c", "http://h", "/b/c", "h"},
        {"http://h/../..", "http://h", "/", "h"},
        {"http://h/a//", "http://h", "/a//", "h"},
    };
    for (const auto& row : rows) {
        const auto location = parse_location(row.url);
        ASSERT_TRUE(location) << row.url << " " << location.error().to_string();
        EXPECT_EQ(location->origin, row.origin) << row.url;
        EXPECT_EQ(location->target, row.target) << row.url;
        EXPECT_EQ(location->host(), row.host) << row.url;
    }
}

TEST(Locations, RefuseWhatIsNone) {
    for (const char* url :
         {"", "h", "ftp://h", "http:/h", "http://", "http:///x", "http://:80", "http://u@h",
          "http://u:p@h/", "http://h/#x", "http://h/a b", "http://h/\x01", "http://h\xC3\xA4"}) {
        EXPECT_EQ(parse_location(url).error().code(), ErrorCode::serialization) << url;
    }
}

TEST(Locations, ResolveReferences) {
    const Location base = parse_location("https://h:1/a/b?q=1").value();
    const struct {
        const char* reference;
        const char* text;
    } rows[] = {
        {"https://other/x", "https://other/x"},
        {"//other/x", "https://other/x"},
        {"/x/y", "https://h:1/x/y"},
        {"x", "https://h:1/a/x"},
        {"./x", "https://h:1/a/x"},
        {"../x", "https://h:1/x"},
        {"../../../x", "https://h:1/x"},
        {"", "https://h:1/a/b"},
        {"?r=2", "https://h:1/a/b?r=2"},
        {"x:y/z", "error"},
        {"/x:y/z", "https://h:1/x:y/z"},
    };
    for (const auto& row : rows) {
        const auto location = resolve_location(base, row.reference);
        EXPECT_EQ(location ? location->text() : "error", row.text) << row.reference;
    }
}

TEST(Locations, ASecretStaysWithItsHostAndEncrypted) {
    const auto may = [](const char* from, const char* to) {
        return may_follow(parse_location(from).value(), parse_location(to).value());
    };
    EXPECT_TRUE(may("http://h/a", "http://h:81/b"));
    EXPECT_TRUE(may("http://h/a", "https://h/b"));
    EXPECT_TRUE(may("https://h/a", "https://H/b"));
    EXPECT_FALSE(may("https://h/a", "http://h/a"));
    EXPECT_FALSE(may("https://h/a", "https://h.example/a"));
    EXPECT_FALSE(may("http://[::1]/a", "http://[::2]/a"));
}

}  // namespace
