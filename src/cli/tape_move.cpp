// tape copy, rebuild.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_library.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::json_quoted;

namespace {

struct MoveArguments {
    std::vector<std::string> words;
    std::string to;
    bool replace = false;
    bool dry_run = false;
    bool json = false;
};

void copy(App& app, const MoveArguments& options) {
    const auto criteria = read_query(app, options.words);
    const auto from = criteria ? open_library(app) : std::nullopt;
    const auto to = from ? open_library(app, options.to) : std::nullopt;
    if (!to) {
        return;
    }
    const auto copied =
        from->copy_to(*to, criteria->where, {.replace = options.replace}, {app.stop().get_token()});
    if (!copied) {
        return app.fail(copied.error());
    }
    if (options.json) {
        std::cout << "{\"copied\":" << copied->copied << ",\"skipped\":" << copied->skipped
                  << ",\"bytes\":" << copied->bytes << "}\n";
        return;
    }
    std::cout << "copied " << print_count(copied->copied)
              << (copied->copied == 1 ? " tape, " : " tapes, ") << print_bytes(copied->bytes);
    if (copied->skipped > 0) {
        std::cout << "; there already: " << print_count(copied->skipped);
    }
    std::cout << '\n';
}

void rebuild(App& app, const MoveArguments& options) {
    const auto tapes = open_library(app, {}, {.catch_up = false});
    if (!tapes) {
        return;
    }
    const turntable::CallOptions call{app.stop().get_token()};
    const auto report = options.dry_run ? tapes->verify(call) : tapes->rebuild(call);
    if (!report) {
        return app.fail(report.error());
    }
    bool damaged = false;
    for (const tape::IndexProblem& problem : report->problems) {
        damaged = damaged || problem.kind == tape::IndexProblem::Kind::damaged;
        if (options.json) {
            std::cout << "{\"id\":" << json_quoted(problem.id)
                      << ",\"problem\":" << json_quoted(to_string(problem.kind))
                      << ",\"what\":" << json_quoted(problem.what) << "}\n";
        } else {
            std::cout << problem.id << "  " << to_string(problem.kind) << "  "
                      << shown_text(problem.what) << '\n';
        }
    }
    if (options.json) {
        std::cout << "{\"tapes\":" << report->tapes << ",\"problems\":" << report->problems.size()
                  << ",\"repaired\":" << report->repaired << "}\n";
    } else {
        std::cout << print_count(report->tapes) << (report->tapes == 1 ? " tape, " : " tapes, ")
                  << print_count(report->problems.size())
                  << (report->problems.size() == 1 ? " problem, " : " problems, ")
                  << print_count(report->repaired) << " repaired\n";
    }
    if (damaged || (options.dry_run && !report->problems.empty())) {
        app.end_with(ExitCode::unwell);
    }
}

}  // namespace

void add_tape_move(CLI::App& tape, App& app) {
    auto* copies =
        tape.add_subcommand("copy", "Copy tapes into another library, with their labels");
    auto copy_options = std::make_shared<MoveArguments>();
    copies->add_option("QUERY", copy_options->words, "Which; all without it");
    copies->add_option("--to", copy_options->to, "The URL of the other library")->required();
    copies->add_flag("--replace", copy_options->replace, "Also what is there already");
    copies->add_flag("--json", copy_options->json, "Print a JSON object");
    add_library_option(*copies, app);
    copies->callback([&app, copy_options] { copy(app, *copy_options); });

    auto* again =
        tape.add_subcommand("rebuild", "Read all tapes of a library and make its index again");
    auto rebuild_options = std::make_shared<MoveArguments>();
    again->add_flag("--dry-run", rebuild_options->dry_run, "Only tell where it does not fit");
    again->add_flag("--json", rebuild_options->json, "Print a JSON object a line, the sums last");
    add_library_option(*again, app);
    again->callback([&app, rebuild_options] { rebuild(app, *rebuild_options); });
}

}  // namespace turntable_cli
