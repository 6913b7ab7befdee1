#include <iostream>
#include <utility>

#include "cli/text.hpp"
#include "cli/tour/steps.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::json_quoted;

namespace {

std::string json_array(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        out += (out.size() == 1 ? "" : ",") + json_quoted(text);
    }
    return out + "]";
}

}  // namespace

void Narrator::heading(const std::string& text) {
    parts_.push_back({text, {}});
    if (!quiet_) {
        std::cout << '\n' << text << '\n';
    }
}

void Narrator::say(const std::string& text) {
    said_.push_back(text);
    if (!quiet_) {
        std::cout << "  " << text << '\n';
    }
}

void Narrator::timed(const std::string& what,
                     const std::function<turntable::Result<void>()>& part) {
    said_.clear();
    const auto start = std::chrono::steady_clock::now();
    const turntable::Result<void> done = part();
    const auto took = std::chrono::steady_clock::now() - start;
    if (!done) {
        return require(false, what + ": " + done.error().to_string());
    }
    const double took_ms = std::chrono::duration<double, std::milli>(took).count();
    parts_.back().steps.push_back({what, took_ms, std::exchange(said_, {})});
    if (!quiet_) {
        std::cout << "  " << what << " (" << print_took(took) << ")\n";
    }
}

void Narrator::require(bool holds, const std::string& fact) {
    if (!holds) {
        not_held_.push_back(fact);
        std::cerr << "  DID NOT HOLD: " << fact << '\n';
    }
}

std::string Narrator::json_members() const {
    std::string out = "\"parts\":[";
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        out +=
            (i == 0 ? "{" : ",{") + ("\"part\":" + json_quoted(parts_[i].heading)) + ",\"steps\":[";
        for (std::size_t j = 0; j < parts_[i].steps.size(); ++j) {
            const Step& step = parts_[i].steps[j];
            out += (j == 0 ? "{" : ",{") + ("\"what\":" + json_quoted(step.what)) +
                   ",\"took_ms\":" + std::to_string(step.took_ms) +
                   ",\"shown\":" + json_array(step.shown) + "}";
        }
        out += "]}";
    }
    return out + "],\"held\":" + (all_held() ? "true" : "false") +
           ",\"not_held\":" + json_array(not_held_);
}

}  // namespace turntable_cli
