#pragma once

#include <span>
#include <string>

#include "turntable/conformance/exit_status.hpp"
#include "turntable/conformance/report.hpp"
#include "turntable/core/settings_info.hpp"

/// \file
/// The parts of the commands of all surfaces.
namespace turntable::inline v0::conformance::detail {

template <class Case>
std::string case_as_json(const Case& one) {
    std::string text = "{\"name\":" + json_quoted(one.name) +
                       ",\"promise\":" + json_quoted(one.promise) + ",\"needs\":[";
    for (std::size_t i = 0; i < one.needs.size(); ++i) {
        text += (i == 0 ? "" : ",") + json_quoted(to_string(one.needs[i]));
    }
    return text + "]}";
}

template <class Case>
std::string case_as_line(const Case& one) {
    std::string line = std::string(one.name) + ": " + std::string(one.promise);
    for (std::size_t i = 0; i < one.needs.size(); ++i) {
        line += (i == 0 ? " Needs " : ", ") + std::string(to_string(one.needs[i]));
    }
    return line + "\n";
}

/// One array of JSON, or a line for each.
template <class Case>
void list_cases(std::span<const Case> cases, bool json, const Output& output) {
    std::string text;
    for (const Case& one : cases) {
        if (json) {
            text += (text.empty() ? "[" : ",\n ") + case_as_json(one);
        } else {
            output(case_as_line(one));
        }
    }
    if (json) {
        output(text + "]\n");
    }
}

/// Says why nothing can be tried.
inline int unusable(const std::string& why, const Output& output) {
    output(why + "\n");
    return exit_unusable;
}

/// `run` takes what is told of each outcome, and gives the report.
template <class Run>
int run_and_report(bool json, const Output& output, const Run& run) {
    const Report report = run([&](const Outcome& outcome) {
        if (!json) {
            output(to_text(outcome) + "\n");
        }
    });
    output((json ? to_json(report) : summary(report)) + "\n");
    return report.certified() ? exit_certified : exit_failed;
}

}  // namespace turntable::inline v0::conformance::detail
