#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "mcp/replay/inbox.hpp"
#include "mcp/stdio/child.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/mcp/message.hpp"

namespace turntable::inline v0::mcp {

/// A server that is asked what is not on the tape.
///
/// Its own requests get ids that no request of the tape has. What the client said of itself is told
/// to it first, and the answer to that is kept back.
class LiveServer {
  public:
    /// `initialize`: what the client sent to begin, or empty.
    static Result<std::unique_ptr<LiveServer>> start(const std::vector<std::string>& command,
                                                     int errors, const Bytes& initialize,
                                                     Inbox& inbox);
    LiveServer(const LiveServer&) = delete;
    LiveServer& operator=(const LiveServer&) = delete;
    /// Ends the process if it has not ended.
    ~LiveServer();

    /// Passes a request on.
    void ask(std::string_view id, const Bytes& line);
    /// Whether a message of the client is for this server; if so, it is passed on.
    bool take(const Message& message, const Bytes& line);
    /// What a line of the server is to the client; nothing if it is none of its business.
    std::optional<Bytes> hear(const Bytes& line);
    /// The client has ended.
    void close_input() noexcept { child_.input.close(); }

    bool has_unanswered() const noexcept { return !asked_.empty(); }
    bool is_alive() const noexcept { return alive_; }
    /// It has ended. Gives the ids of what it has not answered.
    std::set<std::string, std::less<>> end();

  private:
    LiveServer(Child child, int errors, const Bytes& initialize, Inbox& inbox, PipeEnds stop,
               PipeEnds stop_errors);
    void send(ByteView line);

    Child child_;
    /// The id of the `initialize` that is not answered yet; what is asked meanwhile waits.
    std::string initialize_id_;
    bool initialized_by_us_ = false;
    std::vector<Bytes> waiting_;
    std::set<std::string, std::less<>> asked_;
    /// Ids that the client sees, and the server's.
    std::unordered_map<std::string, std::string> ids_;
    std::uint64_t next_id_ = 1;
    bool alive_ = true;
    PipeEnds stop_errors_;
    std::jthread errors_;
    std::unique_ptr<LineReader> reader_;
};

}  // namespace turntable::inline v0::mcp
