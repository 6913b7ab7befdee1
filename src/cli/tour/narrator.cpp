#include <iostream>

#include "cli/text.hpp"
#include "cli/tour/steps.hpp"

namespace turntable_cli {

void Narrator::heading(const std::string& text) {
    if (!quiet_) {
        std::cout << '\n' << text << '\n';
    }
}

void Narrator::say(const std::string& text) {
    if (!quiet_) {
        std::cout << "  " << text << '\n';
    }
}

void Narrator::timed(const std::string& what,
                     const std::function<turntable::Result<void>()>& part) {
    const auto start = std::chrono::steady_clock::now();
    const turntable::Result<void> done = part();
    const auto took = std::chrono::steady_clock::now() - start;
    if (!done) {
        require(false, what + ": " + done.error().to_string());
    } else {
        say(what + " (" + print_took(took) + ")");
    }
}

void Narrator::require(bool holds, const std::string& fact) {
    if (!holds) {
        all_held_ = false;
        std::cerr << "  DID NOT HOLD: " << fact << '\n';
    }
}

}  // namespace turntable_cli
