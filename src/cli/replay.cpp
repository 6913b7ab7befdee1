// replay: stands in for a server of MCP, with the answers on a tape.

#include <csignal>
#include <filesystem>
#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/record_tape.hpp"
#include "cli/replay_tape.hpp"
#include "cli/tape_location.hpp"
#include "cli/tape_text.hpp"
#include "cli/text.hpp"
#include "turntable/mcp/player_protocol.hpp"
#include "turntable/mcp/replay.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable_cli {

namespace mcp = turntable::mcp;
namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

struct ReplayArguments {
    std::string tape;
    std::string match = "any";
    std::string pace = "none";
    std::string pause_max = "5s";
    std::string on_miss = "error";
    std::string mode;
    std::string output;
    std::string key_file;
    mcp::PlayerProtocolOptions protocol;
    bool repeats = false;
    bool allow_unused = false;
    bool quiet = false;

    bool asks_live_server() const { return on_miss == "pass" || on_miss == "record"; }
};

void tell(const ReplayArguments& options, const std::string& text) {
    if (!options.quiet) {
        std::cerr << "turntable: " + shown_text(text) + "\n" << std::flush;
    }
}

/// What the mode says of a tape that is there, in the words of the other options.
Result<void> apply_mode(ReplayArguments& options, const App& app) {
    if (options.mode == "new") {
        options.on_miss = "record";
        options.output = options.tape;
    } else if (!options.mode.empty()) {
        options.on_miss = "error";
    }
    if (options.asks_live_server() == app.command.empty() && options.mode.empty()) {
        return Error(
            ErrorCode::invalid_argument,
            options.asks_live_server()
                ? "--on-miss " + options.on_miss + " asks a live server: give its command behind --"
                : "the command is for --on-miss pass or record, or --mode");
    }
    if (options.mode == "new" && app.command.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "--mode new asks a live server: give its command behind --");
    }
    if ((options.on_miss == "record") == options.output.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "--on-miss record and --output FILE go together: the tape itself stays as it "
                     "is");
    }
    return {};
}

Result<tape::Player> load_player(const ReplayArguments& options, tape::SegmentReader& reader) {
    tape::PlayerOptions how;
    how.strict = options.match == "strict";
    how.repeats = options.repeats;
    TURNTABLE_TRY(how.pace, parse_pace(options.pace));
    TURNTABLE_TRY(how.pause_max, parse_duration("pause-max", options.pause_max));
    mcp::PlayerProtocolOptions protocol = options.protocol;
    if (!options.key_file.empty()) {
        TURNTABLE_TRY(protocol.redaction_key, read_all(options.key_file));
    }
    TURNTABLE_TRY(auto words, mcp::player_protocol(protocol));
    return tape::Player::load(reader, std::move(words), how);
}

/// A client that asks first what a server speaks, in a process of its own, does so now too.
Result<void> add_probe(const ReplayArguments& options, const tape::SegmentReader& reader,
                       tape::Player& player) {
    if (const auto path = probe_of(options.tape, reader)) {
        TURNTABLE_TRY(auto probe, tape::SegmentReader::open_file(*path));
        return player.add(probe);
    }
    return {};
}

std::string amount(std::uint64_t count, const std::string& what) {
    return print_count(count) + " " + what + (count == 1 ? "" : "s");
}

void tell_outcome(const ReplayArguments& options, const mcp::ReplayOutcome& outcome) {
    constexpr std::size_t shown_max = 10;
    const tape::PlayReport& report = outcome.report;
    std::string text = "answered " + amount(report.answered, "request") + " from the tape";
    if (report.repeated != 0) {
        text += ", " + print_count(report.repeated) + " of them again";
    }
    if (report.unanswered != 0) {
        text += ", " + print_count(report.unanswered) + " as there without an answer";
    }
    text += "; " + print_count(report.missed) + (report.missed == 1 ? " miss" : " misses");
    if (outcome.passed_on != 0) {
        text += ", " + print_count(outcome.passed_on) + " passed on";
    }
    tell(options, text + "; " + print_count(report.unused.size()) + " unused");
    for (std::size_t i = 0; i < std::min(shown_max, report.unused.size()); ++i) {
        tell(options, "unused: frame " + std::to_string(report.unused[i].frame) + " " +
                          report.unused[i].key);
    }
    if (report.incomplete != 0) {
        tell(options, amount(report.incomplete, "frame") +
                          " of the server left out, which the tape does not hold whole");
    }
    if (outcome.record_error) {
        tell(options, "not all was recorded: " + outcome.record_error->to_string());
    }
}

/// Whether the session was what the tape says: what a test is to fail on.
bool is_as_recorded(const ReplayArguments& options, const mcp::ReplayOutcome& outcome) {
    const bool missed = options.on_miss == "error" && outcome.report.missed != 0;
    const bool unused = !options.allow_unused && !outcome.report.unused.empty();
    return !missed && !unused && !outcome.record_error;
}

Result<mcp::ReplayOutcome> play(App& app, const ReplayArguments& options, tape::Player& player,
                                tape::Writer* record) {
    mcp::ReplayOptions with;
    if (options.asks_live_server()) {
        with.command = app.command;
    }
    if (record != nullptr) {
        TURNTABLE_TRY(tape::Redactor made, tape::Redactor::create({}));
        auto redactor = std::make_shared<tape::Redactor>(std::move(made));
        for (const auto& variable : turntable::process_environment()) {
            redactor->learn_environment({variable});
        }
        with.record = record;
        with.filter = redact_and_cut(std::move(redactor), tape::limits::frame_bytes_max);
    }
    with.stop = app.stop().get_token();
    with.on_miss = [&options](const tape::Miss& miss) { tell(options, miss.answer.text); };
    return mcp::replay(player, with);
}

void replay_tape(App& app, const ReplayArguments& options) {
    auto reader = open_tape_to_read(app, options.tape);
    if (!reader) {
        return;
    }
    auto player = load_player(options, *reader);
    if (!player) {
        return app.fail(player.error());
    }
    if (const auto added = add_probe(options, *reader, *player); !added) {
        return app.fail(added.error());
    }
    std::optional<TapeCopy> copy;
    if (!options.output.empty()) {
        auto begun = TapeCopy::begin(options.tape, options.output);
        if (!begun) {
            return app.fail(begun.error());
        }
        copy = std::move(*begun);
    }
    const auto outcome = play(app, options, *player, copy ? &copy->writer() : nullptr);
    if (!outcome) {
        return app.fail(outcome.error());
    }
    if (copy) {
        if (const auto kept = copy->finish(outcome->passed_on != 0); !kept) {
            return app.fail(kept.error());
        }
    }
    tell_outcome(options, *outcome);
    if (!is_as_recorded(options, *outcome)) {
        app.end_with(ExitCode::check_failed);
    }
}

/// Records the tape anew, or for the first time.
void record_anew(App& app, const ReplayArguments& options) {
    if (app.command.empty()) {
        return app.fail(Error(ErrorCode::invalid_argument,
                              "this mode records: give the command of a live server behind --"));
    }
    const auto recorded = record_tape(app, options.tape);
    if (!recorded) {
        return app.fail(recorded.error());
    }
    tell(options, "recorded " + amount(*recorded, "frame") + " in " + options.tape);
}

void run_replay(App& app, ReplayArguments options) {
    std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error of a write
    std::error_code ignored;
    const bool there = std::filesystem::exists(options.tape, ignored);
    if (options.mode == "all" || (!there && (options.mode == "once" || options.mode == "new"))) {
        return record_anew(app, options);
    }
    if (const auto applied = apply_mode(options, app); !applied) {
        return app.fail(applied.error());
    }
    replay_tape(app, options);
}

void add_replay_options(CLI::App& command, ReplayArguments& options) {
    command.add_option("TAPE", options.tape, "The tape")->required();
    command
        .add_option("--match", options.match,
                    "any: whatever the order; strict: in the order of the tape")
        ->check(CLI::IsMember({"any", "strict"}));
    command
        .add_option("--ignore", options.protocol.ignore,
                    "A place of requests that does not count, such as /params/arguments/now; * is "
                    "any one step")
        ->allow_extra_args(false);
    command.add_flag("--repeat", options.repeats,
                     "What was asked as often as on the tape gets the last answer again");
    command.add_option("--pace", options.pace,
                       "Pauses of the server: none, recorded, or a factor such as 0.5");
    command.add_option("--pause-max", options.pause_max, "No pause lasts longer");
    command
        .add_option("--on-miss", options.on_miss,
                    "What is not on the tape: error fails the run, warn does not, pass asks the "
                    "command behind --, record also keeps that in --output")
        ->check(CLI::IsMember({"error", "warn", "pass", "record"}));
    command
        .add_option("--mode", options.mode,
                    "none: never record; once: record a tape that is not there; new: record what "
                    "is not on it; all: record all of it anew")
        ->check(CLI::IsMember({"none", "once", "new", "all"}));
    command.add_option("-o,--output", options.output,
                       "A new tape: the old one and what was recorded");
    command.add_option("--key-file", options.key_file,
                       "The key under which secrets on the tape were hashed");
    command.add_flag("--allow-unused", options.allow_unused,
                     "Requests on the tape that nobody made do not fail the run");
    command.add_flag("-q,--quiet", options.quiet, "Tell nothing on the standard error");
}

}  // namespace

void add_replay(CLI::App& root, App& app) {
    auto* command =
        root.add_subcommand("replay", "Stand in for a server of MCP, with the answers on a tape");
    auto options = std::make_shared<ReplayArguments>();
    add_replay_options(*command, *options);
    command->footer(
        "turntable replay TAPE [-- COMMAND ...]\n"
        "Serves a client on standard input and output. Exit code 4: something was asked that is\n"
        "not on the tape, or something on it was not asked.");
    command->callback([&app, options] { run_replay(app, *options); });
}

}  // namespace turntable_cli
