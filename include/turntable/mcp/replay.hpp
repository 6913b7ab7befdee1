#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/player.hpp"
#include "turntable/tape/recorder.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::mcp {

/// How a tape is played to a client on standard input and output.
///
/// Purpose: the argument of replay(). Ownership: shares the runtime; borrows the writer, which must
/// outlive the call; the file descriptors stay the caller's. Threads: a value. Errors: none.
struct ReplayOptions {
    /// Whose clock measures the pauses. Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// The client: what it sends, what it gets, and where the errors of a live server go.
    int input = 0;
    int output = 1;
    int errors = 2;
    /// A live server that is asked what is not on the tape, started when that first happens. None:
    /// the client gets an error that names the nearest request on the tape.
    std::vector<std::string> command = {};
    /// What the live server is asked and says is appended here. Null: it is not recorded.
    tape::Writer* record = nullptr;
    /// Changes what is appended before it is, say takes secrets out of it.
    tape::FrameFilter filter = nullptr;
    /// Told of each miss, whoever answers it.
    std::function<void(const tape::Miss&)> on_miss = nullptr;
    std::stop_token stop = {};
};

/// What became of a replay.
///
/// Purpose: the answer of replay(). Ownership, threads: a value. Errors: none.
struct ReplayOutcome {
    tape::PlayReport report = {};
    /// What the live server was asked.
    std::uint64_t passed_on = 0;
    /// Why something of that was not recorded.
    std::optional<Error> record_error = {};
};

/// Serves a client from a tape until the client ends, or is asked to stop.
///
/// Purpose: a recorded server in the place of a live one. A live server that has to help is told
/// what the client said of itself first: its `initialize`.
/// Ownership: the player is used during the call only.
/// Threads: blocks; it starts threads that read, and joins them. The program must ignore SIGPIPE.
/// Errors: those of starting the live server. A client that is gone is none.
TURNTABLE_EXPORT Result<ReplayOutcome> replay(tape::Player& player, const ReplayOptions& options);

}  // namespace turntable::inline v0::mcp
