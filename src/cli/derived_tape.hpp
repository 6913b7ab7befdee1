#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "turntable/tape/writer.hpp"

/// \file
/// Tapes that are made from other tapes, as new files.
namespace turntable_cli {

/// The head of a tape that is made from another: an id of its own, and a link to where it is from.
turntable::tape::Head derived_head(turntable::tape::Head from, const std::string& relation);

/// A writer of a new file, packed if its name says so.
turntable::Result<turntable::tape::Writer> create_tape_file(const std::string& path,
                                                            const turntable::tape::Head& head);

/// Creates a tape file and lets `fill` write it. What is not whole is removed.
template <class T, class Fill>
turntable::Result<T> write_tape_file(const std::string& path, const turntable::tape::Head& head,
                                     const Fill& fill) {
    auto writer = create_tape_file(path, head);
    if (!writer) {
        return std::move(writer).error();
    }
    turntable::Result<T> done = fill(*std::move(writer));
    if (!done) {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);  // we made it
    }
    return done;
}

}  // namespace turntable_cli
