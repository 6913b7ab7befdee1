// kv export, import.

#include <cstdio>
#include <iostream>

#include "cli/app.hpp"
#include "cli/selector_options.hpp"
#include "cli/text.hpp"
#include "cli/transfer_output.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/export.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

namespace {

constexpr const char* standard_stream = "-";

Result<void> write_to_output(std::string_view bytes) {
    std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return std::cout.flush() ? Result<void>()
                             : Error(ErrorCode::io, "the standard output takes no more");
}

Result<std::size_t> read_from_input(char* buffer, std::size_t size) {
    const std::size_t got = std::fread(buffer, 1, size, stdin);
    return got != 0 || std::ferror(stdin) == 0
               ? Result<std::size_t>(got)
               : Error(ErrorCode::io, "the standard input cannot be read");
}

struct ExportOptions {
    std::string file = standard_stream;
    SelectorOptions selector;
    bool replace = false;
    bool inconsistent = false;
    bool json = false;
};

void run_export(App& app, const ExportOptions& options) {
    const auto selector = options.selector.selector();
    if (!selector) {
        return app.fail(selector.error());
    }
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    TransferRun run(app, "exporting");
    kv::TransferOptions transfer = run.options();
    transfer.selector = *selector;
    transfer.inconsistent = options.inconsistent;
    transfer.existing = options.replace ? kv::Existing::replace : kv::Existing::refuse;
    const bool to_output = options.file == standard_stream;
    const auto report = to_output ? kv::export_entries(*database, write_to_output, transfer)
                                  : kv::export_file(*database, options.file, transfer);
    if (!report) {
        return run.fail(report.error(), false);
    }
    if (!to_output) {
        print_report("exported", *report, run.finished(), options.json);
    }
}

struct ImportOptions {
    std::string file;
    ExistingFlags existing;
    bool check_only = false;
    bool json = false;
};

void check_file(App& app, const ImportOptions& options) {
    const auto info = options.file == standard_stream ? kv::check_export(read_from_input)
                                                      : kv::check_export_file(options.file);
    if (!info) {
        return app.fail(info.error());
    }
    if (options.json) {
        std::cout << "{\"entries\":" << info->entries << ",\"checksum\":\""
                  << kv::checksum_text(info->checksum)
                  << "\",\"source\":" << turntable::json_quoted(info->source)
                  << ",\"created_ms\":" << info->created_ms << ",\"version\":" << info->version
                  << "}\n";
    } else {
        std::cout << "whole: " << print_count(info->entries) << " entries of " << info->source
                  << ", checksum " << kv::checksum_text(info->checksum) << '\n';
    }
}

void run_import(App& app, const ImportOptions& options) {
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    TransferRun run(app, "importing");
    kv::TransferOptions transfer = run.options();
    transfer.existing = options.existing.existing();
    const auto report = options.file == standard_stream
                            ? kv::import_entries(read_from_input, *database, transfer)
                            : kv::import_file(options.file, *database, transfer);
    if (!report) {
        return run.fail(report.error(), true);
    }
    print_report("imported", *report, run.finished(), options.json);
}

}  // namespace

void add_kv_export(CLI::App& kv, App& app) {
    auto export_options = std::make_shared<ExportOptions>();
    auto* export_command =
        kv.add_subcommand("export", "Write entries as lines of JSON that any store takes back");
    export_command->add_option("FILE", export_options->file,
                               "A new file; -, or none: the standard output");
    export_options->selector.add_named_to(*export_command);
    export_command->add_flag("--replace", export_options->replace, "Replace FILE if it is there");
    export_command->add_flag("--inconsistent", export_options->inconsistent,
                             "Also from a store without snapshots, or that tells no expiry times");
    export_command->add_flag("--json", export_options->json,
                             "Print a JSON object about it, if it goes into a file");
    export_command->callback([&app, export_options] { run_export(app, *export_options); });

    auto import_options = std::make_shared<ImportOptions>();
    auto* import_command = kv.add_subcommand("import", "Take back what export wrote");
    import_command->add_option("FILE", import_options->file, "-: the standard input")->required();
    import_options->existing.add_to(*import_command);
    import_command->add_flag("--check", import_options->check_only,
                             "Only tell whether the file is whole and undamaged");
    import_command->add_flag("--json", import_options->json, "Print a JSON object");
    import_command->callback([&app, import_options] {
        import_options->check_only ? check_file(app, *import_options)
                                   : run_import(app, *import_options);
    });
}

}  // namespace turntable_cli
