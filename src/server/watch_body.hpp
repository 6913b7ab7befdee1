#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "turntable/core/runtime.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::server {

/// How a watch is told.
struct WatchBodyOptions {
    std::shared_ptr<Runtime> runtime;
    /// How many keys are watched.
    std::size_t keys = 0;
    /// After so much silence a frame says that the connection lives.
    std::chrono::milliseconds keep_alive{5000};
    /// Asked before each frame; once it says no the body ends, and the client, which comes again,
    /// is told why.
    std::function<bool()> may_go_on;
};

/// The body of a watch as KV Connect has it: a frame for each step.
///
/// Purpose: steps are asked for one at a time, when the last frame was taken, so a client that
/// reads slowly makes the database merge changes, and no queue grows here.
/// Ownership: owns the watch; destroyed, it ends it. Keeps `keeper` until then.
/// Threads: as Stream. Errors: those of the watch, which break the body off.
Stream<Bytes> watch_body(Stream<kv::WatchOutput> watch, std::shared_ptr<const void> keeper,
                         WatchBodyOptions options);

/// A watch of no key: one frame, and the end.
Stream<Bytes> empty_watch_body();

}  // namespace turntable::inline v0::server
