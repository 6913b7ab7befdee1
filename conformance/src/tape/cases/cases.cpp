#include "tape/cases/groups.hpp"

namespace turntable::inline v0::tape::conformance {

std::string_view to_string(Need need) noexcept {
    switch (need) {
        case Need::writes:
            return "writes";
        case Need::read_only:
            return "read_only";
        case Need::append:
            return "append";
        case Need::reopen:
            return "reopen";
        case Need::second_handle:
            return "second_handle";
    }
    return "unknown";
}

std::span<const Case> all_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto group :
             {save_cases, refused_save_cases, stream_cases, append_cases, finish_cases, label_cases,
              delete_cases, list_cases, lifecycle_cases, race_cases}) {
            std::vector<Case> some = group();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }();
    return cases;
}

}  // namespace turntable::inline v0::tape::conformance
