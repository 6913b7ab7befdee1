#include "turntable/conformance/blob/run.hpp"

#include "blob/environment.hpp"
#include "run_parts.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

bool declared(Need need, const Capabilities& can, const Subject& subject) {
    switch (need) {
        case Need::writes:
            return !can.read_only;
        case Need::read_only:
            return can.read_only;
        case Need::reopen:
            return can.reopen;
        case Need::atomic_write:
            return can.atomic_write;
        case Need::exclusive_create:
            return can.exclusive_create;
        case Need::write_if_match:
            return can.write_if_match;
        case Need::append:
            return can.append;
        case Need::atomic_append:
            return can.append && can.atomic_append;
        case Need::remove_if_match:
            return can.remove_if_match;
        case Need::etag:
            return can.etag;
        case Need::modified:
            return can.modified;
        case Need::content_type:
            return can.content_type;
        case Need::user_metadata:
            return can.user_metadata;
        case Need::read_one_version:
            return can.read_one_version;
        case Need::atomic_rename:
            return can.atomic_rename;
        case Need::exclusive_copy:
            return can.exclusive_copy;
        case Need::directories:
            return can.directories;
        case Need::no_directories:
            return !can.directories;
        case Need::list_order:
            return can.list_order == ListOrder::path;
        case Need::second_handle:
            return subject.open_second != nullptr;
    }
    return false;
}

// A backend that declares what its subject gives no way to try would be certified for nothing.
void expect_ways(const Capabilities& can, const Subject& subject) {
    if (can.reopen && subject.reopen == nullptr) {
        fail("capabilities declare reopen", "a Subject::reopen to try it with", "none");
    }
    if (can.shared && subject.open_second == nullptr) {
        fail("capabilities declare shared", "a Subject::open_second to try it with", "none");
    }
}

void run_inside(const Case& one, Environment& environment) {
    const Capabilities can = environment.store().can();
    for (const Need need : one.needs) {
        if (!declared(need, can, environment.subject())) {
            throw NotApplicable{"needs " + std::string(to_string(need))};
        }
    }
    expect_ways(can, environment.subject());
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

}  // namespace turntable::inline v0::blob::conformance
