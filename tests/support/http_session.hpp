#pragma once

// A connection of a server without a socket: a test says what comes, what time it is, and what the
// handler answers.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http/server_session.hpp"

namespace turntable::test {

namespace http = net::http;

/// Runs what was posted when the test says so.
class ManualExecutor final : public Executor {
  public:
    void post(UniqueFunction<void()> work) override { work_.push_back(std::move(work)); }
    void run() {
        while (!work_.empty()) {
            auto next = std::move(work_.front());
            work_.pop_front();
            next();
        }
    }

  private:
    std::deque<UniqueFunction<void()>> work_;
};

/// Answers with what the test gives; remembers what was asked.
class ScriptedHandler final : public http::Handler {
  public:
    using Answer = std::function<Async<http::Response>(const http::Request&, const Context&)>;

    std::uint64_t body_limit(const http::RequestHead&) override { return limit; }
    Async<http::Response> handle(http::Request request, const Context& context) override {
        requests.push_back(request);
        contexts.push_back(context);
        if (answer) {
            return answer(requests.back(), context);
        }
        return http::Response{.body = Bytes::copy("answer to " + request.head.target)};
    }

    std::uint64_t limit = 1024;
    Answer answer;
    std::vector<http::Request> requests;
    std::vector<Context> contexts;
};

/// A streamed body whose pieces the test gives.
struct Pieces {
    std::deque<Promise<std::optional<Bytes>>> asked;
    bool dropped = false;

    void give(Result<std::optional<Bytes>> piece) {
        auto promise = std::move(asked.front());
        asked.pop_front();
        std::move(promise).complete(std::move(piece));
    }
};

class PieceSource final : public StreamSource<Bytes> {
  public:
    PieceSource(std::shared_ptr<Pieces> pieces, std::shared_ptr<Runtime> runtime)
        : pieces_(std::move(pieces)), runtime_(std::move(runtime)) {}
    ~PieceSource() override { pieces_->dropped = true; }
    PieceSource(const PieceSource&) = delete;
    PieceSource& operator=(const PieceSource&) = delete;

    Async<std::optional<Bytes>> next(const Context& context) override {
        Promise<std::optional<Bytes>> promise(*runtime_, context);
        auto async = promise.take_async();
        pieces_->asked.push_back(std::move(promise));
        return async;
    }

  private:
    std::shared_ptr<Pieces> pieces_;
    std::shared_ptr<Runtime> runtime_;
};

/// A server for connections that the test makes.
class SessionServer {
  public:
    SessionServer() {
        options->handler = handler;
        options->runtime = runtime;
        options->executor = executor;
    }

    /// What is pending at the end holds on to the executor.
    ~SessionServer() { executor->run(); }
    SessionServer(const SessionServer&) = delete;
    SessionServer& operator=(const SessionServer&) = delete;

    http::Response streamed(const std::shared_ptr<Pieces>& pieces) {
        streams.push_back(pieces);
        return {.body = Stream<Bytes>(std::make_unique<PieceSource>(pieces, runtime))};
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    std::shared_ptr<ManualExecutor> executor = std::make_shared<ManualExecutor>();
    std::shared_ptr<ScriptedHandler> handler = std::make_shared<ScriptedHandler>();
    std::shared_ptr<http::SessionOptions> options = std::make_shared<http::SessionOptions>();
    std::vector<std::shared_ptr<Pieces>> streams;
};

/// One connection: bytes in, bytes out.
class SessionPeer {
  public:
    explicit SessionPeer(SessionServer& server, std::optional<http::Version> version = {})
        : server_(server),
          session_(std::make_shared<http::ServerSession>(
              server.options, http::Peer{.address = "192.0.2.1:1"}, version,
              http::ServerSession::Driver{.changed = [] {}, .read = [this] { on_read(); }})) {}
    ~SessionPeer() {
        session_->abandon(http::CloseReason::peer);
        for (const auto& pieces : server_.streams) {
            pieces->asked.clear();  // who is asked to stop does
        }
        server_.executor->run();
    }
    SessionPeer(const SessionPeer&) = delete;
    SessionPeer& operator=(const SessionPeer&) = delete;

    http::ServerSession& session() { return *session_; }
    /// What is there for the session when it reads by itself.
    std::function<void()> on_read = [] {};
    /// Sends, and takes what comes back.
    std::string send(ByteView bytes) {
        session_->receive(bytes);
        return take();
    }
    /// What the server has written, as if the transport took all.
    std::string take() {
        server_.executor->run();
        std::string all;
        std::string some;
        while (session_->has_output()) {
            session_->take_output(some);
            all += some;
            session_->wrote(some.size());
        }
        return all;
    }
    /// What comes when this time has passed, in steps as a driver would take them.
    std::string wait(std::chrono::milliseconds time) {
        std::string all;
        const Instant end = server_.clock->steady_now() + time;
        while (true) {
            const Instant next = std::min(session_->next_deadline(), end);
            const auto step =
                std::chrono::ceil<std::chrono::milliseconds>(next - server_.clock->steady_now());
            server_.clock->advance(std::max(step, std::chrono::milliseconds(0)));
            if (server_.clock->steady_now() >= end && session_->next_deadline() > end) {
                break;
            }
            session_->on_time();
            all += take();
            if (session_->is_finished() || server_.clock->steady_now() >= end) {
                break;
            }
        }
        return all;
    }
    bool finished() const { return session_->is_finished(); }
    http::CloseReason reason() const { return session_->reason(); }

  private:
    SessionServer& server_;
    std::shared_ptr<http::ServerSession> session_;
};

}  // namespace turntable::test
