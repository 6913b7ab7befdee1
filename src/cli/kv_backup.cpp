// kv backup, restore.

#include <array>
#include <fstream>
#include <iostream>

#include "cli/app.hpp"
#include "cli/transfer_output.hpp"
#include "turntable/kv/backup.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable_cli {

using turntable::Result;
namespace kv = turntable::kv;

namespace {

void print_backup(const std::string& verb, const kv::BackupReport& report, const std::string& took,
                  bool json) {
    const bool portable = report.form == kv::BackupForm::portable;
    if (json) {
        std::cout << "{\"form\":\"" << kv::to_string(report.form) << '"'
                  << (portable ? "," + report_members(report.transfer) : "") << "}\n";
    } else if (portable) {
        print_report(verb, report.transfer, took, false);
    } else {
        std::cout << verb << " everything, with versionstamps and queue, in " << took << '\n';
    }
}

struct BackupOptions {
    std::string file;
    bool native = false;
    bool portable = false;
    bool replace = false;
    bool json = false;
};

void backup(App& app, const BackupOptions& options) {
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    TransferRun run(app, "saving");
    const kv::TransferOptions common = run.options();
    kv::BackupOptions backup_options;
    backup_options.form = options.native     ? kv::BackupForm::native
                          : options.portable ? kv::BackupForm::portable
                                             : kv::BackupForm::automatic;
    backup_options.replace = options.replace;
    backup_options.count_first = common.count_first;
    backup_options.stop = common.stop;
    backup_options.on_progress = common.on_progress;
    const auto report = kv::backup(*database, options.file, backup_options);
    if (!report) {
        return run.fail(report.error(), false);
    }
    print_backup("saved", *report, run.finished(), options.json);
}

struct RestoreOptions {
    std::string file;
    ExistingFlags existing;
    bool json = false;
};

bool is_sqlite(const std::string& path) {
    constexpr std::string_view magic = "SQLite format 3";
    std::array<char, magic.size()> begins{};
    std::ifstream(path, std::ios::binary).read(begins.data(), begins.size());
    return std::string_view(begins.data(), begins.size()) == magic;
}

/// A native backup is a store: its entries go into any other one.
Result<kv::BackupReport> copy_out(const std::string& path, const kv::Database& to,
                                  const kv::TransferOptions& options) {
    kv::SqliteOptions as_is;
    as_is.path = path;
    as_is.read_only = true;
    as_is.create = false;
    TURNTABLE_TRY(kv::SqliteBackend backend, kv::open_sqlite(as_is));
    const kv::Database from(kv::AnyBackend(std::move(backend)), turntable::Runtime::shared(), path);
    TURNTABLE_TRY(const kv::TransferReport report, kv::copy(from, to, options));
    return kv::BackupReport{kv::BackupForm::portable, report};
}

void restore(App& app, const RestoreOptions& options) {
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    TransferRun run(app, "restoring");
    kv::TransferOptions transfer = run.options();
    transfer.existing = options.existing.existing();
    const bool into_new_file =
        database->capabilities().native_backup && transfer.existing == kv::Existing::refuse;
    const auto report = is_sqlite(options.file) && !into_new_file
                            ? copy_out(options.file, *database, transfer)
                            : kv::restore(options.file, *database, transfer);
    if (!report) {
        return run.fail(report.error(), report.error().code() != turntable::ErrorCode::corrupt);
    }
    print_backup("restored", *report, run.finished(), options.json);
}

}  // namespace

void add_kv_backup(CLI::App& kv, App& app) {
    auto backup_options = std::make_shared<BackupOptions>();
    auto* backup_command = kv.add_subcommand("backup", "Save a store that is in use as a file");
    backup_command->add_option("FILE", backup_options->file, "A new file")->required();
    auto* native = backup_command->add_flag(
        "--native", backup_options->native,
        "In the engine's own form, with versionstamps and queue; the default where there is one");
    backup_command
        ->add_flag("--portable", backup_options->portable,
                   "As lines of JSON, which any engine takes back")
        ->excludes(native);
    backup_command->add_flag("--replace", backup_options->replace, "Replace FILE if it is there");
    backup_command->add_flag("--json", backup_options->json, "Print a JSON object");
    backup_command->callback([&app, backup_options] { backup(app, *backup_options); });

    auto restore_options = std::make_shared<RestoreOptions>();
    auto* restore_command = kv.add_subcommand("restore", "Make a store of what backup saved");
    restore_command->add_option("FILE", restore_options->file, "Of either form")->required();
    restore_options->existing.add_to(*restore_command);
    restore_command->add_flag("--json", restore_options->json, "Print a JSON object");
    restore_command->callback([&app, restore_options] { restore(app, *restore_options); });
}

}  // namespace turntable_cli
