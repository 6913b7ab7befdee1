#include "turntable/conformance/run.hpp"

#include "environment.hpp"
#include "run_parts.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

bool declared(Need need, const Capabilities& can, const Subject& subject) {
    switch (need) {
        case Need::writes:
            return !can.read_only;
        case Need::read_only:
            return can.read_only;
        case Need::reopen:
            return can.reopen;
        case Need::watch_keys:
            return can.watch_keys;
        case Need::watch_ranges:
            return can.watch_ranges;
        case Need::watch_others:
            return can.watch_others_within.count() > 0;
        case Need::queue:
            return can.queue;
        case Need::snapshots:
            return can.snapshots;
        case Need::delete_range:
            return can.delete_range;
        case Need::set_expiry:
            return can.set_expiry;
        case Need::expiry_times:
            return can.expiry_times;
        case Need::native_backup:
            return can.native_backup;
        case Need::concurrent:
            return can.threading == Threading::concurrent;
        case Need::second_handle:
            return subject.open_second != nullptr;
        case Need::controllable_clock:
            return subject.controllable_clock;
    }
    return false;
}

// A backend that declares what its subject gives no way to try would be certified for nothing.
void expect_ways(const Capabilities& can, const Subject& subject) {
    if (can.reopen && subject.reopen == nullptr) {
        fail("capabilities declare reopen", "a Subject::reopen to try it with", "none");
    }
    if (can.watch_others_within.count() > 0 && subject.open_second == nullptr) {
        fail("capabilities declare watch_others_within", "a Subject::open_second to try it with",
             "none");
    }
}

void run_inside(const Case& one, Environment& environment) {
    const Capabilities can = environment.store().capabilities();
    for (const Need need : one.needs) {
        if (!declared(need, can, environment.subject())) {
            throw NotApplicable{"needs " + std::string(to_string(need))};
        }
    }
    expect_ways(can, environment.subject());
    one.run(environment);
}

Outcome run_with(const Case& one, const Subject& subject, const Options& options,
                 const std::shared_ptr<ManualClock>& manual) {
    return turntable::conformance::detail::outcome_of(
        one, options.seed,
        [&] {
            return Environment(subject, options, manual.get(),
                               manual == nullptr ? Clock::system() : manual);
        },
        run_inside);
}

std::shared_ptr<ManualClock> clock_for(const Subject& subject) {
    return subject.controllable_clock ? std::make_shared<ManualClock>() : nullptr;
}

}  // namespace

Outcome run_case(const Case& one, const Subject& subject, const Options& options) {
    return run_with(one, subject, options, clock_for(subject));
}

Report run_conformance(const Subject& subject, const Options& options, const Progress& progress) {
    // One clock for all cases: for data that only gets emptied, time must not go back.
    const std::shared_ptr<ManualClock> clock = clock_for(subject);
    return turntable::conformance::detail::report_of(
        all_cases(), subject, options, progress,
        [&](const Case& one) { return run_with(one, subject, options, clock); });
}

}  // namespace turntable::inline v0::kv::conformance
