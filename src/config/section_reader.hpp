#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/tree.hpp"
#include "turntable/config.hpp"

namespace turntable::inline v0::detail {

/// One `[serve]` as read.
struct Section {
    std::string name;
    SectionContent content;
    /// The same as it may be shown.
    SectionContent shown;
    Problems problems;
};

/// Reads one section; what is wrong is in its problems.
Section read_section(const Member& member, std::string_view origin, const ConfigOptions& options);

/// The section as TOML with secrets masked.
std::string show_section(const Section& section);
/// The same as a JSON object.
std::string show_section_json(const Section& section);

}  // namespace turntable::inline v0::detail
