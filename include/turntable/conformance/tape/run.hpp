#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "turntable/conformance/report.hpp"
#include "turntable/conformance/tape/case.hpp"
#include "turntable/conformance/tape/subject.hpp"

namespace turntable::inline v0::tape::conformance {

using turntable::conformance::Outcome;
using turntable::conformance::Report;
using turntable::conformance::Status;
using turntable::conformance::summary;
using turntable::conformance::to_json;
using turntable::conformance::to_string;
using turntable::conformance::to_text;

/// How much the suite tries.
///
/// Purpose: the settings of a run; the defaults take seconds.
/// Ownership: a value. Threads: a value. Errors: none.
struct Options {
    /// Only cases whose name contains this text; empty: all of them.
    std::string filter = {};
    /// Chooses the random contents; the same seed makes the same ones.
    std::uint64_t seed = 1;
    /// How long a call may take, by the clock of the machine, before it counts as hanging.
    std::chrono::milliseconds patience{20'000};
    /// How often eight threads race for one id.
    unsigned race_rounds = 30;
    /// Tapes larger than this are not made.
    std::size_t largest_bytes = std::size_t{2} << 20U;
};

/// Told each outcome as soon as it is known.
using Progress = std::function<void(const Outcome&)>;

/// Tries one case against a fresh provider of the subject.
TURNTABLE_EXPORT Outcome run_case(const Case& one, const Subject& subject, const Options& options);

/// Tries every case that the filter leaves.
TURNTABLE_EXPORT Report run_conformance(const Subject& subject, const Options& options = {},
                                        const Progress& progress = nullptr);

}  // namespace turntable::inline v0::tape::conformance
