#include "cases/groups.hpp"

namespace turntable::inline v0::kv::conformance {

std::string_view to_string(Need need) noexcept {
    switch (need) {
        case Need::writes:
            return "writes";
        case Need::read_only:
            return "read_only";
        case Need::reopen:
            return "reopen";
        case Need::watch_keys:
            return "watch_keys";
        case Need::watch_ranges:
            return "watch_ranges";
        case Need::watch_others:
            return "watch_others_within";
        case Need::queue:
            return "queue";
        case Need::snapshots:
            return "snapshots";
        case Need::delete_range:
            return "delete_range";
        case Need::set_expiry:
            return "set_expiry";
        case Need::expiry_times:
            return "expiry_times";
        case Need::native_backup:
            return "native_backup";
        case Need::concurrent:
            return "threading=concurrent";
        case Need::second_handle:
            return "second_handle";
        case Need::controllable_clock:
            return "controllable_clock";
    }
    return "unknown";
}

std::span<const Case> all_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto group :
             {order_cases, snapshot_cases, atomic_cases, mutation_cases, value_cases, limit_cases,
              expiry_cases, watch_cases, queue_cases, lease_cases, concurrency_cases,
              lifecycle_cases, backup_cases, close_cases, model_cases}) {
            std::vector<Case> some = group();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }();
    return cases;
}

}  // namespace turntable::inline v0::kv::conformance
