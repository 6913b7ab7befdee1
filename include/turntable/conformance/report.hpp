#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"

namespace turntable::inline v0::conformance {

/// How a case ended; not applicable: a capability that it needs is not declared.
enum class Status : std::uint8_t { passed, failed, not_applicable };

TURNTABLE_EXPORT std::string_view to_string(Status status) noexcept;

/// What became of one case.
///
/// Purpose: everything that is needed to understand a failure and to repeat it.
/// Ownership: a value. Threads: a value. Errors: none.
struct Outcome {
    std::string name;
    std::string promise;
    Status status = Status::passed;
    /// Which capability is missing, or what did not hold.
    std::string reason = {};
    std::string expected = {};
    std::string got = {};
    /// File and line of the expectation inside the suite.
    std::string where = {};
    /// The last calls to the backend and their answers, oldest first.
    std::vector<std::string> trace = {};
    std::uint64_t seed = 0;
    std::chrono::milliseconds took{0};
};

/// The outcome of a run.
///
/// Purpose: what `run_conformance` gives, for every surface. Ownership: a value. Threads: a value.
/// Errors: none.
struct TURNTABLE_EXPORT Report {
    std::string subject;
    std::uint64_t seed = 0;
    std::vector<Outcome> outcomes;

    std::size_t count(Status status) const noexcept;
    /// Nothing failed, and something passed.
    bool certified() const noexcept;
};

/// One line for a case that passed or does not apply; a failed one adds what is known about it.
TURNTABLE_EXPORT std::string to_text(const Outcome& outcome);
/// The line at the end: how many passed, failed, and do not apply.
TURNTABLE_EXPORT std::string summary(const Report& report);
/// The whole report as one JSON object.
TURNTABLE_EXPORT std::string to_json(const Report& report);

}  // namespace turntable::inline v0::conformance

namespace turntable::inline v0::kv::conformance {

using turntable::conformance::Outcome;
using turntable::conformance::Report;
using turntable::conformance::Status;
using turntable::conformance::summary;
using turntable::conformance::to_json;
using turntable::conformance::to_string;
using turntable::conformance::to_text;

}  // namespace turntable::inline v0::kv::conformance
