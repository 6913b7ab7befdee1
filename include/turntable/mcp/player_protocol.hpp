#pragma once

#include <memory>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/player.hpp"

namespace turntable::inline v0::mcp {

/// The code of the JSON-RPC error that answers what is not on the tape.
inline constexpr int replay_miss_code = -32050;

/// What does not matter when requests are compared.
///
/// Purpose: the argument of player_protocol. Ownership, threads: a value.
/// Errors: player_protocol looks at it.
struct PlayerProtocolOptions {
    /// JSON pointers into a request, such as `/params/arguments/now`; `*` is any one step.
    std::vector<std::string> ignore = {};
    /// The key under which secrets were hashed when the tape was recorded. With it a secret of now
    /// must be that of the tape; without, any text stands for a secret.
    std::string redaction_key = {};
};

/// MCP for a tape::Player, of either era.
///
/// Purpose: requests are equal if method and parameters are, as JSON: the order of members, white
/// space and escapes do not matter. Of `_meta` the members that change from call to call are left
/// out: `progressToken`, `traceparent`, `tracestate`, `baggage` and all of
/// `io.modelcontextprotocol/`. Any `initialize` equals any other. Answers get the id of now, and
/// so do progress tokens and subscriptions; a `ping` is answered although none was recorded. Each
/// message of a batch is answered for itself: replay() joins the answers.
/// Ownership: shared. Threads: one at a time.
/// Errors: `invalid_argument` for a pointer that is none.
TURNTABLE_EXPORT Result<std::shared_ptr<tape::PlayerProtocol>> player_protocol(
    const PlayerProtocolOptions& options = {});

}  // namespace turntable::inline v0::mcp
