#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "turntable/tape/redaction.hpp"

namespace turntable_cli {

/// What a user adds to the default rules.
struct RedactArguments {
    std::vector<std::string> names;
    std::vector<std::string> values;
};

/// Adds --redact and --redact-value to a verb.
void add_redact_options(CLI::App& command, RedactArguments& arguments);

std::vector<turntable::tape::RedactRule> redact_rules(const RedactArguments& arguments);

}  // namespace turntable_cli
