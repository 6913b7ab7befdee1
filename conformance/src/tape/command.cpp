#include "turntable/conformance/tape/command.hpp"

#include <utility>

#include "command_parts.hpp"
#include "tape/tapes.hpp"
#include "tape/wipe.hpp"
#include "turntable/conformance/tape/sample.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

/// What was found out of a provider before its cases are tried.
struct Found {
    bool holds_tapes = false;
    bool read_only = false;
    bool reopens = false;
    bool shared = false;
};

constexpr std::string_view probe_id = "conform-probe";

Result<Found> look_inside(const Subject::Open& open, const OpenOptions& options) {
    TURNTABLE_TRY(AnyProvider provider, open(options));
    TURNTABLE_TRY(const TapePage page, provider.list_tapes({}, {.limit = 1}).wait());
    Found found{.holds_tapes = !page.tapes.empty()};
    const Result<void> deleted = provider.delete_tape({}, probe_id).wait();
    found.read_only = !deleted && deleted.error().code() == ErrorCode::permission_denied;
    TURNTABLE_CHECK(provider.close({}).wait());
    return found;
}

/// Saves a tape, looks who sees it, and takes it away again.
Result<void> look_from_outside(const Subject::Open& open, const OpenOptions& options,
                               Found& found) {
    TURNTABLE_TRY(AnyProvider provider, open(options));
    {
        TURNTABLE_TRY(AnyProvider second, open(options));
        const std::string tape = sample_tape(sample_head(std::string(probe_id)), {});
        const auto saved = provider.save_tape({}, SaveRequest{content_of(tape), {}, true}).wait();
        // If it was not saved, the cases say what is wrong.
        found.shared = saved && second.get_metadata({}, probe_id).wait().has_value();
        TURNTABLE_CHECK(second.close({}).wait());
    }
    TURNTABLE_CHECK(provider.close({}).wait());
    TURNTABLE_TRY(AnyProvider again, open(options));
    found.reopens = again.get_metadata({}, probe_id).wait().has_value();
    if (found.reopens) {
        TURNTABLE_CHECK(again.delete_tape({}, probe_id).wait());
    }
    return again.close({}).wait();
}

Result<void> delete_what_is_left(const Subject::Open& open, const OpenOptions& options) {
    TURNTABLE_TRY(AnyProvider provider, open(options));
    TURNTABLE_CHECK(delete_all(provider));
    return provider.close({}).wait();
}

}  // namespace

int conform(std::string name, const Subject::Open& open, const CommandOptions& options,
            const turntable::conformance::Output& output) {
    namespace parts = turntable::conformance::detail;
    if (options.list) {
        parts::list_cases(all_cases(), options.json, output);
        return turntable::conformance::exit_certified;
    }
    const OpenOptions how{.runtime = Runtime::create(), .analyzer = sample_analyzer()};
    Result<Found> found = look_inside(open, how);
    if (found && found->holds_tapes && !found->read_only && !options.erase) {
        return parts::unusable(name + " holds tapes, and the suite would delete them. Name an " +
                                   "empty library, or allow it to be emptied with --erase.",
                               output);
    }
    if (found && !found->read_only) {
        if (const auto looked = look_from_outside(open, how, *found); !looked) {
            found = looked.error();
        }
    }
    if (!found) {
        return parts::unusable("cannot open " + name + ": " + found.error().to_string(), output);
    }
    Subject subject = wiped_subject(std::move(name), open);
    if (found->reopens) {
        subject.reopen = open;
    }
    if (found->shared) {
        subject.open_second = open;
    }
    const int status = parts::run_and_report(options.json, output, [&](const Progress& progress) {
        return run_conformance(subject, options.run, progress);
    });
    if (const auto emptied = delete_what_is_left(open, how); !emptied && !options.json) {
        output("cannot empty it again: " + emptied.error().to_string() + "\n");
    }
    return status;
}

}  // namespace turntable::inline v0::tape::conformance
