#pragma once

#include <functional>
#include <memory>
#include <string>

#include "turntable/core/export.hpp"
#include "turntable/tape/any_provider.hpp"
#include "turntable/tape/registry.hpp"

namespace turntable::inline v0::tape::conformance {

/// How the suite gets at the provider that it is to certify.
///
/// Purpose: the only thing an author of a provider writes: a few functions that open it.
/// Ownership: holds the functions; what they capture must live as long as the subject. Every
/// provider that they give is destroyed before the next one is opened with open_fresh.
/// Threads: the functions are called from one thread at a time.
/// Errors: an open that fails makes the case that wanted it fail.
struct Subject {
    /// OpenOptions::runtime and ::analyzer are set, and are to be used: what the suite searches
    /// for speaks a small protocol of its own.
    using Open = std::function<Result<AnyProvider>(const OpenOptions&)>;

    /// Shown in the report, for instance a masked URL.
    std::string name;
    /// A provider without any tape.
    Open open_fresh;
    /// The provider that was opened last, after it was closed. Leave it empty when the tapes are
    /// gone by then.
    Open reopen = nullptr;
    /// One more provider of the same tapes, as another process would have it. Leave it empty when
    /// there is no such thing, or when one does not see what the other does.
    Open open_second = nullptr;
};

/// A subject for tapes that can only be removed, not left behind: open_fresh opens the provider and
/// deletes every tape that it has.
TURNTABLE_EXPORT Subject wiped_subject(std::string name, Subject::Open open);

/// Opens the provider at a place: a folder, a file, a name.
using OpenAt =
    std::function<Result<AnyProvider>(const std::string& place, const OpenOptions& options)>;

/// A subject for providers that have a place: open_fresh asks `new_place` for one where nothing is,
/// such as a folder that was just made; reopen and open_second open the same one again.
TURNTABLE_EXPORT Subject placed_subject(std::string name, std::function<std::string()> new_place,
                                        OpenAt open);

}  // namespace turntable::inline v0::tape::conformance
