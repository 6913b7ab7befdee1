// tape import: tapes from files, and recordings of other programs.

#include <filesystem>
#include <iostream>
#include <utility>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/capture_input.hpp"
#include "cli/redact_rules.hpp"
#include "cli/tape_library.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::json_quoted;
using turntable::Result;

namespace {

struct ImportArguments {
    std::vector<std::string> paths;
    std::vector<std::string> tags;
    std::string from;
    RedactArguments redact;
    bool no_redact = false;
    bool replace = false;
    bool json = false;
};

void print_source(const std::string& path, const tape::Capture& capture, std::uint64_t redacted) {
    std::cout << "  from " << to_string(capture.format) << ": " << shown_text(path);
    if (redacted > 0) {
        std::cout << "; " << print_count(redacted)
                  << (redacted == 1 ? " secret taken out" : " secrets taken out");
    }
    std::cout << '\n';
    for (const tape::NameCount& one : capture.left_out) {
        std::cout << "  left out: " << shown_text(one.name);
        std::cout << (one.count == 1 ? "" : " (" + print_count(one.count) + " times)") << '\n';
    }
}

void print_source_as_json(const std::string& path, const tape::Capture& capture,
                          std::uint64_t redacted) {
    std::cout << "{\"source\":{\"file\":" << json_quoted(path)
              << ",\"format\":" << json_quoted(to_string(capture.format))
              << ",\"redacted\":" << redacted << ",\"left_out\":[";
    for (std::size_t i = 0; i < capture.left_out.size(); ++i) {
        std::cout << (i == 0 ? "" : ",") << "{\"what\":" << json_quoted(capture.left_out[i].name)
                  << ",\"count\":" << capture.left_out[i].count << '}';
    }
    std::cout << "],\"problems\":[";
    for (std::size_t i = 0; i < capture.problems.size(); ++i) {
        const tape::CaptureProblem& problem = capture.problems[i];
        std::cout << (i == 0 ? "" : ",") << "{\"line\":" << problem.line
                  << ",\"offset\":" << problem.offset << ",\"what\":" << json_quoted(problem.what)
                  << '}';
    }
    std::cout << "]}}\n";
}

/// Takes files into a library, each by itself.
class Importer {
  public:
    Importer(App& app, const ImportArguments& options, tape::Library library,
             tape::Redactor redactor)
        : app_(app),
          options_(options),
          library_(std::move(library)),
          redactor_(std::move(redactor)),
          format_(tape::parse_capture_format(options.from)) {}

    void take(const std::string& path) {
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) {
            return take_folder(path);
        }
        const auto format = format_ ? Result(format_) : tape::recognise_capture_file(path);
        if (!format) {
            return app_.fail(format.error());
        }
        *format ? take_capture(path, **format) : take_tape(path);
    }

  private:
    void take_folder(const std::string& folder) {
        std::uint64_t files = 0;
        const auto visit = [&](const std::string& name, const Result<tape::Capture>& capture) {
            ++files;
            if (!app_.stop().stop_requested()) {
                keep((std::filesystem::path(folder) / name).string(), capture);
            }
        };
        const auto read = tape::read_captures(folder, capture_options(format_), visit);
        if (!read) {
            return app_.fail(read.error());
        }
        if (files == 0) {
            app_.fail(Error(ErrorCode::not_found,
                            "the folder holds no captures of other programs; "
                            "of tapes name the files")
                          .with("folder", folder));
        }
    }
    void take_tape(const std::string& path) {
        finish(library_.save_file(path, {.replace = options_.replace}, call()));
    }
    void take_capture(const std::string& path, tape::CaptureFormat format) {
        keep(path, tape::read_capture_file(path, capture_options(format)));
    }
    /// One redactor for all: a secret that it saw once is taken out wherever it comes again.
    tape::CaptureOptions capture_options(std::optional<tape::CaptureFormat> format) {
        return {.format = format, .redactor = options_.no_redact ? nullptr : &redactor_};
    }
    void keep(const std::string& path, const Result<tape::Capture>& capture) {
        const std::uint64_t redacted =
            redactor_.count() - std::exchange(redacted_, redactor_.count());
        if (!capture) {
            return app_.fail(capture.error());
        }
        const auto saved =
            library_.save(std::make_unique<tape::MemorySource>(capture->tape),
                          {.labels = capture->labels, .replace = options_.replace}, call());
        if (!finish(saved)) {
            return;
        }
        (options_.json ? print_source_as_json : print_source)(path, *capture, redacted);
        if (capture->problem_count > 0) {
            std::cout.flush();
            print_capture_problems(path, *capture);
            app_.end_with(ExitCode::unwell);
        }
    }
    bool finish(Result<tape::TapeMetadata> saved) {
        if (saved && !options_.tags.empty()) {
            saved = library_.tag(saved->id, options_.tags, {}, call());
        }
        if (!saved) {
            app_.fail(saved.error());
            return false;
        }
        print_tape(*saved, options_.json);
        return true;
    }
    turntable::CallOptions call() const { return {app_.stop().get_token()}; }

    App& app_;
    const ImportArguments& options_;
    tape::Library library_;
    tape::Redactor redactor_;
    std::uint64_t redacted_ = 0;
    std::optional<tape::CaptureFormat> format_;
};

void import(App& app, const ImportArguments& options) {
    auto redactor = tape::Redactor::create({.rules = redact_rules(options.redact)});
    if (!redactor) {
        return app.fail(redactor.error());
    }
    auto tapes = open_library(app, {}, {.make_folder = true});
    if (!tapes) {
        return;
    }
    Importer importer(app, options, *std::move(tapes), *std::move(redactor));
    for (const std::string& path : options.paths) {
        if (app.stop().stop_requested()) {
            return;
        }
        importer.take(path);
    }
}

}  // namespace

void add_tape_import(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand(
        "import", "Take tapes from files, and recordings of other programs, into a library");
    auto options = std::make_shared<ImportArguments>();
    command
        ->add_option("FILE", options->paths,
                     "Such as notes.tape, a capture of shadowcat, mcpsnoop or mcp-recorder, or a "
                     "folder of captures")
        ->required();
    command->add_option("--from", options->from, "What wrote it, where its content does not tell")
        ->check(CLI::IsMember({"shadowcat", "shadowcat-lines", "mcpsnoop", "mcp-recorder"}));
    command->add_option("--tag", options->tags, "A tag for each; again for more")
        ->allow_extra_args(false);
    add_redact_options(*command, options->redact);
    command->add_flag("--no-redact", options->no_redact,
                      "Takes no secrets out of captures; a tape is taken as it is in any case");
    command->add_flag("--replace", options->replace, "Also what is there already");
    command->add_flag("--json", options->json, "Print a JSON object a line");
    add_library_option(*command, app);
    command->callback([&app, options] { import(app, *options); });
}

}  // namespace turntable_cli
