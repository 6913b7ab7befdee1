#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http/limits.hpp"
#include "net/http/message.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::net::http {

/// Names a call of a connection; never used again on it.
using CallId = std::uint32_t;

/// A request as a client sends it.
struct OutgoingRequest {
    std::string method = "GET";
    /// Path and query.
    std::string target = "/";
    std::string authority;
    /// Encrypted: "https".
    bool secure = false;
    Headers headers = {};
    Bytes body = {};
};

/// What became of a call.
struct ClientEvent {
    enum class Kind : std::uint8_t {
        head,  ///< status and fields of the answer
        data,  ///< a piece of its body; say `consumed` when it was used
        end,  ///< the answer is complete
        failed,  ///< there will be no more of it
    };
    Kind kind;
    CallId call;
    int status = 0;
    Headers headers = {};
    Bytes data = {};
    std::optional<Error> error = std::nullopt;
};

/// Whether the request of a call that failed may have reached the other end. If not, it may be made
/// again whatever it does.
TURNTABLE_EXPORT bool may_have_been_sent(const Error& error) noexcept;
/// Marks an error so; temporary, because the connection is at fault.
Error connection_error(std::string message, bool maybe_sent);
/// The same error, of a request that no server saw.
Error never_sent(Error error);

/// The client's side of one connection: calls to bytes, bytes to answers.
///
/// Purpose: all rules of a version of HTTP, without sockets, threads and clocks.
/// Ownership: owned by whoever moves the bytes. Threads: one at a time.
/// Errors: in events; `io` and temporary for a connection that ends or breaks the rules,
/// `limit_exceeded` for a head that is too large.
class ClientProtocol {
  public:
    ClientProtocol() = default;
    ClientProtocol(const ClientProtocol&) = delete;
    ClientProtocol& operator=(const ClientProtocol&) = delete;
    virtual ~ClientProtocol();

    /// Room for one more call.
    virtual bool can_start() const = 0;
    /// Only when can_start().
    virtual CallId start(const OutgoingRequest& request) = 0;
    /// The answer is not wanted any more; nothing further is told of it.
    virtual void cancel(CallId call) = 0;
    /// So many bytes of the body were used, and the other end may send as many more.
    virtual void consumed(CallId call, std::size_t bytes) = 0;

    virtual void receive(ByteView bytes) = 0;
    /// The other end sends no more, or the connection broke: calls under way fail with this.
    virtual void end_of_input(const std::string& why) = 0;
    /// Appends what is to be written until `output` has `Limits::output_bytes`.
    virtual void fill(std::string& output) = 0;
    virtual bool wants_input() const = 0;
    /// Close the connection once all output is written: no call is under way, and none can start.
    virtual bool is_finished() const = 0;
    /// Calls under way.
    virtual std::size_t active() const = 0;

    std::vector<ClientEvent> take_events() { return std::exchange(events_, {}); }

  protected:
    void tell(ClientEvent event) { events_.push_back(std::move(event)); }
    void tell_failed(CallId call, Error error) {
        tell({.kind = ClientEvent::Kind::failed, .call = call, .error = std::move(error)});
    }

  private:
    std::vector<ClientEvent> events_;
};

std::unique_ptr<ClientProtocol> make_http1_client(const Limits& limits);
std::unique_ptr<ClientProtocol> make_http2_client(const Limits& limits);

}  // namespace turntable::inline v0::net::http
