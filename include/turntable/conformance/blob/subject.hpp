#pragma once

#include <functional>
#include <memory>
#include <string>

#include "turntable/blob/any_backend.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::blob::conformance {

/// How the suite gets at the backend that it is to certify.
///
/// Purpose: the only thing an author of a backend writes: a few functions that open a store.
/// Ownership: holds the functions; what they capture must live as long as the subject. Every
/// store that they give is destroyed before the next one is opened with open_fresh.
/// Threads: the functions are called from one thread at a time.
/// Errors: an open that fails makes the case that wanted it fail.
struct Subject {
    using Open = std::function<Result<AnyBackend>(const std::shared_ptr<Runtime>&)>;

    /// Shown in the report, for instance a masked URL.
    std::string name;
    /// A store in which nothing lies, on the runtime that is given.
    Open open_fresh;
    /// The store that was opened last, after it was closed. Leave it empty when the blobs are gone
    /// by then; `capabilities().reopen` must then say so.
    Open reopen = nullptr;
    /// One more handle on the store that is open, as another process would have it. Leave it empty
    /// when there is no such thing; `capabilities().shared` must then say so.
    Open open_second = nullptr;
};

/// A subject for a store that can only be emptied, not made anew, such as a bucket that a URL
/// names: open_fresh opens it and removes everything that is in it.
TURNTABLE_EXPORT Subject wiped_subject(std::string name, Subject::Open open);

/// Opens the store at a place: a folder, a file, a name.
using OpenAt =
    std::function<Result<AnyBackend>(const std::string& place, const std::shared_ptr<Runtime>&)>;

/// A subject for stores that have a place: open_fresh asks `new_place` for one where nothing is,
/// such as a folder that was just made; reopen and open_second open the same one again.
TURNTABLE_EXPORT Subject placed_subject(std::string name, std::function<std::string()> new_place,
                                        OpenAt open);

}  // namespace turntable::inline v0::blob::conformance
