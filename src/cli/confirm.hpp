#pragma once

#include <string>

#include "cli/app.hpp"

namespace turntable_cli {

/// Asks a person whether to go on with a removal; where there is none, only --yes will do. Tells of
/// a no, and picks the exit code for it.
bool confirmed(App& app, const std::string& question);

}  // namespace turntable_cli
