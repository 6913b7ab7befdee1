// blob cp, mv.

#include <iostream>
#include <ranges>
#include <utility>
#include <vector>

#include "cli/app.hpp"
#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "cli/blob_sync.hpp"
#include "cli/local_file.hpp"
#include "turntable/blob/path.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

struct CopyArguments {
    std::string from;
    std::string to;
    bool recursive = false;
    SyncArguments sync;
};

/// Both ends of a copy, and what lies at the first.
struct Ends {
    BlobPlace from;
    BlobPlace to;
    blob::Metadata found;

    bool is_directory() const { return found.kind == blob::EntryKind::directory; }
    bool is_one_store() const { return from.location.url == to.location.url; }
};

/// None, with the reason printed.
std::optional<Ends> open_ends(App& app, const CopyArguments& options, LocalFolder folder) {
    auto from = open_source(app, options.from, folder);
    auto to = from ? open_target(app, options.to, &*from, options.sync.dry_run) : std::nullopt;
    if (!to) {
        return std::nullopt;
    }
    auto found = look(app, *from);
    if (!found) {
        BlobRun(app, "").fail(found.error());
        return std::nullopt;
    }
    if (!found->has_value()) {
        fail_absent(app, options.from);
        return std::nullopt;
    }
    Ends ends{*std::move(from), *std::move(to), **std::move(found)};
    if (ends.is_directory() && !options.recursive) {
        app.fail(ExitCode::usage,
                 shown_name(options.from) + " is a directory; -r takes what lies in it along");
        return std::nullopt;
    }
    return ends;
}

/// Where a file goes: into the target, where that is a directory, under its own name.
Result<std::string> target_file(const App& app, const Ends& ends) {
    TURNTABLE_TRY(const std::optional<blob::Metadata> there, look(app, ends.to));
    const bool into =
        ends.to.location.is_directory || (there && there->kind == blob::EntryKind::directory);
    std::string target = into ? ends.to.directory() + ends.from.location.name : ends.to.path;
    if (is_one_file(app, ends.from, ends.from.path, ends.to, target)) {
        return Error(ErrorCode::invalid_argument, "both are the same file").with("path", target);
    }
    return target;
}

/// Where a directory goes: it becomes the target. It goes into one that says that it is a
/// directory, unless only what lies in it is meant. What is there already changes nothing about
/// that, so that the same command goes on with what was broken off.
std::string target_directory(const Ends& ends) {
    const bool into = ends.to.location.is_directory && !ends.from.location.is_directory;
    return into ? ends.to.directory() + ends.from.location.name + "/" : ends.to.directory();
}

void report_file(const Ends& ends, const std::string& target, const std::string& took,
                 const SyncArguments& options) {
    std::string steps;
    if (options.dry_run && options.json) {
        steps = "{\"action\":\"copy\"," + json_path_member("path", target) +
                ",\"size_bytes\":" + std::to_string(ends.found.size_bytes) + "}";
    } else if (options.dry_run) {
        print_step("copy", target);
    }
    print_sync_report({.files_copied = 1, .bytes_copied = ends.found.size_bytes}, took, options,
                      steps);
}

Result<void> copy_one(BlobRun& run, const Ends& ends, const std::string& from,
                      const std::string& to) {
    if (ends.is_one_store()) {
        return ends.from.store.copy(from, to, {}, run.call());
    }
    TURNTABLE_CHECK(
        blob::copy_file(ends.from.store, from, ends.to.store, to, run.counter(), run.call()));
    return {};
}

void copy(App& app, const CopyArguments& options) {
    const auto ends = open_ends(app, options, LocalFolder::store);
    if (!ends) {
        return;
    }
    BlobRun run(app, "copying");
    if (ends->is_directory()) {
        const std::string from = ends->from.directory();
        const std::string to = target_directory(*ends);
        if (overlap(app, ends->from, from, ends->to, to)) {
            return app.fail(ExitCode::usage, "one of the directories lies in the other");
        }
        return bring_together(run, ends->from, from, ends->to, to, options.sync);
    }
    const auto target = target_file(app, *ends);
    if (!target) {
        return run.fail(target.error());
    }
    run.expect(ends->found.size_bytes);
    if (!options.sync.dry_run) {
        if (const auto done = copy_one(run, *ends, ends->from.path, *target); !done) {
            return run.fail(done.error());
        }
    }
    report_file(*ends, *target, run.finished(), options.sync);
}

/// Removes what was copied, unless it is another version by now.
Result<void> remove_copied(const BlobRun& run, const blob::Store& store, const std::string& path,
                           const blob::Metadata& copied) {
    const auto changed = [&] {
        return Error(ErrorCode::condition_failed,
                     "it was changed while it was copied, so it was left where it is")
            .with("path", path);
    };
    if (store.capabilities().remove_if_match && !copied.etag.empty()) {
        Result<void> removed = store.remove(path, {.if_match = copied.etag}, run.call());
        const bool is_other = !removed && removed.error().code() == ErrorCode::condition_failed;
        return is_other ? changed() : std::move(removed);
    }
    TURNTABLE_TRY(const blob::Metadata now, store.stat(path, {}, run.call()));
    const bool is_same = now.etag == copied.etag && now.size_bytes == copied.size_bytes &&
                         now.modified_ms == copied.modified_ms;
    return is_same ? store.remove(path, {}, run.call()) : changed();
}

Result<void> move_one(BlobRun& run, const Ends& ends, const std::string& from,
                      const std::string& to) {
    TURNTABLE_CHECK(run.go_on());
    if (ends.is_one_store()) {
        return ends.from.store.rename(from, to, {}, run.call());
    }
    TURNTABLE_TRY(const blob::Metadata before, ends.from.store.stat(from, {}, run.call()));
    TURNTABLE_CHECK(copy_one(run, ends, from, to));
    return remove_copied(run, ends.from.store, from, before);
}

Result<std::vector<blob::Entry>> all_below(const BlobRun& run, const BlobPlace& place) {
    std::vector<blob::Entry> out;
    auto entries = place.store.list(place.directory(), {.recursive = true}, run.call());
    while (true) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(std::optional<blob::Entry> entry, entries.next(run.call()));
        if (!entry) {
            return out;
        }
        out.push_back(*std::move(entry));
    }
}

struct Moved {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

/// File by file, so that one that is broken off has lost nothing and can be gone on with.
Result<Moved> move_directory(BlobRun& run, const Ends& ends, const std::string& target,
                             const SyncArguments& options) {
    const std::string source = ends.from.directory();
    TURNTABLE_TRY(std::vector<blob::Entry> entries, all_below(run, ends.from));
    Moved moved;
    const bool makes_directories = ends.to.store.capabilities().directories && !options.dry_run;
    for (const blob::Entry& entry : entries) {
        const std::string to = target + entry.path.substr(source.size());
        if (entry.metadata.kind == blob::EntryKind::directory) {
            TURNTABLE_CHECK(makes_directories ? ends.to.store.create_dir(to, run.call())
                                              : Result<void>());
            continue;
        }
        if (options.dry_run && !options.json) {
            print_step("move", entry.path);
        }
        if (!options.dry_run) {
            TURNTABLE_CHECK(move_one(run, ends, entry.path, to));
        }
        ++moved.files;
        moved.bytes += entry.metadata.size_bytes;
    }
    if (!options.dry_run) {
        // From the end, so that a directory is empty when its turn comes.
        for (const blob::Entry& entry : std::views::reverse(entries)) {
            if (entry.metadata.kind == blob::EntryKind::directory) {
                TURNTABLE_CHECK(ends.from.store.remove(entry.path, {}, run.call()));
            }
        }
        if (!source.empty() && !ends.from.location.is_directory) {
            TURNTABLE_CHECK(ends.from.store.remove(source, {}, run.call()));
        }
    }
    return moved;
}

Result<Moved> move_file(const App& app, BlobRun& run, const Ends& ends,
                        const SyncArguments& options) {
    TURNTABLE_TRY(const std::string target, target_file(app, ends));
    if (!options.dry_run) {
        TURNTABLE_CHECK(move_one(run, ends, ends.from.path, target));
    } else if (!options.json) {
        print_step("move", ends.from.path);
    }
    return Moved{1, ends.found.size_bytes};
}

void move(App& app, const CopyArguments& options) {
    const auto ends = open_ends(app, options, LocalFolder::entry);
    if (!ends) {
        return;
    }
    BlobRun run(app, "moving");
    const std::string target = target_directory(*ends);
    if (ends->is_directory() &&
        overlap(app, ends->from, ends->from.directory(), ends->to, target)) {
        return app.fail(ExitCode::usage, "one of the directories lies in the other");
    }
    const auto moved = ends->is_directory() ? move_directory(run, *ends, target, options.sync)
                                            : move_file(app, run, *ends, options.sync);
    if (!moved) {
        return run.fail(moved.error(), ends->is_directory());
    }
    const std::string took = run.finished();
    if (options.sync.json) {
        std::cout << "{\"" << (options.sync.dry_run ? "would_move" : "moved")
                  << "\":" << moved->files << ",\"bytes\":" << moved->bytes << "}\n";
    } else {
        std::cout << (options.sync.dry_run ? "would move " : "moved ")
                  << print_amount(moved->files, moved->bytes)
                  << (options.sync.dry_run ? "" : ", in " + took) << '\n';
    }
}

void add_verb(CLI::App& parent, App& app, const char* name, const char* summary, bool is_move) {
    auto* command = parent.add_subcommand(name, summary);
    auto options = std::make_shared<CopyArguments>();
    command->add_option("FROM", options->from, "Such as ./a.jpg or @media::photos")->required();
    command->add_option("TO", options->to, "A new name, or with a slash at its end a directory")
        ->required();
    command->add_flag("-r,--recursive", options->recursive,
                      "Also a directory, with what lies in it");
    command->add_flag("--dry-run", options->sync.dry_run, "Only tell what would be done");
    if (!is_move) {
        command->add_flag("--content", options->sync.content,
                          "With -r: compare every byte with what is there, not sizes and times");
        command->add_flag("--verbose", options->sync.verbose, "With -r: tell each step");
    }
    command->add_flag("--json", options->sync.json, "Print a JSON object");
    command->callback(
        [&app, options, is_move] { is_move ? move(app, *options) : copy(app, *options); });
}

}  // namespace

void add_blob_copy(CLI::App& blob, App& app) {
    add_verb(blob, app, "cp", "Copy a blob, or a directory", false);
    add_verb(blob, app, "mv", "Move a blob, or a directory, file by file", true);
}

}  // namespace turntable_cli
