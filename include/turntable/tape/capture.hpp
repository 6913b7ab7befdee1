#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/metadata.hpp"
#include "turntable/tape/redaction.hpp"

/// \file
/// Sessions that other programs recorded, read as tapes.
/// Purpose: `read_capture_file("session.json")` gives a whole tape, which everything that reads
/// tapes takes, and which a library keeps. Nothing is written beside the capture, and nothing in
/// it changes. docs/captures.md says what is read of each form.
/// Ownership: values own what they hold. Threads: plain functions and values. Errors: see each.
namespace turntable::inline v0::tape {

/// Who wrote a capture, and in which form.
enum class CaptureFormat : std::uint8_t {
    shadowcat,  ///< `shadowcat`: one JSON document a session, often with an `index.json` beside it
    shadowcat_lines,  ///< `shadowcat-lines`: JSON Lines, version 2, with an `ID.meta.json` beside
                      ///< it
    mcpsnoop,  ///< `mcpsnoop`: a JSON object a frame and line
    mcp_recorder,  ///< `mcp-recorder`: one JSON document of requests with their responses
};
TURNTABLE_EXPORT std::string_view to_string(CaptureFormat format) noexcept;
TURNTABLE_EXPORT std::optional<CaptureFormat> parse_capture_format(std::string_view name) noexcept;

/// The largest capture that is read, in bytes.
inline constexpr std::uint64_t capture_bytes_max = std::uint64_t{1} << 30U;

/// What of a capture could not be read; the rest was.
struct CaptureProblem {
    /// Where it begins: bytes from 0, lines from 1.
    std::uint64_t offset = 0;
    std::uint64_t line = 1;
    std::string what = {};
    friend bool operator==(const CaptureProblem&, const CaptureProblem&) = default;
};

/// How a capture is read.
///
/// Purpose: the argument of read_capture. Ownership: borrows the redactor for the call.
/// Threads: a value. Errors: none.
struct CaptureOptions {
    /// None: recognised by its content.
    std::optional<CaptureFormat> format = {};
    /// The name of the file without its folder: the tape says that it came from there, and it
    /// stands for an id that a capture lacks.
    std::string file = {};
    /// Takes secrets out, as a recorder would; null: all stays as it is.
    Redactor* redactor = nullptr;
    /// JSON objects beside the capture that know its name, description, tags and times: its entry
    /// in an `index.json`, its `ID.meta.json`. What the capture says itself is stronger.
    std::vector<std::string> beside = {};
};

/// A capture as a tape.
struct Capture {
    CaptureFormat format = CaptureFormat::shadowcat;
    /// Of the tape: the one in the capture if it can be an id, else made from its content, so that
    /// the same capture has the same id each time.
    std::string id = {};
    /// The tape, plain and whole. Its attributes say where it came from: `imported_from`,
    /// `imported_file`, `imported_id`.
    Bytes tape = {};
    Labels labels = {};
    /// The first hundred, and how many there are.
    std::vector<CaptureProblem> problems = {};
    std::uint64_t problem_count = 0;
    /// What a tape has no place for, or the capture does not know, and how often.
    std::vector<NameCount> left_out = {};
};

/// The format of a capture by its content; nothing for anything else, such as a tape.
TURNTABLE_EXPORT std::optional<CaptureFormat> recognise_capture(std::string_view text);

/// Reads a capture. `corrupt` for what is none, or has not one frame that can be read;
/// `limit_exceeded` over capture_bytes_max.
TURNTABLE_EXPORT Result<Capture> read_capture(std::string_view text,
                                              const CaptureOptions& options = {});

/// Reads a file, and what lies beside it. The `file` and `beside` of the options are not looked at.
/// Errors: the same, and those of the file, with its path.
TURNTABLE_EXPORT Result<Capture> read_capture_file(const std::string& path,
                                                   const CaptureOptions& options = {});

/// What a file is, by a look at its first bytes and, where they leave it open, at all of it.
/// Nothing for anything but a capture. Errors: those of the file.
TURNTABLE_EXPORT Result<std::optional<CaptureFormat>> recognise_capture_file(
    const std::string& path);

/// The names of the captures in a folder, sorted; not in folders below it, and through no symbolic
/// link. A file that cannot be read is passed over. Errors: those of the folder.
TURNTABLE_EXPORT Result<std::vector<std::string>> list_captures(const std::string& folder);

/// Reads all captures of a folder, as list_captures and read_capture_file do, and what lies beside
/// them only once. `visit` is given the name of each file and what became of it. Errors: those of
/// the folder.
TURNTABLE_EXPORT Result<void> read_captures(
    const std::string& folder, const CaptureOptions& options,
    const std::function<void(const std::string& name, const Result<Capture>& capture)>& visit);

}  // namespace turntable::inline v0::tape
