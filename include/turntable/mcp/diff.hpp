#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/segments.hpp"

namespace turntable::inline v0::mcp {

/// What does not count when two sessions are compared.
///
/// Purpose: the argument of diff(). Ownership, threads: a value. Errors: diff() looks at it.
struct DiffOptions {
    /// JSON pointers into a request or an answer, such as `/result/structuredContent/time`; `*` is
    /// any one step.
    std::vector<std::string> ignore = {};
    /// How many differences of one call are told.
    std::size_t places_max = 10;
};

/// What became of a call in the second session.
enum class DiffKind : std::uint8_t {
    missing,  ///< only the first session has it
    added,  ///< only the second has it
    request,  ///< it was called with other parameters
    answer,  ///< it was answered otherwise
};

/// The name of a kind as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(DiffKind kind) noexcept;

/// A place where two messages differ.
struct DiffPlace {
    /// A JSON pointer; of lists of things with a name, such as tools, the name stands for the
    /// number.
    std::string path = {};
    /// JSON; empty where there is nothing.
    std::string first = {};
    std::string second = {};
};

/// A call that is not the same in two sessions.
struct DiffCall {
    DiffKind kind = DiffKind::answer;
    std::string method = {};
    std::string subject = {};
    /// Frames of the requests; 0 where there is none.
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::vector<DiffPlace> places = {};
};

/// How two sessions compare.
struct DiffReport {
    /// Calls that are the same in both.
    std::uint64_t same = 0;
    std::vector<DiffCall> calls = {};
};

/// Compares what the clients of two sessions asked and were answered: tools and their schemas,
/// calls and their results. Calls are paired by method and parameters, as replay does, the first of
/// equal ones with the first; what is left, by method and subject. Order, ids and times do not
/// count. Errors: those of the tapes; `invalid_argument` for a pointer that is none.
TURNTABLE_EXPORT Result<DiffReport> diff(tape::SegmentReader& first, tape::SegmentReader& second,
                                         const DiffOptions& options = {});

}  // namespace turntable::inline v0::mcp
