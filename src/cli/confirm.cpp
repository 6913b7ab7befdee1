#include "cli/confirm.hpp"

#include <unistd.h>

#include <iostream>

namespace turntable_cli {

bool confirmed(App& app, const std::string& question) {
    if (::isatty(STDIN_FILENO) == 0) {
        app.fail(ExitCode::usage, "this removes many entries; look with --dry-run, then say --yes");
        return false;
    }
    std::cerr << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "yes") {
        app.fail(ExitCode::failed, "nothing was removed");
        return false;
    }
    return true;
}

}  // namespace turntable_cli
