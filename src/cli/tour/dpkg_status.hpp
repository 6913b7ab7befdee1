#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/result.hpp"

namespace turntable_cli {

/// One installed package, as dpkg's status file describes it.
struct Package {
    std::string name;
    std::string architecture;
    std::string section;
    std::uint64_t installed_kib = 0;
    /// All fields in the order of the file, continuation lines joined with newlines.
    std::vector<std::pair<std::string, std::string>> fields;
};

/// The packages of a status file: paragraphs of "Field: value" lines, separated by empty lines;
/// a line that begins with a space goes on the field before it.
/// Errors: invalid_argument with the line number for what is not of this form.
turntable::Result<std::vector<Package>> parse_dpkg_status(std::string_view text);

}  // namespace turntable_cli
