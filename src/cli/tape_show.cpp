// tape show: what a tape is, and what happened on it.

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <tuple>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_location.hpp"
#include "cli/tape_text.hpp"
#include "cli/text.hpp"
#include "turntable/mcp/facts.hpp"
#include "turntable/tape/metadata_json.hpp"

namespace turntable_cli {

namespace mcp = turntable::mcp;
namespace tape = turntable::tape;
using turntable::ErrorCode;
using turntable::json_quoted;
using turntable::Result;

namespace {

struct ShowArguments {
    std::string tape;
    bool timeline = false;
    bool json = false;
};

/// Everything that is known of a tape.
struct Known {
    tape::TapeMetadata metadata;
    std::vector<tape::Call> calls;
};

/// What is damaged is counted as such and left out. Calls only where they are `wanted`.
Result<Known> look_at(tape::SegmentReader& reader, bool wanted) {
    Known out;
    tape::MetadataBuilder builder(reader.head(), mcp::facts(), [&](const tape::Call& call) {
        if (wanted) {
            out.calls.push_back(call);
        }
    });
    while (true) {
        const auto record = reader.next();
        if (!record && record.error().code() == ErrorCode::corrupt) {
            builder.damage();
            continue;
        }
        if (!record) {
            return record.error();
        }
        if (!*record) {
            break;
        }
        builder.take(**record);
    }
    out.metadata = builder.finish();
    std::ranges::sort(out.calls, {}, [](const tape::Call& call) {
        return std::tuple(call.request, call.response, call.method, call.subject);
    });
    return out;
}

void print_row(std::string_view name, const std::string& text) {
    if (!text.empty()) {
        std::cout << std::left << std::setw(12) << name << shown_text(text) << '\n';
    }
}

std::string counted(std::uint64_t count, const std::string& what) {
    return print_count(count) + " " + what + (count == 1 ? "" : "s");
}

std::string print_party(const tape::Party& party) {
    return party.version.empty() ? party.name : party.name + " " + party.version;
}

std::string print_command(const std::vector<std::string>& command) {
    std::string out;
    for (const std::string& word : command) {
        const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\") == std::string::npos;
        out += (out.empty() ? "" : " ") + (plain ? word : json_quoted(word));
    }
    return out;
}

std::string print_state(const tape::TapeMetadata& tape) {
    switch (tape.state) {
        case tape::TapeState::interrupted:
            return "without an end: its recorder died, or still records";
        case tape::TapeState::incomplete:
            return counted(tape.dropped, "frame") + " missing";
        default:
            return std::string(to_string(tape.state)) +
                   (tape.end_reason.empty() || tape.end_reason == "complete"
                        ? ""
                        : " (" + tape.end_reason + ")");
    }
}

std::string print_calls(const tape::Facts& facts) {
    std::string out = counted(facts.requests, "request") + ", " +
                      counted(facts.notifications, "notification") + ", " +
                      counted(facts.errors, "error") + ", " + print_count(facts.unanswered) +
                      " without an answer";
    return facts.noise == 0 ? out : out + ", " + counted(facts.noise, "frame") + " of noise";
}

void print_name_rows(std::string_view title, const std::vector<tape::NameCount>& names) {
    std::string out;
    for (const tape::NameCount& one : names) {
        out += (out.empty() ? "" : ", ") + one.name;
        out += one.count == 1 ? "" : " (" + print_count(one.count) + ")";
    }
    print_row(title, out);
}

void print_metadata(const tape::TapeMetadata& tape) {
    print_row("name", tape.name());
    print_row("id", tape.id);
    print_row("created", turntable::tape::to_string(tape.created));
    print_row("recorder", tape.recorder);
    print_row("command", print_command(tape.command));
    print_row("endpoint", tape.endpoint);
    print_row("redaction", tape.redaction.empty() ? "none" : tape.redaction);
    for (const tape::Link& link : tape.links) {
        print_row("link", link.relation + " " + link.id);
    }
    for (const auto& [name, value] : tape.head_attributes) {
        print_row("attribute", std::string(name).append(" = ").append(value));
    }
    print_row("state", print_state(tape));
    if (tape.torn_bytes != 0) {
        print_row("torn end", print_bytes(tape.torn_bytes) + " left out");
    }
    print_row("duration", print_tape_time(tape.duration));
    print_row("frames", print_count(tape.frames) + ", " + print_bytes(tape.bytes));
    if (tape.facts.protocol.empty()) {
        return;
    }
    std::string versions;
    for (const std::string& version : tape.facts.versions) {
        versions += " " + version;
    }
    print_row("protocol", tape.facts.protocol + versions);
    print_row("client", print_party(tape.facts.client));
    print_row("server", print_party(tape.facts.server));
    print_row("calls", print_calls(tape.facts));
    if (tape.latency.calls != 0) {
        print_row("latency", "median " + print_span(tape.latency.p50) + ", 95 % within " +
                                 print_span(tape.latency.p95) + ", at most " +
                                 print_span(tape.latency.most));
    }
    print_name_rows("methods", tape.methods);
    print_name_rows("tools", tape.tools);
    print_name_rows("resources", tape.resources);
    print_name_rows("prompts", tape.prompts);
    print_name_rows("errors", tape.error_codes);
}

/// Where a time lies on a line of the whole tape.
class Scale {
  public:
    static constexpr int columns = 40;
    explicit Scale(tape::TapeTime end) : end_(std::max<std::int64_t>(end.count(), 1)) {}
    int column(tape::TapeTime time) const {
        const double part = static_cast<double>(time.count()) / static_cast<double>(end_);
        return std::clamp(static_cast<int>(part * columns), 0, columns - 1);
    }

  private:
    std::int64_t end_;
};

bool is_hung(const tape::Call& call) {
    return !call.notification && call.response == 0 && !call.lasting && call.error.empty();
}

std::string bar(const tape::Call& call, const Scale& scale) {
    std::string out(Scale::columns, ' ');
    const int begin = scale.column(call.started);
    if (call.notification) {
        out[static_cast<std::size_t>(begin)] = '.';
        return out;
    }
    const int end = call.took ? scale.column(call.started + *call.took) : Scale::columns - 1;
    const char stroke = is_hung(call) ? '?' : call.lasting ? '-' : '=';
    for (int at = begin; at <= end; ++at) {
        out[static_cast<std::size_t>(at)] = stroke;
    }
    return out;
}

std::string outcome(const tape::Call& call, tape::TapeTime end) {
    if (call.notification) {
        return "";
    }
    std::string out = call.took ? print_span(*call.took) : "";
    if (!call.error.empty()) {
        out += (out.empty() ? "" : "  ") + ("error " + call.error);
        out += call.error_text.empty() ? "" : ": " + call.error_text.substr(0, 60);
    } else if (is_hung(call)) {
        out = "NO ANSWER in " + print_span(end - call.started);
    } else if (call.lasting && !call.took) {
        out = "open until the end";
    }
    return call.continues == 0 ? out : out + "  goes on from " + std::to_string(call.continues);
}

/// A line for each call, in order, with a bar from its request to its answer.
void print_timeline(const Known& known) {
    const tape::TapeTime end = known.metadata.duration;
    const Scale scale(end);
    std::size_t width = 10;
    for (const tape::Call& call : known.calls) {
        width = std::max(width,
                         std::min<std::size_t>(40, call.method.size() + 1 + call.subject.size()));
    }
    for (const tape::Call& call : known.calls) {
        std::string name = shown_text(call.method + " " + call.subject);
        if (name.size() > width) {
            name.resize(width);
        }
        std::cout << (is_hung(call) ? '!' : ' ') << std::right << std::setw(11)
                  << print_tape_time(call.started) << "  " << std::setw(5) << call.request << ' '
                  << print_direction(call.direction) << ' ' << std::left
                  << std::setw(static_cast<int>(width)) << name << " |" << bar(call, scale) << "| "
                  << shown_text(outcome(call, end)) << '\n';
    }
    const auto hung = static_cast<std::uint64_t>(std::ranges::count_if(known.calls, is_hung));
    std::cout << counted(known.calls.size(), "call") << " in " << print_tape_time(end);
    if (hung != 0) {
        std::cout << ", " << hung << " WITHOUT AN ANSWER";
    }
    std::cout << '\n';
}

void print_call_as_json(const tape::Call& call) {
    std::cout << "{\"request\":" << call.request
              << ",\"response\":" << (call.response == 0 ? "null" : std::to_string(call.response))
              << ",\"direction\":\"" << to_string(call.direction)
              << "\",\"method\":" << json_quoted(call.method)
              << ",\"subject\":" << json_quoted(call.subject)
              << ",\"notification\":" << (call.notification ? "true" : "false")
              << ",\"started_ms\":" << static_cast<double>(call.started.count()) / 1e6
              << ",\"took_ms\":";
    if (call.took) {
        std::cout << static_cast<double>(call.took->count()) / 1e6;
    } else {
        std::cout << "null";
    }
    std::cout << ",\"error\":" << json_quoted(call.error)
              << ",\"error_text\":" << json_quoted(call.error_text)
              << ",\"unanswered\":" << (is_hung(call) ? "true" : "false")
              << ",\"continues\":" << call.continues << "}\n";
}

void show(App& app, const ShowArguments& options) {
    auto reader = open_tape_to_read(app, options.tape);
    if (!reader) {
        return;
    }
    const auto known = look_at(*reader, options.timeline);
    if (!known) {
        return app.fail(known.error());
    }
    if (options.json && options.timeline) {
        std::ranges::for_each(known->calls, print_call_as_json);
    } else if (options.json) {
        std::cout << to_json(known->metadata) << '\n';
    } else if (options.timeline) {
        print_timeline(*known);
    } else {
        print_metadata(known->metadata);
    }
}

}  // namespace

void add_tape_show(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand("show", "Tell what a tape is and what happened on it");
    auto options = std::make_shared<ShowArguments>();
    command->add_option("TAPE", options->tape, "The tape")->required();
    command->add_flag("--timeline", options->timeline,
                      "A line for each call, from its request to its answer; ! marks those that "
                      "nobody answered");
    command->add_flag("--json", options->json, "Print JSON; of a timeline one object a line");
    command->callback([&app, options] { show(app, *options); });
}

}  // namespace turntable_cli
