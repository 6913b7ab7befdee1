#pragma once

#include <optional>
#include <string>

#include "cli/app.hpp"
#include "turntable/tape/segments.hpp"

namespace turntable_cli {

/// A tape that an argument names, and where its segments are.
struct TapePlace {
    /// For people.
    std::string name;
    turntable::tape::OpenSegment segments;
};

/// The only place that says what a tape is called on the command line: a file, whose further
/// segments are found beside it; or, where no file is called so, a tape of the library by its id,
/// the beginning of that, its name, or `@last`. Prints why not.
std::optional<TapePlace> find_tape(App& app, const std::string& text);
/// The same, opened. Prints why not.
std::optional<turntable::tape::SegmentReader> open_tape_to_read(App& app, const std::string& text);

/// Where the tape is that was recorded when a client asked the same server what it speaks, in a
/// process of its own; nothing if there is none.
std::optional<std::string> probe_of(const std::string& text,
                                    const turntable::tape::SegmentReader& tape);

}  // namespace turntable_cli
