#include <gmock/gmock.h>

#include "interop/deno/peer.hpp"
#include "net/server.hpp"
#include "server/service.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/sqlite.hpp"

// Both clients of KV Connect, one after the other on the same kind of database, get the same.
namespace turntable::test {
namespace {

constexpr std::string_view token = "a-token-for-interop";

constexpr std::string_view expected = R"(set true
get world 42
absent null
list 150
reverse 149,148,147
many 3,null,4
100 checks true
failed check false
sum 11
expired null
large refused: max 65536 bytes
type refused: non-U64 value
nothing of it null
watch null,start
watch one,start
watch one,null
)";

class ServedClients : public DenoTest, public testing::WithParamInterface<const char*> {
  protected:
    void SetUp() override {
        DenoTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        const std::shared_ptr<Runtime> runtime = Runtime::shared();
        auto service = must(server::Service::create(
            {.runtime = runtime,
             .databases = {{.name = "main",
                            .database = kv::Database(backend(), runtime, GetParam())}},
             .access = std::make_shared<server::LiveAccess>(std::vector<server::AccessToken>{
                 {.name = "interop", .secret = std::string(token)}})}));
        server_ = must(net::Server::start(
            {.listen = {"127.0.0.1:0"}, .handler = service, .runtime = runtime, .threads = 1}));
        url_ = "http://" + server_->addresses().front();
    }
    kv::AnyBackend backend() const {
        if (std::string_view(GetParam()) == "memory") {
            return kv::MemoryBackend();
        }
        return must(kv::open_sqlite({.path = file()}));
    }
    std::string run_client(Words words) const {
        auto environment = this->environment();
        environment.emplace_back("DENO_KV_ACCESS_TOKEN", token);
        words.push_back(url_);
        auto [status, output] = run_program(words, environment);
        EXPECT_EQ(status, 0) << output;
        return output;
    }

    std::unique_ptr<net::Server> server_;
    std::string url_;
};

TEST_P(ServedClients, DenoGetsWhatItAskedForOverHttp2) {
    EXPECT_EQ(run_client({deno(), "run", "--quiet", "--no-remote", "--no-lock", "-A",
                          "--unstable-kv", INTEROP_FOLDER "/serve/deno_client.mjs"}),
              expected);
    EXPECT_TRUE(server_->stop(std::chrono::seconds(5)));
}

TEST_P(ServedClients, NodeGetsWhatItAskedForOverHttp1) {
    EXPECT_EQ(run_client({"node", INTEROP_FOLDER "/serve/node_client.mjs"}), expected);
    EXPECT_TRUE(server_->stop(std::chrono::seconds(5)));
}

INSTANTIATE_TEST_SUITE_P(Engines, ServedClients, testing::Values("memory", "sqlite"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace turntable::test
