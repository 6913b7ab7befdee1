#include <algorithm>
#include <utility>

#include "turntable/tape/library.hpp"

namespace turntable::inline v0::tape {

std::vector<TapeMetadata> plan_retention(std::vector<TapeMetadata> tapes,
                                         const Retention& retention, WallTime now) {
    std::ranges::sort(tapes, [](const TapeMetadata& a, const TapeMetadata& b) {
        return compare_tapes(a, b, {Field::created, false}) < 0;
    });
    std::uint64_t count = tapes.size();
    std::uint64_t bytes = 0;
    for (const TapeMetadata& tape : tapes) {
        bytes += tape.stored_bytes;
    }
    std::vector<TapeMetadata> gone;
    for (TapeMetadata& tape : tapes) {
        if (tape.labels.pinned || tape.state == TapeState::recording) {
            continue;
        }
        const bool old = retention.age &&
                         tape.created < WallNanoseconds(now.time_since_epoch()) - *retention.age;
        const bool many = retention.count && count > *retention.count;
        const bool large = retention.stored_bytes && bytes > *retention.stored_bytes;
        if (old || many || large) {
            --count;
            bytes -= tape.stored_bytes;
            gone.push_back(std::move(tape));
        }
    }
    return gone;
}

Result<RetentionReport> Library::prune(const Retention& retention, bool dry_run,
                                       const CallOptions& call) const {
    std::vector<TapeMetadata> tapes;
    TURNTABLE_CHECK(for_each(
        {},
        [&tapes](const TapeMetadata& tape) -> Result<bool> {
            tapes.push_back(tape);
            return true;
        },
        call));
    RetentionReport report{.kept = tapes.size()};
    for (TapeMetadata& tape :
         plan_retention(std::move(tapes), retention, runtime().clock().wall_now())) {
        if (!dry_run) {
            const auto removed = remove(tape.id, call);
            // Somebody else was faster.
            if (!removed && removed.error().code() != ErrorCode::not_found) {
                return removed.error();
            }
        }
        --report.kept;
        report.freed_bytes += tape.stored_bytes;
        report.removed.push_back(std::move(tape));
    }
    return report;
}

Result<CopyTapesReport> Library::copy_to(const Library& to, const Expression& where,
                                         const CopyTapesOptions& options,
                                         const CallOptions& call) const {
    CopyTapesReport report;
    TURNTABLE_CHECK(for_each(
        where,
        [&](const TapeMetadata& tape) -> Result<bool> {
            TURNTABLE_TRY(auto content, source(tape.id, call));
            const auto saved = to.save(std::move(content),
                                       {.labels = tape.labels, .replace = options.replace}, call);
            if (saved) {
                ++report.copied;
                report.bytes += tape.bytes;
            } else if (saved.error().code() == ErrorCode::already_exists) {
                ++report.skipped;
            } else {
                return saved.error();
            }
            return true;
        },
        call));
    return report;
}

}  // namespace turntable::inline v0::tape
