#include "turntable/conformance/command.hpp"

#include "command_parts.hpp"
#include "wipe.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

// Messages may be scheduled and leased up to a year ahead; what an earlier case left must be due
// when the database is emptied.
constexpr std::chrono::hours past_every_message{24 * 400};

struct Found {
    Capabilities capabilities;
    bool holds_entries = false;
};

Result<Found> look(const Subject::Open& open, const std::shared_ptr<Runtime>& runtime) {
    TURNTABLE_TRY(AnyBackend backend, open(runtime));
    Found found;
    TURNTABLE_TRY(found.holds_entries, holds_entries(backend));
    found.capabilities = backend.capabilities();
    TURNTABLE_CHECK(backend.close({}).wait());
    return found;
}

// At a time by which every message that the cases left is due.
Result<void> empty(const Subject::Open& open, bool controllable_clock) {
    RuntimeOptions options;
    if (controllable_clock) {
        const auto clock = std::make_shared<ManualClock>();
        clock->advance(past_every_message * (all_cases().size() + 2));
        options.clock = clock;
    }
    const auto runtime = Runtime::create(std::move(options));
    TURNTABLE_TRY(AnyBackend backend, open(runtime));
    TURNTABLE_CHECK(wipe(backend, *runtime));
    return backend.close({}).wait();
}

Subject subject_of(std::string name, const Subject::Open& open, const Capabilities& can,
                   bool controllable_clock) {
    Subject::Open settled = open;
    if (controllable_clock) {
        settled = [open](const std::shared_ptr<Runtime>& runtime) {
            if (auto* clock = dynamic_cast<ManualClock*>(&runtime->clock())) {
                clock->advance(past_every_message);
            }
            return open(runtime);
        };
    }
    Subject subject = wiped_subject(std::move(name), std::move(settled));
    subject.controllable_clock = controllable_clock;
    if (can.reopen) {
        subject.reopen = open;
    }
    if (can.watch_others_within.count() > 0) {
        subject.open_second = open;
    }
    return subject;
}

}  // namespace

int conform(std::string name, const Subject::Open& open, const CommandOptions& options,
            const Output& output) {
    namespace parts = turntable::conformance::detail;
    if (options.list) {
        parts::list_cases(all_cases(), options.json, output);
        return exit_certified;
    }
    const auto found = look(open, Runtime::create());
    if (!found) {
        return parts::unusable("cannot open " + name + ": " + found.error().to_string(), output);
    }
    if (found->holds_entries && !found->capabilities.read_only && !options.erase) {
        return parts::unusable(name + " holds entries, and the suite would remove them. Name an " +
                                   "empty database, or allow it to be emptied with --erase.",
                               output);
    }
    const Subject subject =
        subject_of(std::move(name), open, found->capabilities, options.controllable_clock);
    const int status = parts::run_and_report(options.json, output, [&](const Progress& progress) {
        return run_conformance(subject, options.run, progress);
    });
    if (const auto emptied = empty(open, options.controllable_clock); !emptied && !options.json) {
        output("cannot empty it again: " + emptied.error().to_string() + "\n");
    }
    return status;
}

}  // namespace turntable::inline v0::kv::conformance
