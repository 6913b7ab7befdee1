#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv_connect/messages.hpp"
#include "kv_connect/metadata.hpp"
#include "kv_connect/watch_frames.hpp"
#include "server/service.hpp"
#include "turntable/kv/fake_backend.hpp"

namespace turntable::test {

/// What came back, with a body that is all there as text.
struct Answer {
    int status = 0;
    net::http::Headers headers;
    net::http::Body body;

    std::string text() const { return std::get<Bytes>(body).to_string(); }
    std::string header(std::string_view name) const {
        return std::string(headers.find(name).value_or(""));
    }
    Stream<Bytes>& stream() { return std::get<Stream<Bytes>>(body); }
};

inline Answer answer_of(Async<net::http::Response> response) {
    Result<net::http::Response> result = std::move(response).wait();
    EXPECT_TRUE(result) << result.error().to_string();
    if (!result) {
        return {};
    }
    return {result->status, std::move(result->headers), std::move(result->body)};
}

inline net::http::Request request_of(std::string method, std::string target,
                                     net::http::Headers headers = {}, std::string body = {}) {
    net::http::Request request;
    request.head.method = std::move(method);
    request.head.target = std::move(target);
    request.head.authority = "kv.test:4512";
    request.head.headers = std::move(headers);
    request.body = Bytes::take(std::move(body));
    return request;
}

/// A service over databases in memory, whose clock stands still.
class AskedService {
  public:
    static constexpr std::string_view secret = "correct-horse-battery";

    explicit AskedService(
        std::vector<server::AccessToken> tokens = {{.name = "all", .secret = std::string(secret)}},
        server::Settings settings = {}) {
        runtime = Runtime::create({.clock = clock,
                                   .log = std::make_shared<UniqueFunction<void(const LogRecord&)>>(
                                       [this](const LogRecord& record) { keep(record); })});
        fake = std::make_unique<kv::FakeBackend>(runtime);
        live = std::make_shared<server::LiveAccess>(std::move(tokens));
        auto made = server::Service::create(
            {.runtime = runtime,
             .settings = std::move(settings),
             .databases = {{.name = "main", .database = kv::Database(*fake, runtime, "memory:")},
                           {.name = "second",
                            .database = kv::Database(kv::FakeBackend(runtime), runtime)},
                           {.name = "frozen",
                            .database = kv::Database(kv::FakeBackend(runtime), runtime),
                            .read_only = true}},
             .access = live});
        EXPECT_TRUE(made) << made.error().to_string();
        service = *std::move(made);
    }

    Async<net::http::Response> start(net::http::Request request, const Context& context = {}) {
        return service->handle(std::move(request), context);
    }
    Answer ask(net::http::Request request) { return answer_of(start(std::move(request))); }
    /// The exchange as the clients make it.
    Answer exchange(std::string target = "/", std::string_view token = secret,
                    std::string body = kv::connect::encode_metadata_request()) {
        return ask(request_of("POST", std::move(target),
                              {{"authorization", "Bearer " + std::string(token)},
                               {"content-type", "application/json"}},
                              std::move(body)));
    }
    kv::connect::DatabaseMetadata metadata(std::string target = "/",
                                           std::string_view token = secret) {
        const Answer answer = exchange(std::move(target), token);
        EXPECT_EQ(answer.status, 200) << answer.text();
        auto decoded = kv::connect::decode_metadata(answer.text());
        EXPECT_TRUE(decoded) << decoded.error().to_string();
        return decoded ? *std::move(decoded) : kv::connect::DatabaseMetadata();
    }
    /// A call of the data path as the clients make it.
    static net::http::Request call(const kv::connect::DatabaseMetadata& of, std::string_view method,
                                   std::string body) {
        return request_of("POST", of.endpoints.front().url + "/" + std::string(method),
                          {{"authorization", "Bearer " + of.token},
                           {"content-type", "application/x-protobuf"},
                           {"x-denokv-database-id", of.database_id},
                           {"x-denokv-version", "3"}},
                          std::move(body));
    }
    Answer ask_call(std::string_view method, std::string body) {
        return ask(call(metadata(), method, std::move(body)));
    }

    /// The log so far: `component message name=value ...` in lines.
    std::string logged() const {
        const std::scoped_lock guard(log_mutex_);
        return log_;
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime;
    /// Behind the default database.
    std::unique_ptr<kv::FakeBackend> fake;
    std::shared_ptr<server::LiveAccess> live;
    std::shared_ptr<server::Service> service;

  private:
    void keep(const LogRecord& record) {
        const std::scoped_lock guard(log_mutex_);
        log_.append(record.component).append(" ").append(record.message);
        for (const LogField& field : record.fields) {
            log_.append(" ").append(field.name).append("=");
            if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
                log_ += std::to_string(*number);
            } else {
                log_ += std::get<std::string_view>(field.value);
            }
        }
        log_ += "\n";
    }

    mutable std::mutex log_mutex_;
    std::string log_;
};

/// A write of one value.
inline std::string set_message(const kv::Key& key, std::string_view value) {
    const kv::Mutation mutation{kv::MutationKind::set, key.encoded(), value};
    return kv::connect::encode_write({.mutations = std::span(&mutation, 1)}).value();
}

}  // namespace turntable::test
