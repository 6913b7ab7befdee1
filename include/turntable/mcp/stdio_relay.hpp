#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/recorder.hpp"

namespace turntable::inline v0::mcp {

/// How a server is run behind a StdioRelay.
///
/// Purpose: the argument of StdioRelay::start. Ownership: borrows the recorder, which must live as
/// long as the relay; the file descriptors stay the caller's. Threads: a value. Errors: none.
struct StdioRelayOptions {
    /// The program, found by PATH, and its arguments.
    std::vector<std::string> command = {};
    /// Null: nothing is recorded.
    tape::Recorder* recorder = nullptr;
    /// The client: what it sends, what it gets, and where the server's errors go.
    int input = 0;
    int output = 1;
    int errors = 2;
    /// How much of a line is recorded. All of it is passed on.
    std::uint64_t line_bytes_max = std::uint64_t{4} << 20;
};

/// Stands between a client and a server on standard input and output.
///
/// Purpose: passes bytes on as they are, both ways and the server's errors, as soon as they come,
/// and tells a recorder. What the recorder does never holds up the traffic.
/// Ownership: owns the process that it started until run() has returned; destroying it earlier
/// kills that process.
/// Threads: run() on one thread; send_signal from any. It starts a thread for each direction, and
/// joins them. The program must ignore SIGPIPE; the server gets the default back.
/// Errors: not_found, permission_denied and io for a command that cannot be started.
class [[nodiscard]] TURNTABLE_EXPORT StdioRelay {
  public:
    static Result<StdioRelay> start(const StdioRelayOptions& options);
    StdioRelay(StdioRelay&& other) noexcept;
    StdioRelay& operator=(StdioRelay&& other) = delete;
    ~StdioRelay();

    /// Until the server has ended and all that it said was passed on. Gives its exit status, or 128
    /// and the number of the signal that ended it, as a shell does.
    Result<int> run();
    /// Passes a signal on to the server. When that has ended already, run() waits no longer for
    /// processes that it left behind.
    void send_signal(int number);

  private:
    struct State;
    explicit StdioRelay(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0::mcp
