#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kv_connect/metadata.hpp"
#include "net/server.hpp"
#include "turntable/kv/http.hpp"

namespace http_test {

using namespace turntable;

/// A server that says what a test tells it: what no real one can be made to say.
class Scripted {
  public:
    using Script = std::function<net::http::Response(const net::http::Request&)>;

    /// `script` answers whatever is not the exchange; the exchange gives `metadata`.
    explicit Scripted(std::shared_ptr<Runtime> runtime, Script script = {})
        : handler_(std::make_shared<Handler>(*this)), script_(std::move(script)) {
        metadata.database_id = "11111111-1111-8111-8111-111111111111";
        metadata.endpoints = {{"/v2", kv::Consistency::strong}};
        metadata.token = "data-token";
        metadata.expires_at = runtime->clock().wall_now() + std::chrono::hours(1);
        net::ServerOptions options;
        options.listen = {"127.0.0.1:0"};
        options.handler = handler_;
        options.runtime = std::move(runtime);
        options.threads = 1;
        server_ = net::Server::start(std::move(options)).value();
    }
    std::string url() const { return "http://" + server_->addresses().at(0); }
    kv::HttpOptions options() const {
        kv::HttpOptions options;
        options.url = url();
        options.access_token = "the-access-token";
        options.retry_for = std::chrono::milliseconds(0);
        return options;
    }
    /// What was asked so far: "TARGET token version".
    std::vector<std::string> asked() const {
        const std::scoped_lock guard(mutex_);
        return asked_;
    }

    kv::connect::DatabaseMetadata metadata;
    /// Instead of the metadata.
    Script exchange = {};

  private:
    class Handler final : public net::http::Handler {
      public:
        explicit Handler(Scripted& of) : of_(of) {}
        std::uint64_t body_limit(const net::http::RequestHead&) override { return 1 << 22; }
        Async<net::http::Response> handle(net::http::Request request, const Context&) override {
            return of_.answer(request);
        }

      private:
        Scripted& of_;
    };

    net::http::Response answer(const net::http::Request& request) {
        const auto header = [&](const char* name) {
            return std::string(request.head.headers.find(name).value_or("-"));
        };
        {
            const std::scoped_lock guard(mutex_);
            asked_.push_back(request.head.target + " " + header("authorization") + " " +
                             header("x-denokv-version"));
        }
        if (header("content-type") != "application/json") {
            return script_ ? script_(request) : net::http::Response{.status = 404};
        }
        if (exchange) {
            return exchange(request);
        }
        return {.status = 200,
                .headers = {{"content-type", "application/json"}},
                .body = Bytes::take(kv::connect::encode_metadata(metadata))};
    }

    std::shared_ptr<Handler> handler_;
    Script script_;
    mutable std::mutex mutex_;
    std::vector<std::string> asked_;
    std::unique_ptr<net::Server> server_;
};

}  // namespace http_test
