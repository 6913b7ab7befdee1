// tape verify: whether a tape is what was recorded.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_location.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::json_quoted;

namespace {

void print_reports_as_json(const std::vector<tape::VerifyReport>& reports) {
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const tape::VerifyReport& report = reports[i];
        std::cout << "{\"segment\":" << i + 1
                  << ",\"sound\":" << (report.problems.empty() ? "true" : "false")
                  << ",\"records\":" << report.summary.totals.records
                  << ",\"frames\":" << report.summary.totals.frames << ",\"end_reason\":"
                  << (report.summary.end_reason ? json_quoted(*report.summary.end_reason) : "null")
                  << ",\"torn_bytes\":" << (report.summary.torn ? report.summary.torn->bytes : 0)
                  << ",\"chain\":" << json_quoted(report.chain) << ",\"problems\":[";
        for (std::size_t k = 0; k < report.problems.size(); ++k) {
            const tape::Problem& problem = report.problems[k];
            std::cout << (k == 0 ? "" : ",") << "{\"line\":" << problem.line
                      << ",\"offset\":" << problem.offset
                      << ",\"what\":" << json_quoted(problem.what) << "}";
        }
        std::cout << "]}\n";
    }
}

void print_report(const std::string& name, const tape::VerifyReport& report) {
    for (const tape::Problem& problem : report.problems) {
        std::cout << name << ": line " << problem.line << ": " << shown_text(problem.what) << '\n';
    }
    const tape::Summary& summary = report.summary;
    std::cout << name << ": " << print_count(summary.totals.records) << " records, "
              << print_count(summary.totals.frames) << " frames, "
              << (summary.end_reason ? "end: " + *summary.end_reason : "no end");
    if (summary.torn) {
        std::cout << ", a torn end of " << print_bytes(summary.torn->bytes) << " left out";
    }
    std::cout << '\n' << name << ": chain " << report.chain << '\n';
}

void verify_tape(App& app, const std::string& text, bool json) {
    const auto place = find_tape(app, text);
    if (!place) {
        return;
    }
    const auto reports = tape::verify_segments(place->segments);
    if (!reports) {
        return app.fail(reports.error());
    }
    if (json) {
        print_reports_as_json(*reports);
    }
    bool sound = true;
    for (std::size_t i = 0; i < reports->size(); ++i) {
        const tape::VerifyReport& report = (*reports)[i];
        sound &= report.problems.empty();
        if (!json) {
            print_report(shown_name(place->name) +
                             (i == 0 ? "" : " (segment " + std::to_string(i + 1) + ")"),
                         report);
        }
    }
    if (!sound) {
        app.end_with(ExitCode::unwell);
    }
}

}  // namespace

void add_tape_verify(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand(
        "verify", "Check every line of a tape: checksums, order, counts and the chain");
    auto text = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("TAPE", *text, "The tape")->required();
    command->add_flag("--json", *json, "Print a JSON object for each segment");
    command->callback([&app, text, json] { verify_tape(app, *text, *json); });
}

}  // namespace turntable_cli
