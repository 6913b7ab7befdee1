// blob sync.

#include "cli/blob_sync.hpp"

#include <iostream>

#include "cli/app.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Result;

namespace {

/// A step of a dry run, as JSON.
std::string json_step(const blob::SyncStep& step) {
    return "{\"action\":\"" + std::string(to_string(step.action)) + "\"," +
           json_path_member("path", step.path) +
           ",\"size_bytes\":" + std::to_string(step.size_bytes) + "}";
}

/// Whether anything lies there. With --remove, a source of nothing would empty the target.
Result<bool> is_empty(const BlobPlace& place, const std::string& directory, const BlobRun& run) {
    auto entries = place.store.list(directory, {.limit = 1, .metadata = false}, run.call());
    TURNTABLE_TRY(const std::optional<blob::Entry> first, entries.next(run.call()));
    return !first.has_value();
}

struct Arguments {
    std::string from;
    std::string to;
    bool from_empty = false;
    SyncArguments sync;
};

void sync(App& app, const Arguments& options) {
    const auto from = open_source(app, options.from);
    const auto to =
        from ? open_target(app, options.to, &*from, options.sync.dry_run) : std::nullopt;
    if (!to) {
        return;
    }
    BlobRun run(app, "copying");
    const auto found = look(app, *from);
    if (!found) {
        return run.fail(found.error());
    }
    if (!found->has_value()) {
        return fail_absent(app, options.from);
    }
    if ((*found)->kind == blob::EntryKind::file) {
        return app.fail(ExitCode::usage, shown_name(options.from) + " is a file; copy it with cp");
    }
    const std::string source = from->directory();
    const std::string target = to->directory();
    if (overlap(app, *from, source, *to, target)) {
        return app.fail(ExitCode::usage, "one of the directories lies in the other");
    }
    if (options.sync.remove && !options.from_empty) {
        const auto empty = is_empty(*from, source, run);
        if (!empty) {
            return run.fail(empty.error());
        }
        if (*empty) {
            return app.fail(ExitCode::usage,
                            "nothing lies in the source, so that everything in the target would be "
                            "removed; if that is meant, say --from-empty");
        }
    }
    bring_together(run, *from, source, *to, target, options.sync);
}

}  // namespace

void print_step(std::string_view action, std::string_view path) {
    std::cout << action << '\t' << shown_name(path) << '\n';
}

void print_sync_report(const blob::SyncReport& report, const std::string& took,
                       const SyncArguments& options, const std::string& steps) {
    if (options.json) {
        std::cout << "{\"files_copied\":" << report.files_copied
                  << ",\"bytes_copied\":" << report.bytes_copied
                  << ",\"files_kept\":" << report.files_kept
                  << ",\"files_removed\":" << report.files_removed
                  << ",\"directories_made\":" << report.directories_made
                  << (options.dry_run ? ",\"steps\":[" + steps + "]" : "") << "}\n";
        return;
    }
    std::cout << (options.dry_run ? "would copy " : "copied ")
              << print_amount(report.files_copied, report.bytes_copied);
    if (!options.dry_run) {
        std::cout << ", in " << took;
    }
    if (report.files_kept != 0) {
        std::cout << "; " << print_count(report.files_kept)
                  << (report.files_kept == 1 ? " is the same" : " are the same");
    }
    if (report.files_removed != 0) {
        std::cout << "; " << print_count(report.files_removed)
                  << (options.dry_run ? " would be removed" : " removed");
    }
    std::cout << '\n';
}

void bring_together(BlobRun& run, const BlobPlace& from, const std::string& from_directory,
                    const BlobPlace& to, const std::string& to_directory,
                    const SyncArguments& options) {
    std::string steps;
    blob::SyncOptions sync;
    sync.compare = options.content ? blob::Compare::content : blob::Compare::size_and_time;
    sync.remove_extra = options.remove;
    sync.dry_run = options.dry_run;
    sync.copied = run.counter();
    sync.on_step = [&](const blob::SyncStep& step) {
        if (step.action == blob::SyncAction::keep) {
            return;
        }
        if (options.json) {
            steps += (steps.empty() ? "" : ",") + json_step(step);
        } else if (options.dry_run || options.verbose) {
            run.clear();
            print_step(to_string(step.action), step.path);
        }
    };
    const auto report =
        blob::sync(from.store, from_directory, to.store, to_directory, sync, run.call());
    if (!report) {
        return run.fail(report.error(), true);
    }
    print_sync_report(*report, run.finished(), options, steps);
}

void add_blob_sync(CLI::App& blob, App& app) {
    auto* command = blob.add_subcommand(
        "sync", "Make a directory hold what another holds; what is the same is kept");
    auto options = std::make_shared<Arguments>();
    command->add_option("FROM", options->from, "A directory: ./site, @media, @media::photos")
        ->required();
    command->add_option("TO", options->to, "The directory that is to hold the same")->required();
    auto* remove = command->add_flag("--remove", options->sync.remove,
                                     "Remove from TO what FROM does not have");
    command
        ->add_flag("--from-empty", options->from_empty,
                   "With --remove: also if nothing lies in FROM")
        ->needs(remove);
    command->add_flag("--content", options->sync.content,
                      "Compare every byte instead of sizes and times");
    command->add_flag("--dry-run", options->sync.dry_run, "Only tell what would be done");
    command->add_flag("--verbose", options->sync.verbose, "Tell each step");
    command->add_flag("--json", options->sync.json, "Print a JSON object");
    command->callback([&app, options] { sync(app, *options); });
}

}  // namespace turntable_cli
