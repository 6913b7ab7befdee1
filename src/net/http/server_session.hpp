#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "net/http/handler.hpp"
#include "net/http/server_protocol.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::net::http {

/// What a session needs of the server that it belongs to.
struct SessionOptions {
    Limits limits = {};
    std::shared_ptr<Handler> handler;
    /// Clock and log.
    std::shared_ptr<Runtime> runtime;
    /// Where pending answers go on: the thread that calls the session.
    std::shared_ptr<Executor> executor;
    Peer peer = {};
    /// Bodies from so many bytes on are sent in gzip to those who accept it; 0: none.
    std::size_t gzip_from_bytes = 1024;
    /// Larger bodies are sent as they are: a thread that serves many must not pack for long.
    std::size_t gzip_to_bytes = 1024 * 1024;
};

/// A connection of a server: bytes in and out, with the handler in between.
///
/// Purpose: chooses the version of HTTP, gives requests to the handler, waits for its answers and
/// pulls streamed bodies as fast as they are taken. It has no socket; a driver moves the bytes.
/// Ownership: shared by the driver and by answers that are pending. After `abandon`, `changed` says
/// once that none is pending any more.
/// Threads: all calls on the one thread (or strand) of the executor.
/// Errors: what is wrong ends the connection: `is_finished`, `reason`.
class TURNTABLE_EXPORT ServerSession : public std::enable_shared_from_this<ServerSession> {
  public:
    /// What a session asks of its driver.
    struct Driver {
        /// There is output, or nothing is under way any more; not called for what comes of a call
        /// of the driver.
        UniqueFunction<void()> changed;
        /// Reads what has come, without waiting, and gives it to the session.
        UniqueFunction<void()> read;
    };

    /// `version`: what was agreed on when the connection was secured; else the first bytes tell.
    ServerSession(std::shared_ptr<const SessionOptions> options, Peer peer,
                  std::optional<Version> version, Driver driver);
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;
    ~ServerSession();

    void receive(ByteView bytes);
    /// The other end sends no more: whoever asked has gone.
    void end_of_input();
    /// The transport is gone: what is under way is asked to stop.
    void abandon(CloseReason reason);
    void drain();

    /// What is to be written now, in exchange for an empty buffer. `changed` tells when there is
    /// something, unless it came of a call of the driver.
    void take_output(std::string& empty);
    bool has_output() const noexcept { return !output_.empty(); }
    /// The transport took so many of the bytes that were taken.
    void wrote(std::size_t bytes);

    Instant next_deadline() const;
    void on_time();
    bool wants_input() const { return protocol_ == nullptr || protocol_->wants_input(); }
    /// Nothing more comes or goes once the output is written.
    bool is_finished() const;
    CloseReason reason() const noexcept;
    /// Requests that the handler has not answered to the end.
    std::size_t running() const noexcept { return running_count_; }

  private:
    struct Running;

    void choose(Version version);
    void look_at_first_bytes(ByteView bytes);
    void pump();
    void start(StreamId stream, Request request);
    void answered(const std::shared_ptr<Running>& running, Result<Response> result);
    void give_or_take_back(const std::shared_ptr<Running>& running, Response response);
    void send(Running& running, Response response);
    void pull(const std::shared_ptr<Running>& running);
    void pulled(const std::shared_ptr<Running>& running, Result<std::optional<Bytes>> piece);
    void cancel(StreamId stream);
    void finish(Running& running);
    void finish_cancelled(Running& running);
    void tell_driver();
    void refuse(StreamId stream, int status);
    bool decode(Request& request, StreamId stream);
    const std::string& date();
    void log_failure(const Running& running, const Error& error);

    std::shared_ptr<const SessionOptions> options_;
    Peer peer_;
    Driver driver_;
    std::unique_ptr<ServerProtocol> protocol_;
    std::unordered_map<StreamId, std::shared_ptr<Running>> running_;
    /// With those that nobody waits for any more, and that go on nevertheless.
    std::size_t running_count_ = 0;
    std::string first_bytes_;
    std::string output_;
    std::size_t in_flight_ = 0;
    std::uint64_t taken_ = 0;
    Instant begun_;
    Instant slow_since_;
    CloseReason reason_ = CloseReason::open;
    bool draining_ = false;
    bool pumping_ = false;
    std::string date_;
    std::int64_t date_second_ = -1;
};

}  // namespace turntable::inline v0::net::http
