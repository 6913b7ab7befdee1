#include "turntable/conformance/blob/command.hpp"

#include <utility>

#include "command_parts.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

struct FoundStore {
    Capabilities capabilities;
    bool holds_blobs = false;
};

Result<FoundStore> look_at_store(const Subject::Open& open) {
    TURNTABLE_TRY(AnyBackend backend, open(Runtime::create()));
    FoundStore found;
    TURNTABLE_TRY(Stream<EntryPage> pages, backend.list({}, "", {.limit = 1}));
    TURNTABLE_TRY(const std::optional<EntryPage> page, pages.next().wait());
    found.holds_blobs = page.has_value();
    found.capabilities = backend.capabilities();
    TURNTABLE_CHECK(backend.close({}).wait());
    return found;
}

Result<void> empty_store(const Subject::Open& open) {
    TURNTABLE_TRY(AnyBackend backend, open(Runtime::create()));
    if (!backend.capabilities().read_only) {
        TURNTABLE_CHECK(backend.remove_all({}, "").wait());
    }
    return backend.close({}).wait();
}

Subject subject_over(std::string name, const Subject::Open& open, const Capabilities& can) {
    Subject subject = wiped_subject(std::move(name), open);
    if (can.reopen) {
        subject.reopen = open;
    }
    if (can.shared) {
        subject.open_second = open;
    }
    return subject;
}

}  // namespace

int conform(std::string name, const Subject::Open& open, const CommandOptions& options,
            const turntable::conformance::Output& output) {
    namespace parts = turntable::conformance::detail;
    if (options.list) {
        parts::list_cases(all_cases(), options.json, output);
        return turntable::conformance::exit_certified;
    }
    const auto found = look_at_store(open);
    if (!found) {
        return parts::unusable("cannot open " + name + ": " + found.error().to_string(), output);
    }
    if (found->holds_blobs && !found->capabilities.read_only && !options.erase) {
        return parts::unusable(name + " holds blobs, and the suite would remove them. Name an " +
                                   "empty store, or allow it to be emptied with --erase.",
                               output);
    }
    const Subject subject = subject_over(std::move(name), open, found->capabilities);
    const int status = parts::run_and_report(options.json, output, [&](const Progress& progress) {
        return run_conformance(subject, options.run, progress);
    });
    if (const auto emptied = empty_store(open); !emptied && !options.json) {
        output("cannot empty it again: " + emptied.error().to_string() + "\n");
    }
    return status;
}

}  // namespace turntable::inline v0::blob::conformance
