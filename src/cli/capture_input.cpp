#include "cli/capture_input.hpp"

#include <filesystem>
#include <iostream>

#include "cli/blob_output.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

namespace {

/// Whether a folder is a library already: it has an index or tapes.
bool holds_tapes(const std::string& folder) {
    std::error_code problem;
    for (std::filesystem::directory_iterator at(folder, problem), end; !problem && at != end;
         at.increment(problem)) {
        const std::string name = at->path().filename().string();
        if (name == "index.sqlite" || name.ends_with(".tape") || name.ends_with(".tape.zst")) {
            return true;
        }
    }
    return false;
}

}  // namespace

void print_capture_problems(const std::string& path, const turntable::tape::Capture& capture) {
    for (const turntable::tape::CaptureProblem& problem : capture.problems) {
        std::cerr << shown_text(path) << ':' << problem.line << ": " << shown_text(problem.what)
                  << " (byte " << problem.offset << ")\n";
    }
    if (capture.problem_count > capture.problems.size()) {
        std::cerr << shown_text(path) << ": and "
                  << print_count(capture.problem_count - capture.problems.size())
                  << " problems more\n";
    }
}

std::string capture_folder_of(const std::string& url) {
    constexpr std::string_view scheme = "tape:";
    const std::string path =
        url.starts_with(scheme) ? url.substr(scheme.size(), url.find('?') - scheme.size()) : url;
    std::error_code ignored;
    if (path.empty() || !std::filesystem::is_directory(path, ignored) || holds_tapes(path)) {
        return {};
    }
    const auto captures = turntable::tape::list_captures(path);
    return captures && !captures->empty() ? path : std::string();
}

}  // namespace turntable_cli
