// kv copy, verify.

#include <iostream>

#include "cli/app.hpp"
#include "cli/selector_options.hpp"
#include "cli/text.hpp"
#include "cli/transfer_output.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace kv = turntable::kv;

namespace {

struct CopyOptions {
    std::string from;
    std::string to;
    SelectorOptions selector;
    ExistingFlags existing;
    bool inconsistent = false;
    bool json = false;
};

void copy(App& app, const CopyOptions& options) {
    const auto selector = options.selector.selector();
    if (!selector) {
        return app.fail(selector.error());
    }
    const auto from = app.open(options.from);
    const auto to = from ? app.open(options.to) : std::nullopt;
    if (!to) {
        return;
    }
    TransferRun run(app, "copying");
    kv::TransferOptions transfer = run.options();
    transfer.selector = *selector;
    transfer.existing = options.existing.existing();
    transfer.inconsistent = options.inconsistent;
    const auto report = kv::copy(*from, *to, transfer);
    if (!report) {
        return run.fail(report.error(), true);
    }
    print_report("copied", *report, run.finished(), options.json);
    if (!options.json) {
        std::cout << "Versionstamps are new in the copy"
                  << (from->capabilities().queue ? "; messages in the queue stayed behind.\n"
                                                 : ".\n");
    }
}

struct VerifyOptions {
    std::string first;
    std::string second;
    SelectorOptions selector;
    std::size_t differences_max = 10;
    bool inconsistent = false;
    bool json = false;
};

void print_json(const kv::VerifyReport& report) {
    std::cout << "{\"equal\":" << (report.equal() ? "true" : "false") << ",\"entries\":["
              << report.first_entries << ',' << report.second_entries << "],\"checksums\":[\""
              << kv::checksum_text(report.first_checksum) << "\",\""
              << kv::checksum_text(report.second_checksum)
              << "\"],\"expiry_compared\":" << (report.expiry_compared ? "true" : "false")
              << ",\"difference_count\":" << report.difference_count << ",\"differences\":[";
    for (std::size_t i = 0; i < report.differences.size(); ++i) {
        const kv::Difference& one = report.differences[i];
        std::cout << (i == 0 ? "" : ",")
                  << "{\"key\":" << turntable::json_quoted(kv::print_key(one.key.encoded()))
                  << ",\"kind\":\"" << kv::to_string(one.kind) << "\"}";
    }
    std::cout << "]}\n";
}

const char* sentence_for(kv::DifferenceKind kind) {
    switch (kind) {
        case kv::DifferenceKind::only_in_first:
            return "only in the first";
        case kv::DifferenceKind::only_in_second:
            return "only in the second";
        case kv::DifferenceKind::value:
            return "another value";
        case kv::DifferenceKind::expiry:
            return "expires at another time";
    }
    return "";
}

void print_text(const kv::VerifyReport& report, const std::string& took) {
    if (report.equal()) {
        std::cout << "equal: " << print_count(report.first_entries) << " entries, checksum "
                  << kv::checksum_text(report.first_checksum) << ", in " << took << '\n';
    } else {
        for (const kv::Difference& one : report.differences) {
            std::cout << kv::print_key(one.key.encoded()) << '\t' << sentence_for(one.kind) << '\n';
        }
        std::cout << "not equal: " << print_count(report.difference_count)
                  << " differences between " << print_count(report.first_entries) << " and "
                  << print_count(report.second_entries) << " entries\n";
    }
    if (!report.expiry_compared) {
        std::cout << "When entries expire was not compared: one of the stores does not tell.\n";
    }
}

void verify(App& app, const VerifyOptions& options) {
    const auto selector = options.selector.selector();
    if (!selector) {
        return app.fail(selector.error());
    }
    const auto first = app.open(options.first);
    const auto second = first ? app.open(options.second) : std::nullopt;
    if (!second) {
        return;
    }
    TransferRun run(app, "comparing");
    kv::VerifyOptions verify_options;
    verify_options.selector = *selector;
    verify_options.inconsistent = options.inconsistent;
    verify_options.differences_max = options.differences_max;
    verify_options.count_first = run.wants_total();
    verify_options.stop = app.stop().get_token();
    verify_options.on_progress = [&run](const kv::TransferProgress& now) { run.show(now); };
    const auto report = kv::verify(*first, *second, verify_options);
    if (!report) {
        return run.fail(report.error(), false);
    }
    const std::string took = run.finished();
    options.json ? print_json(*report) : print_text(*report, took);
    if (!report->equal()) {
        app.end_with(ExitCode::unwell);
    }
}

}  // namespace

void add_kv_copy(CLI::App& kv, App& app) {
    auto copy_options = std::make_shared<CopyOptions>();
    auto* copy_command = kv.add_subcommand("copy", "Copy entries from one store into another");
    copy_command->add_option("FROM", copy_options->from, "URL, @NAME or path")->required();
    copy_command
        ->add_option("TO", copy_options->to,
                     "URL, @NAME or path; empty, unless told "
                     "otherwise")
        ->required();
    copy_options->selector.add_named_to(*copy_command);
    copy_options->existing.add_to(*copy_command);
    copy_command->add_flag("--inconsistent", copy_options->inconsistent,
                           "Also from a store without snapshots, or that tells no expiry times");
    copy_command->add_flag("--json", copy_options->json, "Print a JSON object");
    copy_command->callback([&app, copy_options] { copy(app, *copy_options); });

    auto verify_options = std::make_shared<VerifyOptions>();
    auto* verify_command = kv.add_subcommand("verify", "Tell whether two stores hold the same");
    verify_command->add_option("FIRST", verify_options->first, "URL, @NAME or path")->required();
    verify_command->add_option("SECOND", verify_options->second, "URL, @NAME or path")->required();
    verify_options->selector.add_named_to(*verify_command);
    verify_command
        ->add_option("--differences", verify_options->differences_max, "Name so many differences")
        ->capture_default_str();
    verify_command->add_flag("--inconsistent", verify_options->inconsistent,
                             "Also with a store without snapshots");
    verify_command->add_flag("--json", verify_options->json, "Print a JSON object");
    verify_command->callback([&app, verify_options] { verify(app, *verify_options); });
}

}  // namespace turntable_cli
