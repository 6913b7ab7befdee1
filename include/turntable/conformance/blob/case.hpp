#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "turntable/conformance/basic_case.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::blob::conformance {

class Environment;

/// What a case cannot do without. All but the last follow from `capabilities()`.
enum class Need : std::uint8_t {
    writes,  ///< not read_only
    read_only,
    reopen,
    atomic_write,
    exclusive_create,
    write_if_match,
    append,
    atomic_append,
    remove_if_match,
    etag,
    modified,
    content_type,
    user_metadata,
    read_one_version,
    atomic_rename,
    exclusive_copy,
    directories,
    no_directories,  ///< directories are there while something lies in them
    list_order,  ///< list_order is path
    second_handle,  ///< the subject can open the store a second time
};

TURNTABLE_EXPORT std::string_view to_string(Need need) noexcept;

/// One promise of the blob contract and the code that tries it.
///
/// Purpose, ownership, threads, errors: see BasicCase.
using Case = turntable::conformance::BasicCase<Need, Environment>;

/// Every case, in the order of the report.
TURNTABLE_EXPORT std::span<const Case> all_cases();

}  // namespace turntable::inline v0::blob::conformance
