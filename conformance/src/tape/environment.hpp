#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "expectation.hpp"
#include "tape/tapes.hpp"
#include "turntable/conformance/tape/run.hpp"
#include "turntable/conformance/tape/sample.hpp"

namespace turntable::inline v0::tape::conformance {

using turntable::conformance::expect;
using turntable::conformance::expect_code;
using turntable::conformance::expect_equal;
using turntable::conformance::expect_ok;
using turntable::conformance::fail;
using turntable::conformance::Failure;
using turntable::conformance::in_rounds;
using turntable::conformance::in_threads;
using turntable::conformance::NotApplicable;
using turntable::conformance::show;

/// What a case works with: the providers of the subject, chance, and the trace.
///
/// Purpose: the argument of each case. Ownership: owns the providers it opened. Threads: one thread
/// at a time. Errors: throws Failure.
class Environment {
  public:
    Environment(const Subject& subject, const Options& options);

    const Options& options() const noexcept { return options_; }
    const Subject& subject() const noexcept { return subject_; }
    /// The first provider, opened when first asked for.
    Tapes& tapes();
    Tapes& reopen() { return open(subject_.reopen, "reopened"); }
    Tapes& second() { return open(subject_.open_second, "second"); }
    /// A second provider where there is one, else the first.
    Tapes& other() { return subject_.open_second == nullptr ? tapes() : second(); }

    /// A tape of two calls, of which one fails, and answers that take at least `bytes`.
    std::string tape(const std::string& id, std::size_t bytes = 0);
    /// What hangs is kept where it was waited for.
    static void abandon() noexcept {}
    std::vector<std::string> take_trace() { return watch_->trace().take(); }

  private:
    Tapes& open(const Subject::Open& open, std::string label);

    const Subject& subject_;
    const Options& options_;
    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<Watch> watch_;
    std::vector<std::unique_ptr<Tapes>> open_;
    std::mt19937_64 random_;
};

/// The bytes of the lines of a tape, whatever its form.
std::string plain_of(std::string_view content, const Location& where = Location::current());

}  // namespace turntable::inline v0::tape::conformance
