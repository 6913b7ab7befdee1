// tape export: a tape in forms that other programs, or people, read.

#include <algorithm>
#include <chrono>
#include <iostream>

#include "cli/blob_output.hpp"
#include "cli/tape_location.hpp"
#include "cli/tape_text.hpp"
#include "cli/text.hpp"
#include "tape/json_scan.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/mcp/facts.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::json_quoted;

namespace {

struct ExportArguments {
    std::string tape;
    std::string format = "jsonl";
};

/// All bytes of a frame that the tape has itself.
std::string bytes_of(const tape::Frame& frame) {
    std::string out = frame.payload.to_string();
    for (const tape::Part& part : frame.parts) {
        out += part.bytes.text();
    }
    return out;
}

bool has_stored_parts(const tape::Frame& frame) {
    return std::ranges::any_of(frame.parts,
                               [](const tape::Part& part) { return part.stored.has_value(); });
}

std::string moment(const tape::Head& head, tape::TapeTime time) {
    return tape::to_string(head.created + time);
}

void print_json_line(const tape::Head& head, const tape::Record& record) {
    const std::string start = "{\"tape\":" + json_quoted(head.id) +
                              ",\"time\":" + json_quoted(moment(head, time_of(record))) +
                              ",\"kind\":" + json_quoted(kind_of(record));
    if (const auto* frame = std::get_if<tape::Frame>(&record)) {
        const std::string bytes = without_line_end(bytes_of(*frame));
        const bool text = tape::is_utf8(bytes);
        std::cout << start << ",\"frame\":" << frame->number
                  << ",\"direction\":" << json_quoted(tape::to_string(frame->direction))
                  << (text ? ",\"text\":" : ",\"base64\":")
                  << json_quoted(text ? bytes : turntable::to_base64(turntable::ByteView(bytes)))
                  << (has_stored_parts(*frame) ? ",\"incomplete\":true" : "") << "}\n";
    } else if (const auto* life = std::get_if<tape::Life>(&record)) {
        std::cout << start << ",\"event\":" << json_quoted(life->event)
                  << ",\"code\":" << (life->code ? std::to_string(*life->code) : "null")
                  << ",\"text\":" << json_quoted(life->text) << "}\n";
    } else if (const auto* gap = std::get_if<tape::Gap>(&record)) {
        std::cout << start << ",\"missing\":" << gap->frames
                  << ",\"text\":" << json_quoted(gap->why) << "}\n";
    } else if (const auto* note = std::get_if<tape::Note>(&record)) {
        std::cout << start << ",\"text\":" << json_quoted(note->text) << "}\n";
    }
}

/// A text as a block of code: fenced by more backticks than it has in a row.
std::string fenced(const std::string& text) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    return fence + "json\n" + text + "\n" + fence + "\n";
}

void print_markdown_record(const tape::Record& record) {
    const std::string time = print_tape_time(time_of(record));
    if (const auto* frame = std::get_if<tape::Frame>(&record)) {
        const char* who = frame->direction == tape::Direction::client_to_server   ? "client"
                          : frame->direction == tape::Direction::server_to_client ? "server"
                                                                                  : "stderr";
        std::cout << "\n### " << frame->number << ". " << who << ", " << time << "\n\n"
                  << fenced(shown_text(without_line_end(bytes_of(*frame))));
    } else if (const auto* life = std::get_if<tape::Life>(&record)) {
        std::cout << "\n*" << shown_text(life->event)
                  << (life->code ? " " + std::to_string(*life->code) : "") << ", " << time << "*\n";
    } else if (const auto* gap = std::get_if<tape::Gap>(&record)) {
        std::cout << "\n*" << print_count(gap->frames)
                  << " frames missing: " << shown_text(gap->why) << "*\n";
    } else if (const auto* note = std::get_if<tape::Note>(&record)) {
        std::cout << "\n> " << shown_text(note->text) << "\n";
    }
}

void print_markdown_head(const tape::Head& head, const tape::Facts& facts) {
    std::cout << "# " << shown_text(head.name.empty() ? head.id : head.name) << "\n\n"
              << "| | |\n|---|---|\n| tape | `" << head.id << "` |\n| recorded | "
              << tape::to_string(head.created) << " |\n";
    const auto row = [](const char* title, const std::string& text) {
        if (!text.empty()) {
            std::cout << "| " << title << " | " << shown_text(text) << " |\n";
        }
    };
    row("client", facts.client.name + " " + facts.client.version);
    row("server", facts.server.name + " " + facts.server.version);
    std::cout << "| requests | " << facts.requests << " |\n| errors | " << facts.errors
              << " |\n| without an answer | " << facts.unanswered << " |\n\n## Frames\n";
}

/// Calls `visit` for each record behind the head.
template <class Visit>
bool for_each_record(App& app, tape::SegmentReader& reader, const Visit& visit) {
    while (true) {
        const auto record = reader.next();
        if (!record) {
            app.fail(record.error());
            return false;
        }
        if (!record->has_value()) {
            return true;
        }
        visit(**record);
    }
}

void export_markdown(App& app, const ExportArguments& arguments, tape::SegmentReader& reader) {
    const auto analyzer = turntable::mcp::facts()();
    std::vector<tape::Call> calls;
    const auto take = [&](const tape::Record& record) {
        analyzer->take(record, calls);
        calls.clear();
    };
    if (!for_each_record(app, reader, take)) {
        return;
    }
    print_markdown_head(reader.head(), analyzer->finish(calls));
    if (auto again = open_tape_to_read(app, arguments.tape)) {
        for_each_record(app, *again, print_markdown_record);
    }
}

void export_tape(App& app, const ExportArguments& arguments) {
    auto reader = open_tape_to_read(app, arguments.tape);
    if (!reader) {
        return;
    }
    if (arguments.format == "markdown") {
        return export_markdown(app, arguments, *reader);
    }
    for_each_record(app, *reader,
                    [&](const tape::Record& record) { print_json_line(reader->head(), record); });
}

}  // namespace

void add_tape_export(CLI::App& tape, App& app) {
    auto arguments = std::make_shared<ExportArguments>();
    auto* command = tape.add_subcommand("export", "Print a tape in another form");
    command->add_option("TAPE", arguments->tape, "The tape")->required();
    command
        ->add_option("--format", arguments->format,
                     "jsonl: a JSON object for each message and event; markdown: for people")
        ->check(CLI::IsMember({"jsonl", "markdown"}))
        ->capture_default_str();
    command->callback([&app, arguments] { export_tape(app, *arguments); });
}

}  // namespace turntable_cli
