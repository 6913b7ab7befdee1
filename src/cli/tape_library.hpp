#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "turntable/tape/library.hpp"
#include "turntable/tape/query.hpp"

namespace turntable_cli {

/// What a verb needs of a library.
struct LibraryUse {
    /// Take into the index what lies beside it.
    bool catch_up = true;
    /// Make the folder of `record` if it is not there.
    bool make_folder = false;
};

/// Opens a library of tapes; an empty URL is that of --library, TURNTABLE_TAPE, or the folder of
/// `record`. Prints why not.
std::optional<turntable::tape::Library> open_library(App& app, const std::string& url = {},
                                                     const LibraryUse& use = {});
/// The same, without a word.
turntable::Result<turntable::tape::Library> try_library(App& app, const std::string& url,
                                                        const LibraryUse& use);

/// The tape that a person means. Prints why not.
std::optional<turntable::tape::TapeMetadata> find_in_library(App& app,
                                                             const turntable::tape::Library& tapes,
                                                             const std::string& text);

/// The words of a query as one. Prints what is wrong with it.
std::optional<turntable::tape::SearchCriteria> read_query(App& app,
                                                          const std::vector<std::string>& words);

/// Adds --library to a verb.
void add_library_option(CLI::App& command, App& app);

/// A tape as a line for people, or of JSON.
void print_tape(const turntable::tape::TapeMetadata& tape, bool json);

/// What a change of labels left, or why there was none.
void print_changed(App& app, const turntable::Result<turntable::tape::TapeMetadata>& changed,
                   bool json);

}  // namespace turntable_cli
