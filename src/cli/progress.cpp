#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/text.hpp"

namespace turntable_cli {

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (on_terminal_) {
        std::cerr << "\r\033[K";
        std::cerr.flush();
    }
}

void Progress::advance(std::uint64_t by) {
    done_ += by;
    constexpr std::chrono::milliseconds redraw_every{50};
    const auto now = std::chrono::steady_clock::now();
    if (on_terminal_ && (now - drawn_ >= redraw_every || done_ == total_)) {
        drawn_ = now;
        draw();
    }
}

void Progress::draw() {
    constexpr std::uint64_t width = 30;
    std::cerr << "\r\033[K" << what_ << ' ';
    if (total_ != 0) {
        const std::uint64_t filled = std::min(width, done_ * width / total_);
        std::cerr << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] "
                  << done_ * 100 / total_ << "% ";
    }
    std::cerr << print_count(done_);
    std::cerr.flush();
}

}  // namespace turntable_cli
