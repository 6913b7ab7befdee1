#include "blob/cases/groups.hpp"

namespace turntable::inline v0::blob::conformance {

std::string_view to_string(Need need) noexcept {
    switch (need) {
        case Need::writes:
            return "writes";
        case Need::read_only:
            return "read_only";
        case Need::reopen:
            return "reopen";
        case Need::atomic_write:
            return "atomic_write";
        case Need::exclusive_create:
            return "exclusive_create";
        case Need::write_if_match:
            return "write_if_match";
        case Need::append:
            return "append";
        case Need::atomic_append:
            return "atomic_append";
        case Need::remove_if_match:
            return "remove_if_match";
        case Need::etag:
            return "etag";
        case Need::modified:
            return "modified";
        case Need::content_type:
            return "content_type";
        case Need::user_metadata:
            return "user_metadata";
        case Need::read_one_version:
            return "read_one_version";
        case Need::atomic_rename:
            return "atomic_rename";
        case Need::exclusive_copy:
            return "exclusive_copy";
        case Need::directories:
            return "directories";
        case Need::no_directories:
            return "directories=no";
        case Need::list_order:
            return "list_order=path";
        case Need::second_handle:
            return "second_handle";
    }
    return "unknown";
}

std::span<const Case> all_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto group :
             {stat_cases, read_cases, reader_cases, write_cases, writer_cases, append_cases,
              list_cases, remove_cases, copy_cases, directory_cases, path_cases, limit_cases,
              lifecycle_cases, race_cases}) {
            std::vector<Case> some = group();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }();
    return cases;
}

}  // namespace turntable::inline v0::blob::conformance
