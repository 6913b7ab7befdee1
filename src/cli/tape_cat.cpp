// tape cat, tail, play: what is on a tape, frame by frame.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_location.hpp"
#include "cli/tape_text.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;

namespace {

/// How often a tape that is being recorded is looked at again.
constexpr std::chrono::milliseconds look_again_after{100};

struct FrameArguments {
    std::string tape;
    std::string direction;
    bool raw = false;
    std::uint64_t from = 1;
    std::uint64_t to = UINT64_MAX;
    std::size_t lines = 10;
    bool no_follow = false;
    std::string pace = "recorded";
    std::string pause_max = "5s";
};

/// What stands beside a frame in parts that lie elsewhere.
std::string frame_bytes(const tape::Frame& frame) {
    if (frame.parts.empty()) {
        return frame.payload.to_string();
    }
    std::string out;
    for (const tape::Part& part : frame.parts) {
        out += part.stored ? "[" + std::to_string(part.stored->size) + " bytes in a payload store]"
                           : part.bytes.to_string();
    }
    return out;
}

std::string event_text(const tape::Life& life) {
    std::string out = life.event;
    out += life.code ? " " + std::to_string(*life.code) : "";
    return life.text.empty() ? out : out + " " + life.text;
}

/// A record on a line for people; empty for those that say nothing to them.
std::string record_line(const tape::Record& record) {
    const std::string time = print_tape_time(time_of(record)) + "  ";
    if (const auto* frame = std::get_if<tape::Frame>(&record)) {
        const std::string text = without_line_end(frame_bytes(*frame));
        const std::string cut = frame->truncated_from == 0
                                    ? ""
                                    : "  [cut: it had " + print_bytes(frame->truncated_from) + "]";
        return time + std::to_string(frame->number) + " " + print_direction(frame->direction) +
               " " + shown_text(text) + cut;
    }
    if (const auto* life = std::get_if<tape::Life>(&record)) {
        return time + "-- " + shown_text(event_text(*life));
    }
    if (const auto* gap = std::get_if<tape::Gap>(&record)) {
        return time + "-- " + std::to_string(gap->frames) +
               " frames missing: " + shown_text(gap->why);
    }
    if (const auto* note = std::get_if<tape::Note>(&record)) {
        return time + "-- note: " + shown_text(note->text);
    }
    if (const auto* end = std::get_if<tape::End>(&record)) {
        return time + "-- end: " + shown_text(end->reason);
    }
    return {};
}

/// Whether a record is asked for. What is no frame belongs to all frames.
bool is_wanted(const tape::Record& record, const FrameArguments& options) {
    const auto* frame = std::get_if<tape::Frame>(&record);
    if (frame == nullptr) {
        return !options.raw && options.direction.empty() && options.from <= 1 &&
               options.to == UINT64_MAX;
    }
    return frame->number >= options.from && frame->number <= options.to &&
           (options.direction.empty() || options.direction == to_string(frame->direction));
}

std::string printed(const tape::Record& record, const FrameArguments& options) {
    if (!is_wanted(record, options)) {
        return {};
    }
    if (!options.raw) {
        const std::string line = record_line(record);
        return line.empty() ? line : line + "\n";
    }
    return frame_bytes(std::get<tape::Frame>(record));
}

void cat(App& app, const FrameArguments& options) {
    auto reader = open_tape_to_read(app, options.tape);
    while (reader) {
        const auto record = reader->next();
        if (!record) {
            return app.fail(record.error());
        }
        if (!*record || app.stop().stop_requested()) {
            return;
        }
        std::cout << printed(**record, options);
        if (!std::cout) {
            return app.fail(Error(ErrorCode::io, "the standard output takes no more"));
        }
    }
}

/// False: somebody asked to stop.
bool wait_for(const App& app, std::chrono::nanoseconds time) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    (void)stopped.wait_for(lock, app.stop().get_token(), time, [] { return false; });
    return !app.stop().stop_requested();
}

/// Prints the last lines that are there, and then each that comes, until the tape has its end.
void tail(App& app, const FrameArguments& options) {
    auto reader = open_tape_to_read(app, options.tape);
    std::deque<std::string> last;
    bool at_end_of_file = false;
    bool ended = false;
    while (reader) {
        const auto record = reader->next();
        if (!record) {
            return app.fail(record.error());
        }
        if (!*record) {
            for (const std::string& line : last) {
                std::cout << line;
            }
            std::cout.flush();
            last.clear();
            at_end_of_file = true;
            if (ended || options.no_follow || !wait_for(app, look_again_after)) {
                return;
            }
            continue;
        }
        ended = std::holds_alternative<tape::End>(**record);
        std::string line = printed(**record, options);
        if (line.empty()) {
            continue;
        }
        last.push_back(std::move(line));
        if (!at_end_of_file && last.size() > options.lines) {
            last.pop_front();
        }
    }
}

/// Prints with the pauses of the tape.
void play(App& app, const FrameArguments& options) {
    const auto pace = parse_pace(options.pace);
    const auto most = parse_duration("pause-max", options.pause_max);
    if (!pace || !most) {
        return app.fail(pace ? most.error() : pace.error());
    }
    auto reader = open_tape_to_read(app, options.tape);
    std::optional<tape::TapeTime> before;
    while (reader) {
        const auto record = reader->next();
        if (!record) {
            return app.fail(record.error());
        }
        if (!*record) {
            return;
        }
        const std::string text = printed(**record, options);
        if (text.empty()) {
            continue;
        }
        const tape::TapeTime time = time_of(**record);
        const auto pause = std::chrono::duration<double, std::nano>(
            static_cast<double>((time - before.value_or(time)).count()) * *pace);
        const std::chrono::nanoseconds longest = *most;
        if (!wait_for(app, pause < longest
                               ? std::chrono::nanoseconds(static_cast<std::int64_t>(pause.count()))
                               : longest)) {
            return;
        }
        before = time;
        std::cout << text << std::flush;
    }
}

void add_frame_options(CLI::App& command, FrameArguments& options) {
    command.add_option("TAPE", options.tape, "The tape")->required();
    command
        .add_option("--direction", options.direction,
                    "Only frames of c2s (the client), s2c (the server) or err (its errors)")
        ->check(CLI::IsMember({"c2s", "s2c", "err"}));
    command.add_flag("--raw", options.raw, "The bytes of the frames, and nothing else");
}

}  // namespace

void add_tape_cat(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand("cat", "Print what was said on a tape");
    auto options = std::make_shared<FrameArguments>();
    add_frame_options(*command, *options);
    command->add_option("--from", options->from, "The first frame, by its number");
    command->add_option("--to", options->to, "The last frame");
    command->callback([&app, options] { cat(app, *options); });

    auto* follow = tape.add_subcommand("tail", "Follow a tape while it is recorded");
    auto last = std::make_shared<FrameArguments>();
    add_frame_options(*follow, *last);
    follow->add_option("-n,--lines", last->lines, "So many of what is there already");
    follow->add_flag("--no-follow", last->no_follow, "End with what is there now");
    follow->callback([&app, last] { tail(app, *last); });

    auto* watch = tape.add_subcommand("play", "Print what was said on a tape, as slowly as then");
    auto played = std::make_shared<FrameArguments>();
    add_frame_options(*watch, *played);
    watch->add_option("--from", played->from, "The first frame, by its number");
    watch->add_option("--to", played->to, "The last frame");
    watch->add_option("--pace", played->pace, "Pauses: recorded, none, or a factor such as 0.5");
    watch->add_option("--pause-max", played->pause_max, "No pause lasts longer");
    watch->callback([&app, played] { play(app, *played); });
}

}  // namespace turntable_cli
