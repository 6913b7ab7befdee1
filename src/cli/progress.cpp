#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/text.hpp"

namespace turntable_cli {

Progress::Progress(std::string what)
    : what_(std::move(what)), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
    if (on_terminal_) {
        std::cerr << "\r\033[K";
        std::cerr.flush();
    }
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
    constexpr std::chrono::milliseconds redraw_every{50};
    const auto now = std::chrono::steady_clock::now();
    if (on_terminal_ && (now - drawn_ >= redraw_every || done == total)) {
        drawn_ = now;
        draw(done, total);
    }
}

void Progress::draw(std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t width = 30;
    std::cerr << "\r\033[K" << what_ << ' ';
    if (total != 0) {
        const std::uint64_t filled = std::min(width, done * width / total);
        std::cerr << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] "
                  << done * 100 / total << "% ";
    }
    std::cerr << print_count(done);
    std::cerr.flush();
}

}  // namespace turntable_cli
