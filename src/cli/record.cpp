// record: runs a server of MCP and writes down what it and its client say.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <iostream>
#include <mutex>
#include <thread>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/record_tape.hpp"
#include "cli/redact_rules.hpp"
#include "cli/tape_library.hpp"
#include "cli/text.hpp"
#include "turntable/mcp/stdio_relay.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable_cli {

namespace mcp = turntable::mcp;
namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// What a shell says of a command that is not there, or cannot be run.
constexpr int exit_not_found = 127;
constexpr int exit_not_runnable = 126;
/// How long the end of a tape may take on a disk that does not answer.
constexpr std::chrono::seconds finish_time_max{10};

struct RecordArguments {
    TapeChoice tape;
    std::string library;
    RedactArguments redact;
    bool no_redact = false;
    std::string max_frame = "4MiB";
    std::string max_tape = "1GiB";
    std::string segment_size = "0";
    std::string buffer = "32MiB";
    bool best_effort = false;
    bool quiet = false;
    std::vector<std::string> stray;
};

/// Passes signals on to a server from when it runs; one that came before is passed on then.
class SignalRelay {
  public:
    explicit SignalRelay(SignalStop& signals) : signals_(signals) {
        signals_.hand_to([this](int number, bool from_terminal) { take(number, from_terminal); });
    }
    SignalRelay(const SignalRelay&) = delete;
    SignalRelay& operator=(const SignalRelay&) = delete;
    ~SignalRelay() { signals_.hand_to(nullptr); }

    void begin(mcp::StdioRelay& relay) {
        const std::scoped_lock guard(mutex_);
        relay_ = &relay;
        for (const int number : waiting_) {
            relay.send_signal(number);
        }
    }
    void end() {
        const std::scoped_lock guard(mutex_);
        relay_ = nullptr;
    }

  private:
    void take(int number, bool from_terminal) {
        const std::scoped_lock guard(mutex_);
        // The server runs in the same terminal and has it already. 0 is no signal, but the relay
        // waits no longer for what an ended server left behind.
        const int passed_on = from_terminal ? 0 : number;
        if (relay_ != nullptr) {
            relay_->send_signal(passed_on);
        } else if (passed_on != 0) {
            waiting_.push_back(passed_on);
        }
    }

    SignalStop& signals_;
    std::mutex mutex_;
    mcp::StdioRelay* relay_ = nullptr;
    std::vector<int> waiting_;
};

void say(const RecordArguments& options, const std::string& text) {
    if (!options.quiet) {
        std::cerr << "turntable: " + shown_text(text) + "\n" << std::flush;
    }
}

std::string plural(std::uint64_t count, const std::string& what) {
    return print_count(count) + " " + what + (count == 1 ? "" : "s");
}

/// What became of the tape, in one line.
std::string told(const tape::RecorderStatus& status, const std::string& place) {
    std::string text = "recorded " + plural(status.totals.frames, "frame") + " in " + place;
    if (status.segments > 1) {
        text += " and " + plural(status.segments - 1, "further segment");
    }
    if (!status.complete()) {
        text += "; " + plural(status.dropped_frames, "frame") + " missing";
        text += status.full ? ": it has as many bytes as --max-tape lets it" : "";
        text += status.error ? ": " + status.error->to_string() : "";
    }
    return text;
}

/// The client sees the end of the server now, not when the disk is done.
void let_go_of_client() {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing >= 0) {
        ::dup2(nothing, STDIN_FILENO);
        ::dup2(nothing, STDOUT_FILENO);
        ::close(nothing);
    }
}

/// Ends the tape; a disk that does not answer holds nobody up for long.
void finish(const RecordArguments& options, OpenTape& tape, int status) {
    const bool full = tape.recorder.status().full;
    std::promise<Result<void>> promise;
    std::future<Result<void>> closed = promise.get_future();
    std::jthread closing(
        [&] { promise.set_value(tape.recorder.close(full ? "limit" : "complete")); });
    if (closed.wait_for(finish_time_max) != std::future_status::ready) {
        say(options, "the disk does not answer; " + tape.place + " has no end");
        ::_exit(status);
    }
    const Result<void> done = closed.get();
    if (!done) {
        say(options, tape.place + " has no end: " + done.error().to_string());
    }
    say(options, told(tape.recorder.status(), tape.place));
}

/// Runs the server; gives the exit code.
int run(App& app, const RecordArguments& options, SignalRelay& signals, OpenTape* tape) {
    std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error of a write
    mcp::StdioRelayOptions with;
    with.command = app.command;
    if (tape != nullptr) {
        with.recorder = &tape->recorder;
        with.line_bytes_max = tape->line_bytes_max;
    }
    auto relay = mcp::StdioRelay::start(with);
    if (!relay) {
        app.fail(relay.error());
        if (tape != nullptr) {
            tape->recorder.life("error", {}, "the server could not be started");
            (void)tape->recorder.close("error");
        }
        return relay.error().code() == ErrorCode::not_found ? exit_not_found : exit_not_runnable;
    }
    signals.begin(*relay);
    const Result<int> status = relay->run();
    signals.end();
    let_go_of_client();
    if (!status) {
        app.fail(status.error());
    }
    const int code = status ? *status : static_cast<int>(ExitCode::failed);
    if (tape != nullptr) {
        finish(options, *tape, code);
    }
    return code;
}

Result<void> read_sizes(RecordArguments& options) {
    TURNTABLE_TRY(options.tape.frame_bytes_max, parse_size("--max-frame", options.max_frame));
    TURNTABLE_TRY(options.tape.tape_bytes_max, parse_size("--max-tape", options.max_tape));
    TURNTABLE_TRY(options.tape.segment_bytes, parse_size("--segment-size", options.segment_size));
    TURNTABLE_TRY(options.tape.buffer_bytes_max, parse_size("--buffer", options.buffer));
    if (options.tape.frame_bytes_max == 0 ||
        options.tape.frame_bytes_max > tape::limits::frame_bytes_max) {
        return Error(ErrorCode::invalid_argument, "a frame of a tape has between 1 byte and 32 MiB")
            .with("--max-frame", options.max_frame);
    }
    return {};
}

Result<void> read_options(const App& app, RecordArguments& options) {
    if (!options.stray.empty()) {
        return Error(ErrorCode::invalid_argument, "write -- before the command")
            .with("found", options.stray.front());
    }
    if (app.command.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "there is no server to record; write it behind --, such as: turntable record "
                     "-- npx -y my-server");
    }
    for (const std::string& tag : options.tape.tags) {
        if (tag.empty() || tag.find_first_of(", \t\n") != std::string::npos) {
            return Error(ErrorCode::invalid_argument, "a tag has no spaces and no commas")
                .with("tag", tag);
        }
    }
    options.tape.redacted = !options.no_redact;
    options.tape.rules = redact_rules(options.redact);
    return read_sizes(options);
}

Result<OpenTape> begin_tape(App& app, RecordArguments& options) {
    if (!options.library.empty()) {
        // What lies beside its index is for those who look for tapes.
        TURNTABLE_TRY(options.tape.library, try_library(app, options.library, {.catch_up = false}));
    }
    return open_tape(options.tape, app.command);
}

void record(App& app, RecordArguments& options) {
    if (const auto read = read_options(app, options); !read) {
        return app.fail(read.error());
    }
    SignalRelay signals(*app.signals);
    if (app.stop().stop_requested()) {  // before we took the signals
        return app.end_with(ExitCode::interrupted);
    }
    auto tape = begin_tape(app, options);
    if (!tape && (!options.best_effort || tape.error().code() == ErrorCode::invalid_argument)) {
        app.fail(tape.error());
        if (tape.error().code() == ErrorCode::already_exists) {
            std::cerr << "One process, one tape: a client that starts its server more than once "
                         "needs --dir, where each gets a name of its own.\n";
        }
        return app.end_with(tape.error().code() == ErrorCode::invalid_argument
                                ? ExitCode::usage
                                : ExitCode::cannot_open);
    }
    say(options,
        tape ? "recording to " + tape->place : "nothing is recorded: " + tape.error().to_string());
    app.end_with(static_cast<ExitCode>(run(app, options, signals, tape ? &*tape : nullptr)));
}

constexpr const char* notes =
    "All that client and server say passes through as it is, and goes to a tape on the way: a\n"
    "server in the configuration of a client becomes turntable record -- SERVER ARGUMENTS, which\n"
    "turntable wrap does. Without --output the tape is DIR/ID.tape.\n"
    "\n"
    "The exit code is that of the server, 128 and its number for a signal, 127 for a server that\n"
    "is not there, 126 for one that cannot be started, 5 when the tape cannot be made. Then the\n"
    "server is not started, unless --best-effort says so. What goes wrong with a tape later never\n"
    "stops the server: what cannot be written is missing in the tape, which says so.";

void add_tape_options(CLI::App& command, RecordArguments& options) {
    auto* output = command.add_option("-o,--output", options.tape.file,
                                      "The file of the tape, which must not be there yet");
    command
        .add_option("--dir", options.tape.folder,
                    "The folder where the tape gets a name of its own; without it "
                    "~/.local/share/turntable/tapes")
        ->excludes(output);
    command
        .add_option("--to", options.library,
                    "The URL of the library that keeps the tape, such as tape:FOLDER")
        ->excludes(output)
        ->excludes("--dir");
    command.add_option("--name", options.tape.name, "What the tape is called, for people");
    command.add_option("--tag", options.tape.tags, "A word to find the tape by; again for more")
        ->allow_extra_args(false);
    command.add_flag("--zstd", options.tape.compressed, "Packs the tape: ID.tape.zst");
    add_redact_options(command, options.redact);
    command.add_flag("--no-redact", options.no_redact,
                     "Takes out nothing, not even well-known secrets");
}

void add_limits(CLI::App& command, RecordArguments& options) {
    command.add_option("--max-frame", options.max_frame, "How much of a message is kept")
        ->capture_default_str();
    command
        .add_option("--max-tape", options.max_tape,
                    "How many bytes of messages are recorded; 0: all")
        ->capture_default_str();
    command
        .add_option("--segment-size", options.segment_size,
                    "Goes on in a next file after so many bytes of messages; 0: never")
        ->excludes("--to")
        ->capture_default_str();
    command
        .add_option("--buffer", options.buffer,
                    "What may wait for a slow disk; more than that is not recorded")
        ->capture_default_str();
}

}  // namespace

void add_record(CLI::App& root, App& app) {
    auto* command = root.add_subcommand("record", "Run an MCP server and record what is said");
    auto options = std::make_shared<RecordArguments>();
    command->add_option("COMMAND", options->stray, "The server and its arguments, behind --")
        ->expected(0, -1);
    add_tape_options(*command, *options);
    add_limits(*command, *options);
    command->add_flag("--best-effort", options->best_effort,
                      "Runs the server also when the tape cannot be made");
    command->add_flag("-q,--quiet", options->quiet, "Says nothing");
    command->footer(notes);
    command->callback([&app, options] { record(app, *options); });
}

}  // namespace turntable_cli
