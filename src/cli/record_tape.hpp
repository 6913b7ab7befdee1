#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/tape/library.hpp"
#include "turntable/tape/recorder.hpp"
#include "turntable/tape/redaction.hpp"

namespace turntable_cli {

/// What the user wants of a tape.
struct TapeChoice {
    /// A file, or a folder in which the tape gets a name of its own.
    std::string file;
    std::string folder;
    /// Or a library, which keeps it under its id.
    std::optional<turntable::tape::Library> library;
    std::string name;
    std::vector<std::string> tags;
    bool compressed = false;
    bool redacted = true;
    std::vector<turntable::tape::RedactRule> rules;
    std::uint64_t frame_bytes_max = std::uint64_t{4} << 20U;
    std::uint64_t tape_bytes_max = std::uint64_t{1} << 30U;
    std::uint64_t segment_bytes = 0;
    std::uint64_t buffer_bytes_max = std::uint64_t{32} << 20U;
};

/// A recording that has begun.
struct OpenTape {
    turntable::tape::Recorder recorder;
    /// For people: where it goes.
    std::string place;
    /// What the relay is to give of a line: more than the tape keeps, so that a secret is seen as a
    /// whole where a line is cut.
    std::uint64_t line_bytes_max = 0;
};

/// Where tapes go when nobody says: `$XDG_DATA_HOME/turntable/tapes` or
/// `~/.local/share/turntable/tapes`; empty without either.
std::string default_tape_folder();

/// Begins the tape of a server that `command` starts. The only place that makes what it is written
/// to.
/// Errors: those of the file; `already_exists` for a file that is there.
turntable::Result<OpenTape> open_tape(const TapeChoice& choice,
                                      const std::vector<std::string>& command);

/// Takes out secrets first, and cuts a frame to `bytes_max` afterwards. Null: cuts only.
turntable::tape::FrameFilter redact_and_cut(std::shared_ptr<turntable::tape::Redactor> redactor,
                                            std::uint64_t bytes_max);

}  // namespace turntable_cli
