// tape diff: what another session did otherwise.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_location.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/mcp/diff.hpp"

namespace turntable_cli {

namespace mcp = turntable::mcp;
using turntable::json_quoted;

namespace {

struct TapeDiffArguments {
    std::string first;
    std::string second;
    mcp::DiffOptions options;
    bool json = false;
};

/// A value on a line, not longer than one.
std::string short_value(const std::string& json) {
    constexpr std::size_t bytes_max = 100;
    if (json.empty()) {
        return "nothing";
    }
    return shown_text(json.size() <= bytes_max ? json : json.substr(0, bytes_max) + "...");
}

void print_tape_diff(const mcp::DiffReport& report) {
    for (const mcp::DiffCall& call : report.calls) {
        const std::string what =
            shown_text(call.subject.empty() ? call.method : call.method + " " + call.subject);
        switch (call.kind) {
            case mcp::DiffKind::missing:
                std::cout << "- " << what << " (frame " << call.first << ")\n";
                break;
            case mcp::DiffKind::added:
                std::cout << "+ " << what << " (frame " << call.second << ")\n";
                break;
            case mcp::DiffKind::request:
            case mcp::DiffKind::answer:
                std::cout << "~ " << what << ": another " << to_string(call.kind) << " (frames "
                          << call.first << " and " << call.second << ")\n";
                break;
        }
        for (const mcp::DiffPlace& place : call.places) {
            std::cout << "    " << shown_text(place.path) << ": " << short_value(place.first)
                      << " -> " << short_value(place.second) << '\n';
        }
    }
    std::cout << print_count(report.same) << " calls are the same, "
              << print_count(report.calls.size()) << " are not\n";
}

void print_tape_diff_as_json(const mcp::DiffReport& report) {
    std::cout << "{\"equal\":" << (report.calls.empty() ? "true" : "false")
              << ",\"same\":" << report.same << ",\"calls\":[";
    for (std::size_t i = 0; i < report.calls.size(); ++i) {
        const mcp::DiffCall& call = report.calls[i];
        std::cout << (i == 0 ? "" : ",") << "{\"kind\":\"" << to_string(call.kind)
                  << "\",\"method\":" << json_quoted(call.method)
                  << ",\"subject\":" << json_quoted(call.subject) << ",\"first\":" << call.first
                  << ",\"second\":" << call.second << ",\"places\":[";
        for (std::size_t k = 0; k < call.places.size(); ++k) {
            const mcp::DiffPlace& place = call.places[k];
            std::cout << (k == 0 ? "" : ",") << "{\"path\":" << json_quoted(place.path)
                      << ",\"first\":" << (place.first.empty() ? "null" : place.first)
                      << ",\"second\":" << (place.second.empty() ? "null" : place.second) << '}';
        }
        std::cout << "]}";
    }
    std::cout << "]}\n";
}

void diff_tapes(App& app, const TapeDiffArguments& arguments) {
    auto first = open_tape_to_read(app, arguments.first);
    auto second = first ? open_tape_to_read(app, arguments.second) : std::nullopt;
    if (!second) {
        return;
    }
    const auto report = mcp::diff(*first, *second, arguments.options);
    if (!report) {
        return app.fail(report.error());
    }
    arguments.json ? print_tape_diff_as_json(*report) : print_tape_diff(*report);
    if (!report->calls.empty()) {
        app.end_with(ExitCode::unwell);
    }
}

}  // namespace

void add_tape_diff(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand(
        "diff", "Compare what two sessions asked and were answered: tools, calls, results");
    auto arguments = std::make_shared<TapeDiffArguments>();
    command->add_option("FIRST", arguments->first, "A tape")->required();
    command->add_option("SECOND", arguments->second, "The tape to compare with it")->required();
    command
        ->add_option("--ignore", arguments->options.ignore,
                     "A place of requests or answers that does not count, such as "
                     "/result/structuredContent/time; * is any one step")
        ->allow_extra_args(false);
    command->add_option("--places", arguments->options.places_max,
                        "Differences to tell of each call");
    command->add_flag("--json", arguments->json, "Print a JSON object");
    command->callback([&app, arguments] { diff_tapes(app, *arguments); });
}

}  // namespace turntable_cli
