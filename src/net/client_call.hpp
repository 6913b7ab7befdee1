#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "net/client.hpp"
#include "net/io_thread.hpp"

namespace turntable::inline v0::net {

class ClientConnection;

/// The body of an answer between the thread of the connection and whoever reads it.
///
/// Purpose: pieces are there for the reader without a hop when they came before they were asked
/// for. Ownership: shared by both. Threads: any. Errors: passes on the one that ended it.
class ClientBody : public std::enable_shared_from_this<ClientBody> {
  public:
    /// `used`: so many bytes were read; `gone`: nobody wants more, and more was to come.
    ClientBody(std::shared_ptr<Runtime> runtime, UniqueFunction<void(std::size_t)> used,
               UniqueFunction<void()> gone);

    /// From the connection.
    void add(Bytes piece);
    void end(std::optional<Error> error);
    /// From the reader.
    Async<std::optional<Bytes>> next(const Context& context);
    /// The reader wants no more; what was not read counts as used.
    void drop();

  private:
    Async<std::optional<Bytes>> wait(const Context& context);
    void stop(StopReason reason);

    std::shared_ptr<Runtime> runtime_;
    UniqueFunction<void(std::size_t)> used_;
    UniqueFunction<void()> gone_;
    std::mutex mutex_;
    std::deque<Bytes> pieces_;
    std::optional<Error> error_;
    std::optional<Promise<std::optional<Bytes>>> waiting_;
    bool ended_ = false;
    bool dropped_ = false;
};

/// A call on its way; all but the promise's stop on the thread of the client.
struct ClientCallState {
    ClientRequest request;
    http::OutgoingRequest outgoing;
    std::shared_ptr<Runtime> runtime;
    std::optional<Promise<ClientResponse>> promise;
    std::shared_ptr<ClientBody> body;
    std::weak_ptr<ClientConnection> connection;
    http::CallId id = 0;
    Instant started_at = {};
    bool started = false;
    /// Nothing more is to be told.
    bool over = false;

    void fail(const Error& error);
    void head(http::ClientEvent event, http::Version version);
};

}  // namespace turntable::inline v0::net
