#include "turntable/conformance/tape/run.hpp"

#include "run_parts.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

bool is_met(Need need, const Abilities& can, const Subject& subject) {
    switch (need) {
        case Need::writes:
            return can.writes;
        case Need::read_only:
            return !can.writes;
        case Need::append:
            return can.append;
        case Need::reopen:
            return subject.reopen != nullptr;
        case Need::second_handle:
            return subject.open_second != nullptr;
    }
    return false;
}

void run_inside(const Case& one, Environment& environment) {
    const Abilities can = environment.tapes().abilities();
    for (const Need need : one.needs) {
        if (!is_met(need, can, environment.subject())) {
            throw NotApplicable{"needs " + std::string(to_string(need))};
        }
    }
    one.run(environment);
}

}  // namespace

Outcome run_case(const Case& one, const Subject& subject, const Options& options) {
    return turntable::conformance::detail::outcome_of(
        one, options.seed, [&] { return Environment(subject, options); }, run_inside);
}

Report run_conformance(const Subject& subject, const Options& options, const Progress& progress) {
    return turntable::conformance::detail::report_of(
        all_cases(), subject, options, progress,
        [&](const Case& one) { return run_case(one, subject, options); });
}

}  // namespace turntable::inline v0::tape::conformance
