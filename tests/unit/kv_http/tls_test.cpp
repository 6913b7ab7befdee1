// The backend over encrypted connections.

#include <gmock/gmock.h>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv.hpp"
#include "unit/kv_http/served.hpp"

namespace http_test {
namespace {

class HttpTls : public testing::Test {
  protected:
    void SetUp() override {
        const auto [status, output] = test::run_program(
            {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
             "-out", folder.file("c.pem"), "-keyout", folder.file("k.pem")});
        ASSERT_EQ(status, 0) << output;
        net::ServerOptions how;
        how.tls = net::TlsFiles{folder.file("c.pem"), folder.file("k.pem")};
        served.emplace(open_engine("memory", "", runtime).value(), runtime, std::move(how));
    }
    Result<kv::Database> open(kv::HttpOptions options) const {
        TURNTABLE_TRY(kv::HttpBackend backend, kv::open_http(std::move(options), runtime));
        return kv::Database(kv::AnyBackend(std::move(backend)), runtime, "https:");
    }

    test::TempFolder folder;
    std::shared_ptr<Runtime> runtime = Runtime::create();
    std::optional<Served> served;
};

TEST_F(HttpTls, ReadsWritesAndWatchesOverOneConnection) {
    kv::HttpOptions options = served->options();
    ASSERT_TRUE(options.url.starts_with("https://"));
    options.authorities = folder.file("c.pem");
    const auto database = open(options);
    ASSERT_TRUE(database) << database.error().to_string();
    auto watch = database->watch({"k"}).value();
    ASSERT_TRUE(watch.next());
    ASSERT_TRUE(database->set("k", std::string(60'000, 'v')));
    EXPECT_EQ((*database->get("k"))->value.as_text().value().size(), 60'000U);
    ASSERT_TRUE(watch.next());
    EXPECT_EQ(served->server().numbers().accepted, 1U);
}

TEST_F(HttpTls, BelievesNobodyWithoutReason) {
    kv::HttpOptions options = served->options();
    options.retry_for = std::chrono::milliseconds(0);
    const auto unknown = open(options)->set("k", "v");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::io);
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("certificate"));
    options.verify = false;
    EXPECT_TRUE(open(options)->set("k", "v"));
    options.verify = true;
    options.authorities = folder.file("none.pem");
    EXPECT_EQ(open(options).error().code(), ErrorCode::invalid_config);
}

}  // namespace
}  // namespace http_test
