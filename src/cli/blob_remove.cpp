// blob rm.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "cli/confirm.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Result;

namespace {

struct RemoveArguments {
    std::vector<std::string> locations;
    bool recursive = false;
    bool dry_run = false;
    bool yes = false;
    bool json = false;
};

/// What is to be removed, and how much that is.
struct Removal {
    BlobPlace place;
    bool is_directory = false;
    std::uint64_t files = 0;
};

Result<std::uint64_t> count_files(const BlobRun& run, const BlobPlace& place, bool show) {
    std::uint64_t files = 0;
    auto entries =
        place.store.list(place.directory(), {.recursive = true, .metadata = false}, run.call());
    while (true) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(const std::optional<blob::Entry> entry, entries.next(run.call()));
        if (!entry) {
            return files;
        }
        if (entry->metadata.kind == blob::EntryKind::file) {
            ++files;
            if (show) {
                std::cout << "remove\t" << shown_name(entry->path) << '\n';
            }
        }
    }
}

/// None, with the reason printed, if something cannot be removed.
std::optional<std::vector<Removal>> find_removals(App& app, BlobRun& run,
                                                  const RemoveArguments& options) {
    const bool show = options.dry_run && !options.json;
    std::vector<Removal> out;
    for (const std::string& text : options.locations) {
        auto place = open_source(app, text, LocalFolder::entry);
        if (!place) {
            return std::nullopt;
        }
        const auto found = look(app, *place);
        if (!found) {
            run.fail(found.error());
            return std::nullopt;
        }
        if (!found->has_value()) {
            continue;
        }
        Removal removal{*std::move(place), (*found)->kind == blob::EntryKind::directory, 1};
        if (removal.is_directory && !options.recursive) {
            app.fail(ExitCode::usage,
                     shown_name(text) + " is a directory; -r removes it with what lies in it");
            return std::nullopt;
        }
        if (removal.is_directory) {
            const auto files = count_files(run, removal.place, show);
            if (!files) {
                run.fail(files.error());
                return std::nullopt;
            }
            removal.files = *files;
        } else if (show) {
            std::cout << "remove\t" << shown_name(removal.place.path) << '\n';
        }
        out.push_back(std::move(removal));
    }
    return out;
}

void remove(App& app, const RemoveArguments& options) {
    BlobRun run(app, "removing");
    const auto removals = find_removals(app, run, options);
    if (!removals) {
        return;
    }
    std::uint64_t files = 0;
    bool is_wide = false;
    for (const Removal& one : *removals) {
        files += one.files;
        is_wide = is_wide || one.is_directory;
    }
    const std::string amount = print_count(files) + (files == 1 ? " file" : " files");
    if (options.dry_run) {
        if (options.json) {
            std::cout << "{\"would_remove\":" << files << "}\n";
        } else {
            std::cout << "would remove " << amount << '\n';
        }
        return;
    }
    if (is_wide && !options.yes &&
        !confirmed(app, "Remove " + amount + ", with their directories?")) {
        return;
    }
    for (const Removal& one : *removals) {
        const Result<void> stopped = run.go_on();
        const Result<void> done =
            !stopped           ? stopped
            : one.is_directory ? one.place.store.remove_all(one.place.directory(), run.call())
                               : one.place.store.remove(one.place.path, {}, run.call());
        if (!done) {
            return run.fail(done.error());
        }
    }
    if (options.json) {
        std::cout << "{\"removed\":" << files << "}\n";
    } else {
        std::cout << "removed " << amount << '\n';
    }
}

}  // namespace

void add_blob_remove(CLI::App& blob, App& app) {
    auto* command = blob.add_subcommand("rm", "Remove blobs; absent ones are fine");
    auto options = std::make_shared<RemoveArguments>();
    command->add_option("LOCATION", options->locations, "Such as @media::photos/a.jpg")->required();
    command->add_flag("-r,--recursive", options->recursive,
                      "Also directories, with what lies in them");
    command->add_flag("--dry-run", options->dry_run, "Only tell what that would be");
    command->add_flag("--yes", options->yes, "Do not ask before directories are removed");
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] { remove(app, *options); });
}

}  // namespace turntable_cli
