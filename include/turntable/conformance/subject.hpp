#pragma once

#include <functional>
#include <memory>
#include <string>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"

namespace turntable::inline v0::kv::conformance {

/// How the suite gets at the backend that it is to certify.
///
/// Purpose: the only thing an author of a backend writes: a few functions that open a database.
/// Ownership: holds the functions; what they capture must live as long as the subject. Every
/// database that they give is closed and destroyed before the next one is opened with open_fresh.
/// Threads: the functions are called from one thread at a time.
/// Errors: an open that fails makes the case that wanted it fail.
struct Subject {
    using Open = std::function<Result<AnyBackend>(const std::shared_ptr<Runtime>&)>;

    /// Shown in the report, for instance a masked URL.
    std::string name;
    /// A database without any entry and without any message, on the runtime that is given.
    Open open_fresh;
    /// The database that was opened last, after it was closed. Leave it empty when the data is gone
    /// by then; `capabilities().reopen` must then say so.
    Open reopen = nullptr;
    /// One more handle on the database that is open, as another process would have it. Leave it
    /// empty when there is no such thing.
    Open open_second = nullptr;
    /// The backend takes the time from the clock of the runtime only, so the suite can move it. Say
    /// false for an engine that has its own clock, such as a server: the cases that need a jump in
    /// time are then not applicable.
    bool controllable_clock = true;
};

/// A subject for data that can only be emptied, not made anew, such as a file or a server that a
/// URL names: open_fresh opens it and removes every entry and message that is in it.
TURNTABLE_EXPORT Subject wiped_subject(std::string name, Subject::Open open);

}  // namespace turntable::inline v0::kv::conformance
