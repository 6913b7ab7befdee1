#include "cli/redact_rules.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;

void add_redact_options(CLI::App& command, RedactArguments& arguments) {
    command
        .add_option("--redact", arguments.names,
                    "Also takes out what has a name like this glob, such as *pin; again for more")
        ->allow_extra_args(false);
    command
        .add_option("--redact-value", arguments.values,
                    "Also takes out what this regular expression finds; again for more")
        ->allow_extra_args(false);
}

std::vector<tape::RedactRule> redact_rules(const RedactArguments& arguments) {
    std::vector<tape::RedactRule> rules;
    for (const std::string& glob : arguments.names) {
        rules.push_back({.name = "named", .where = tape::RedactWhere::key, .pattern = glob});
    }
    for (const std::string& expression : arguments.values) {
        rules.push_back({.name = "form", .where = tape::RedactWhere::value, .pattern = expression});
    }
    return rules;
}

}  // namespace turntable_cli
