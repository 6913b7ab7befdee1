// tape scan, redact: secrets on a tape that was recorded without redaction, or with other rules.

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/blob_output.hpp"
#include "cli/derived_tape.hpp"
#include "cli/redact_rules.hpp"
#include "cli/tape_location.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/version.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::json_quoted;
using turntable::Result;

namespace {

struct ScanArguments {
    std::vector<std::string> tapes;
    RedactArguments redact;
    bool json = false;
};

struct RedactTapeArguments {
    std::string from;
    std::string to;
    RedactArguments redact;
    bool json = false;
};

/// The frame that a record is, or 0.
std::uint64_t frame_number(const tape::Record& record) {
    const auto* frame = std::get_if<tape::Frame>(&record);
    return frame == nullptr ? 0 : frame->number;
}

void print_finding(const std::string& name, const tape::Record& record,
                   const tape::RedactFinding& finding, bool json) {
    if (json) {
        std::cout << "{\"tape\":" << json_quoted(name) << ",\"frame\":" << frame_number(record)
                  << ",\"kind\":" << json_quoted(kind_of(record))
                  << ",\"rule\":" << json_quoted(finding.rule)
                  << ",\"place\":" << json_quoted(finding.place) << ",\"offset\":" << finding.offset
                  << ",\"size\":" << finding.size << "}\n";
        return;
    }
    const std::uint64_t number = frame_number(record);
    std::cout << shown_name(name) << ": "
              << (number == 0 ? std::string(kind_of(record)) : "frame " + std::to_string(number))
              << ": " << finding.rule << " in " << shown_text(finding.place) << ", byte "
              << finding.offset << ", " << finding.size << " bytes\n";
}

/// Gives how many there are.
std::optional<std::uint64_t> scan_tape(App& app, const std::string& name,
                                       const ScanArguments& arguments) {
    auto reader = open_tape_to_read(app, name);
    auto redactor = tape::Redactor::create({.rules = redact_rules(arguments.redact)});
    if (!reader || !redactor) {
        if (!redactor) {
            app.fail(redactor.error());
        }
        return std::nullopt;
    }
    std::uint64_t count = 0;
    std::optional<tape::Record> record = tape::Record(reader->head());
    while (record) {
        for (const tape::RedactFinding& finding : redactor->scan(*record)) {
            ++count;
            print_finding(name, *record, finding, arguments.json);
        }
        auto next = reader->next();
        if (!next) {
            app.fail(next.error());
            return std::nullopt;
        }
        record = *std::move(next);
    }
    return count;
}

void scan(App& app, const ScanArguments& arguments) {
    std::uint64_t found = 0;
    for (const std::string& name : arguments.tapes) {
        const auto count = scan_tape(app, name, arguments);
        if (!count) {
            return;
        }
        found += *count;
    }
    if (found > 0) {
        app.end_with(ExitCode::unwell);
    }
}

/// Secrets in a payload store are not reached from here.
Result<void> check_parts(const tape::Record& record) {
    const auto* frame = std::get_if<tape::Frame>(&record);
    const bool stored =
        frame != nullptr && std::ranges::any_of(frame->parts, [](const tape::Part& part) {
            return part.stored.has_value();
        });
    if (stored) {
        return Error(ErrorCode::unsupported,
                     "texts of this tape lie in a payload store, which is not looked into")
            .with("frame", std::to_string(frame->number));
    }
    return {};
}

Result<void> copy_redacted(tape::SegmentReader& reader, tape::Redactor& redactor,
                           tape::Writer& writer) {
    while (true) {
        TURNTABLE_TRY(std::optional<tape::Record> record, reader.next());
        if (!record) {
            return writer.flush();
        }
        TURNTABLE_CHECK(check_parts(*record));
        redactor.redact(*record);
        if (const auto* end = std::get_if<tape::End>(&*record)) {
            TURNTABLE_CHECK(writer.end(end->time, end->reason));
        } else if (const auto* frame = std::get_if<tape::Frame>(&*record)) {
            TURNTABLE_TRY(const std::uint64_t number, writer.frame(*frame));
            (void)number;
        } else if (!std::holds_alternative<tape::Check>(*record)) {
            TURNTABLE_CHECK(writer.append(*record));
        }
    }
}

Result<std::uint64_t> redact_to(tape::SegmentReader& reader, const RedactTapeArguments& arguments) {
    TURNTABLE_TRY(auto redactor, tape::Redactor::create({.rules = redact_rules(arguments.redact)}));
    tape::Head head = derived_head(reader.head(), "redacted_from");
    head.segment = {};
    redactor.redact(head);
    head.redaction = redactor.policy();
    return write_tape_file<std::uint64_t>(
        arguments.to, head, [&](tape::Writer writer) -> Result<std::uint64_t> {
            TURNTABLE_CHECK(copy_redacted(reader, redactor, writer));
            return redactor.count();
        });
}

void redact(App& app, const RedactTapeArguments& arguments) {
    auto reader = open_tape_to_read(app, arguments.from);
    if (!reader) {
        return;
    }
    const auto count = redact_to(*reader, arguments);
    if (!count) {
        return app.fail(count.error());
    }
    if (arguments.json) {
        std::cout << "{\"tape\":" << json_quoted(arguments.to) << ",\"redacted\":" << *count
                  << "}\n";
    } else {
        std::cout << shown_name(arguments.to) << ": " << print_count(*count)
                  << (*count == 1 ? " secret" : " secrets") << " taken out\n";
    }
}

}  // namespace

void add_tape_redact(CLI::App& tape, App& app) {
    auto scanned = std::make_shared<ScanArguments>();
    auto* look = tape.add_subcommand("scan", "Look for secrets on tapes: where, never what");
    look->add_option("TAPE", scanned->tapes, "The tapes")->required();
    add_redact_options(*look, scanned->redact);
    look->add_flag("--json", scanned->json, "Print a JSON object for each finding");
    look->footer(
        "The exit code is 6 when there are any. docs/redaction.md says what is not found.");
    look->callback([&app, scanned] { scan(app, *scanned); });

    auto changed = std::make_shared<RedactTapeArguments>();
    auto* take_out =
        tape.add_subcommand("redact", "Write a tape again without the secrets that are found");
    take_out->add_option("TAPE", changed->from, "The tape, which stays as it is")->required();
    take_out
        ->add_option("FILE", changed->to, "The new tape, not there yet; packed if it ends in .zst")
        ->required();
    add_redact_options(*take_out, changed->redact);
    take_out->add_flag("--json", changed->json, "Print one JSON object");
    take_out->callback([&app, changed] { redact(app, *changed); });
}

}  // namespace turntable_cli
