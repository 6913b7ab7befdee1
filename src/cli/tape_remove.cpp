// tape rm, prune.

#include <algorithm>
#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/confirm.hpp"
#include "cli/tape_library.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::ErrorCode;
using turntable::Result;

namespace {

struct RemoveTapes {
    std::vector<std::string> tapes;
    std::string older_than;
    std::optional<std::uint64_t> keep;
    std::string max_size;
    bool dry_run = false;
    bool yes = false;
    bool json = false;
};

void print_removed(const std::vector<tape::TapeMetadata>& gone, const RemoveTapes& options) {
    std::uint64_t bytes = 0;
    for (const tape::TapeMetadata& one : gone) {
        bytes += one.stored_bytes;
    }
    if (options.json) {
        std::cout << (options.dry_run ? "{\"would_remove\":[" : "{\"removed\":[");
        for (std::size_t i = 0; i < gone.size(); ++i) {
            std::cout << (i == 0 ? "" : ",") << turntable::json_quoted(gone[i].id);
        }
        std::cout << "],\"bytes\":" << bytes << "}\n";
        return;
    }
    if (options.dry_run) {
        for (const tape::TapeMetadata& one : gone) {
            print_tape(one, false);
        }
    }
    std::cout << (options.dry_run ? "would remove " : "removed ") << print_count(gone.size())
              << (gone.size() == 1 ? " tape, " : " tapes, ") << print_bytes(bytes) << '\n';
}

/// Removes tapes that were found, after a question.
void remove_all(App& app, const tape::Library& tapes, const std::vector<tape::TapeMetadata>& gone,
                const RemoveTapes& options) {
    if (!options.dry_run && !gone.empty()) {
        if (!options.yes && !confirmed(app, "Remove " + print_count(gone.size()) +
                                                (gone.size() == 1 ? " tape?" : " tapes?"))) {
            return;
        }
        for (const tape::TapeMetadata& one : gone) {
            const auto removed = tapes.remove(one.id, {app.stop().get_token()});
            if (!removed && removed.error().code() != ErrorCode::not_found) {
                return app.fail(removed.error());
            }
        }
    }
    print_removed(gone, options);
}

void remove(App& app, const RemoveTapes& options) {
    const auto tapes = open_library(app);
    if (!tapes) {
        return;
    }
    std::vector<tape::TapeMetadata> gone;
    for (const std::string& text : options.tapes) {
        auto found = find_in_library(app, *tapes, text);
        if (!found) {
            return;
        }
        if (std::ranges::find(gone, found->id, &tape::TapeMetadata::id) == gone.end()) {
            gone.push_back(*std::move(found));
        }
    }
    remove_all(app, *tapes, gone, options);
}

Result<tape::Retention> retention_of(const RemoveTapes& options) {
    tape::Retention retention{.count = options.keep};
    if (!options.older_than.empty()) {
        TURNTABLE_TRY(retention.age, parse_duration("--older-than", options.older_than));
    }
    if (!options.max_size.empty()) {
        TURNTABLE_TRY(retention.stored_bytes, parse_size("--max-size", options.max_size));
    }
    return retention;
}

void prune(App& app, const RemoveTapes& options) {
    const auto retention = retention_of(options);
    if (!retention) {
        return app.fail(retention.error());
    }
    if (!retention->age && !retention->count && !retention->stored_bytes) {
        return app.fail(ExitCode::usage,
                        "say what may go: --older-than 30d, --keep 100, --max-size 1GiB");
    }
    const auto tapes = open_library(app);
    if (!tapes) {
        return;
    }
    const auto planned = tapes->prune(*retention, true, {app.stop().get_token()});
    if (!planned) {
        return app.fail(planned.error());
    }
    remove_all(app, *tapes, planned->removed, options);
}

void add_common(CLI::App& command, App& app, RemoveTapes& options) {
    command.add_flag("--dry-run", options.dry_run, "Only tell what that would be");
    command.add_flag("--yes", options.yes, "Do not ask");
    command.add_flag("--json", options.json, "Print a JSON object");
    add_library_option(command, app);
}

}  // namespace

void add_tape_remove(CLI::App& tape, App& app) {
    auto* rm = tape.add_subcommand("rm", "Remove tapes");
    auto rm_options = std::make_shared<RemoveTapes>();
    rm->add_option("TAPE", rm_options->tapes, "An id, the beginning of it, a name, or @last")
        ->required();
    add_common(*rm, app, *rm_options);
    rm->callback([&app, rm_options] { remove(app, *rm_options); });

    auto* old = tape.add_subcommand("prune", "Remove the oldest tapes; pinned ones stay");
    auto prune_options = std::make_shared<RemoveTapes>();
    old->add_option("--older-than", prune_options->older_than, "Such as 30d");
    old->add_option("--keep", prune_options->keep, "No more than so many tapes");
    old->add_option("--max-size", prune_options->max_size, "No more than so many stored bytes");
    add_common(*old, app, *prune_options);
    old->callback([&app, prune_options] { prune(app, *prune_options); });
}

}  // namespace turntable_cli
