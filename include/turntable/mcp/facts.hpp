#pragma once

#include "turntable/core/export.hpp"
#include "turntable/tape/facts.hpp"

namespace turntable::inline v0::mcp {

/// Makes analyzers of tapes with MCP, of either era.
///
/// Purpose: pairs requests with their answers in both directions, whose ids are independent, and
/// says what failed, how long it took and what nobody answered. The subject of a call is the name
/// of a tool or prompt, or the URI of a resource. A call that asks for input and is sent again with
/// it (MCP 2026-07-28) is two calls, the second of which continues the first: by the state that the
/// server gave, else by method, subject and what was asked for.
/// Ownership: each analyzer is its caller's. Threads: any; each analyzer is one thread's.
/// Errors: none.
TURNTABLE_EXPORT tape::AnalyzerFactory facts();

}  // namespace turntable::inline v0::mcp
