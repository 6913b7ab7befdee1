#pragma once

#include <memory>

#include "turntable/core/runtime.hpp"

namespace turntable_cli {

/// A sink that writes each record as one line of `key=value` to standard error, with its time.
///
/// Purpose: the log of a program that goes on. Ownership: shared by the runtime that is made with
/// it. Threads: any; lines do not mix. Errors: a line that cannot be written is lost.
std::shared_ptr<turntable::UniqueFunction<void(const turntable::LogRecord&)>> log_to_stderr();

}  // namespace turntable_cli
