#include "cli/tape_library.hpp"

#include <filesystem>
#include <iomanip>
#include <iostream>

#include "cli/blob_output.hpp"
#include "cli/capture_input.hpp"
#include "cli/record_tape.hpp"
#include "cli/text.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/mcp/facts.hpp"
#include "turntable/tape/metadata_json.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

Result<tape::Library> open_default(const App& app, const tape::OpenOptions& options,
                                   const LibraryUse& use) {
    const std::string folder = default_tape_folder();
    std::error_code ignored;
    if (folder.empty() || (!use.make_folder && !std::filesystem::is_directory(folder, ignored))) {
        return Error(ErrorCode::not_found,
                     "there is no library of tapes yet; record makes one, --library names another")
            .with("folder", folder);
    }
    return app.tapes().open(turntable::ProviderConfig::from_map("tape", {{"root_path", folder}}),
                            options);
}

/// The library of a URL; a folder of captures is one that is only read.
Result<tape::Library> open_wanted(const App& app, const std::string& url,
                                  const tape::OpenOptions& options) {
    const std::string captures = capture_folder_of(url);
    return captures.empty() ? app.tapes().open(url, options)
                            : app.tapes().open(turntable::ProviderConfig::from_map(
                                                   "captures", {{"path", captures}}),
                                               options);
}

/// What a word of a query says: `@NAME` what turntable.toml has under that name for the library.
Result<std::string> said_by(App& app, const std::string& word, bool beside_others) {
    if (word.size() < 2 || word.front() != '@') {
        return word;
    }
    const std::string& library = app.library.empty() ? app.tapes().default_url() : app.library;
    if (!library.starts_with('@')) {
        return Error(ErrorCode::invalid_argument,
                     word +
                         " is a saved search, which a library of turntable.toml has: name that "
                         "with --library @NAME")
            .with("library", library);
    }
    TURNTABLE_TRY(const turntable::Config* file, app.config());
    if (file == nullptr) {
        return Error(ErrorCode::not_found, "there is no turntable.toml here; pass --config FILE");
    }
    TURNTABLE_TRY(const std::string text, file->saved_search(library.substr(1), word.substr(1)));
    return beside_others ? "(" + text + ")" : text;
}

}  // namespace

Result<tape::Library> try_library(App& app, const std::string& url, const LibraryUse& use) {
    const std::string& wanted = url.empty() ? app.library : url;
    const tape::OpenOptions options{.analyzer = turntable::mcp::facts()};
    Result<tape::Library> opened = wanted.empty() && app.tapes().default_url().empty()
                                       ? open_default(app, options, use)
                                       : open_wanted(app, wanted, options);
    if (opened && use.catch_up) {
        if (const auto taken = opened->catch_up({app.stop().get_token()}); !taken) {
            return taken.error();
        }
    }
    return opened;
}

std::optional<tape::Library> open_library(App& app, const std::string& url, const LibraryUse& use) {
    Result<tape::Library> opened = try_library(app, url, use);
    if (!opened) {
        app.fail(opened.error());
        app.end_with(ExitCode::cannot_open);
        return std::nullopt;
    }
    return *std::move(opened);
}

std::optional<tape::TapeMetadata> find_in_library(App& app, const tape::Library& tapes,
                                                  const std::string& text) {
    auto found = tapes.find(text, {app.stop().get_token()});
    if (!found) {
        app.fail(found.error());
        return std::nullopt;
    }
    return *std::move(found);
}

std::optional<tape::SearchCriteria> read_query(App& app, const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        auto said = said_by(app, word, words.size() > 1);
        if (!said) {
            app.fail(said.error());
            return std::nullopt;
        }
        text += (text.empty() ? "" : " ") + *said;
    }
    auto criteria = tape::parse_query(text, turntable::Clock::system()->wall_now());
    if (!criteria) {
        app.fail(criteria.error());
        return std::nullopt;
    }
    return *std::move(criteria);
}

void add_library_option(CLI::App& command, App& app) {
    command.add_option("--library", app.library,
                       "The URL of the library, such as tape:FOLDER; without it $TURNTABLE_TAPE, "
                       "or the folder of record");
}

void print_tape(const tape::TapeMetadata& tape, bool json) {
    if (json) {
        std::cout << "{\"tape\":" << to_json(tape) << "}\n";
        return;
    }
    const auto created =
        std::chrono::duration_cast<std::chrono::milliseconds>(tape.created.time_since_epoch());
    std::cout << tape.id << "  " << print_moment(created.count()) << "  " << std::left
              << std::setw(11) << to_string(tape.state) << std::right << std::setw(8) << tape.frames
              << " frames" << std::setw(6) << tape.facts.errors << " errors";
    if (!tape.name().empty()) {
        std::cout << "  " << shown_text(tape.name());
    }
    for (const std::string& tag : tape.labels.tags) {
        std::cout << "  #" << shown_text(tag);
    }
    std::cout << (tape.labels.pinned ? "  pinned" : "") << '\n';
}

void print_changed(App& app, const Result<tape::TapeMetadata>& changed, bool json) {
    if (!changed) {
        return app.fail(changed.error());
    }
    print_tape(*changed, json);
}

}  // namespace turntable_cli
