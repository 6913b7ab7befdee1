#pragma once

#include "cli/app.hpp"

namespace turntable_cli {

/// `config import`, in a file of its own.
void add_config_import(CLI::App& config, App& app);

}  // namespace turntable_cli
