#include "server/settings.hpp"

#include <gmock/gmock.h>

#include "server/database_settings.hpp"
#include "server/listen.hpp"
#include "server/quota.hpp"
#include "support/asked_service.hpp"

namespace {

using namespace turntable;
using namespace std::chrono_literals;
using server::ListenAddress;
using test::AskedService;

TEST(ListenAddress, IsReadOrRefused) {
    const struct {
        const char* text;
        const char* host;
        unsigned port;
        bool local;
    } rows[] = {
        {"127.0.0.1:4512", "127.0.0.1", 4512, true},
        {"127.255.0.9:1", "127.255.0.9", 1, true},
        {"localhost:0", "localhost", 0, true},
        {"[::1]:65535", "::1", 65535, true},
        {"0.0.0.0:4512", "0.0.0.0", 4512, false},
        {"[::]:4512", "::", 4512, false},
        {":4512", "", 4512, false},
        {"128.0.0.1:1", "128.0.0.1", 1, false},
        {"127.0.0.1.example.org:1", "127.0.0.1.example.org", 1, false},
        {"127.0.0:1", "127.0.0", 1, false},
        {"127.0.0.256:1", "127.0.0.256", 1, false},
        {"example.org:80", "example.org", 80, false},
    };
    for (const auto& row : rows) {
        const auto address = ListenAddress::parse(row.text);
        ASSERT_TRUE(address) << row.text;
        EXPECT_EQ(address->host, row.host);
        EXPECT_EQ(address->port, row.port);
        EXPECT_EQ(address->is_local(), row.local) << row.text;
    }
    EXPECT_EQ(ListenAddress::parse("unix:/run/t.sock")->path, "/run/t.sock");
    EXPECT_TRUE(ListenAddress::parse("unix:/run/t.sock")->is_local());
    for (const char* text : {"", "localhost", "localhost:", "localhost:65536", "localhost:x",
                             "localhost:-1", "::1:80", "[::1:80", "unix:"}) {
        const auto address = ListenAddress::parse(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().code(), ErrorCode::invalid_config);
    }
}

TEST(ListenAddress, ThatOthersReachNeedsAToken) {
    for (const char* text : {"0.0.0.0:1", ":1", "[::]:1", "10.0.0.1:1", "example.org:1"}) {
        const ListenAddress address = ListenAddress::parse(text).value();
        const auto refused = server::check_exposure(address, false);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message(), testing::HasSubstr("give a token"));
        EXPECT_TRUE(server::check_exposure(address, true));
    }
    for (const char* text : {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/a"}) {
        EXPECT_TRUE(server::check_exposure(ListenAddress::parse(text).value(), false)) << text;
    }
}

TEST(ListenAddress, OfSettingsIsCheckedWithTheirTokens) {
    server::Settings settings{.listen = "0.0.0.0:4512"};
    EXPECT_FALSE(server::check_exposure(settings));
    settings.token_file = "tokens";
    EXPECT_TRUE(server::check_exposure(settings));
    settings.token_file.clear();
    settings.access_token = "a-token-of-its-own";
    EXPECT_TRUE(server::check_exposure(settings));
    EXPECT_TRUE(server::check_exposure(server::Settings{}));
}

TEST(ServerSettings, AreCheckedAtBothEndsOfEachRange) {
    const auto& settings = server::server_settings();
    EXPECT_TRUE(settings.validate({}));
    EXPECT_TRUE(settings.from_map({{"listen", "[::1]:0"},
                                   {"public_url", "https://example.org/kv"},
                                   {"token_lifetime", "1m"},
                                   {"keep_alive", "100ms"},
                                   {"body_max", "64KiB"},
                                   {"tls_certificate", "c.pem"},
                                   {"tls_key", "k.pem"},
                                   {"threads", "256"},
                                   {"connections_max", "1000000"},
                                   {"idle_time", "100ms"},
                                   {"head_time", "10m"},
                                   {"body_time", "1h"},
                                   {"write_time", "1h"},
                                   {"drain_time", "0"}}));
    EXPECT_TRUE(settings.from_map(
        {{"token_lifetime", "30d"}, {"keep_alive", "10m"}, {"body_max", "64MiB"}}));
    for (const auto& [name, value] : {std::pair{"listen", "nowhere"},
                                      std::pair{"public_url", "example.org"},
                                      std::pair{"public_url", "https://example.org/"},
                                      std::pair{"token_lifetime", "59s"},
                                      std::pair{"token_lifetime", "31d"},
                                      std::pair{"keep_alive", "99ms"},
                                      std::pair{"keep_alive", "11m"},
                                      std::pair{"body_max", "65535"},
                                      std::pair{"body_max", "65MiB"},
                                      std::pair{"requests", "-1"},
                                      std::pair{"requests_burst", "0"},
                                      std::pair{"access_token", "too short"},
                                      std::pair{"cors_origins", "example.org"},
                                      std::pair{"metrics_listen", "nowhere"},
                                      std::pair{"lissen", ":1"},
                                      std::pair{"tls_key", "k.pem"},
                                      std::pair{"tls_certificate", "c.pem"},
                                      std::pair{"threads", "257"},
                                      std::pair{"connections_max", "0"},
                                      std::pair{"connections_max", "1000001"},
                                      std::pair{"idle_time", "99ms"},
                                      std::pair{"head_time", "11m"},
                                      std::pair{"body_time", "2h"},
                                      std::pair{"write_time", "99ms"},
                                      std::pair{"drain_time", "601s"}}) {
        const auto refused = settings.from_map({{name, value}});
        ASSERT_FALSE(refused) << name << "=" << value;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
        EXPECT_THAT(refused.error().to_string(), testing::Not(testing::HasSubstr("too short")));
    }
}

TEST(DatabaseSettings, AreCheckedAtBothEndsOfEachRange) {
    const auto& settings = server::database_settings();
    EXPECT_TRUE(settings.validate({}));
    const SettingMap good = {{"webhook_url", "https://example.org/hook"},
                             {"webhook_secret", "sixteen-letters!"},
                             {"webhook_concurrency", "64"},
                             {"webhook_timeout", "100ms"},
                             {"backup_every", "1s"},
                             {"backup_keep", "1"}};
    EXPECT_TRUE(settings.from_map(good));
    for (const auto& [name, value] :
         {std::pair{"webhook_url", "ftp://example.org"}, std::pair{"webhook_url", "http://u@h/"},
          std::pair{"webhook_url", "http://h/#f"}, std::pair{"webhook_url", "http:///x"},
          std::pair{"webhook_url", "http://h/a b"}, std::pair{"webhook_secret", "fifteen-letters"},
          std::pair{"webhook_secret", "whsec_AAAA"}, std::pair{"webhook_secret", "whsec_?"},
          std::pair{"webhook_concurrency", "0"}, std::pair{"webhook_concurrency", "65"},
          std::pair{"webhook_timeout", "99ms"}, std::pair{"webhook_timeout", "11m"},
          std::pair{"backup_every", "999ms"}, std::pair{"backup_every", "367d"},
          std::pair{"backup_keep", "0"}, std::pair{"backup_keep", "10001"},
          std::pair{"requests", "-1"}, std::pair{"read_only", "true"},
          std::pair{"back_up_keep", "1"}}) {
        SettingMap map = good;
        map[name] = value;
        const auto refused = settings.from_map(map);
        ASSERT_FALSE(refused) << name << "=" << value;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
        EXPECT_THAT(refused.error().to_string(), testing::Not(testing::HasSubstr("letters")));
    }
}

TEST(DatabaseSettings, HaveAQuotaOfTheirOwnOrThatOfTheServer) {
    const server::Settings all{.requests = 7, .requests_burst = 9};
    EXPECT_FALSE(server::DatabaseSettings{}.quota(all));
    const auto own = server::DatabaseSettings{.requests = 3}.quota(all);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->requests, 3);
    EXPECT_EQ(own->requests_burst, 9);
    EXPECT_EQ(own->bytes_burst, all.bytes_burst);
}

TEST(Quota, RefusesWhatIsOverAndSaysWhenToCome) {
    const Instant start{1000s};
    server::Quota quota({.requests = 2, .requests_burst = 3}, start);
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(quota.take(0, start));
    }
    EXPECT_EQ(quota.take(0, start), 1s);
    EXPECT_EQ(quota.take(0, start), 1s);  // what was refused does not count
    EXPECT_FALSE(quota.take(0, start + 500ms));
    EXPECT_TRUE(quota.take(0, start + 500ms));
}

TEST(Quota, LetsALargeBodyPassAndMakesUpForIt) {
    const Instant start{1000s};
    server::Quota quota({.bytes = {100}, .bytes_burst = {50}}, start);
    EXPECT_FALSE(quota.take(1050, start));
    EXPECT_EQ(quota.take(1, start), 10s);
    EXPECT_EQ(quota.take(0, start + 9s), 1s);
    EXPECT_FALSE(quota.take(1, start + 10s));
}

TEST(Quota, IsOfOneDatabaseAndAnsweredWith429) {
    AskedService asked({}, {.requests = 1, .requests_burst = 2});
    const auto metadata = asked.metadata();
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
    const auto refused = asked.ask(AskedService::call(metadata, "snapshot_read", ""));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("retry-after"), "1");
    EXPECT_THAT(refused.text(), testing::HasSubstr("come again in 1 s"));
    EXPECT_EQ(asked.exchange("/db/second").status, 200);
    asked.clock->advance(1s);
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
}

}  // namespace
