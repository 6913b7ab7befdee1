#include "cli/transfer_output.hpp"

#include <iostream>

#include "cli/text.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
namespace kv = turntable::kv;

kv::TransferOptions TransferRun::options() {
    kv::TransferOptions out;
    out.count_first = wants_total();
    out.stop = app_.stop().get_token();
    out.on_progress = [this](const kv::TransferProgress& now) { show(now); };
    return out;
}

void TransferRun::show(const kv::TransferProgress& now) {
    entries_ = now.entries;
    progress_.show(now.entries, now.total);
}

std::string TransferRun::finished() {
    progress_.clear();
    return print_took(std::chrono::steady_clock::now() - start_);
}

void TransferRun::fail(const Error& error, bool resumable) {
    progress_.clear();
    app_.fail(error);
    if (resumable && entries_ != 0) {
        std::cerr << "turntable: " << print_count(entries_)
                  << " entries are done with; the same command goes on from there\n";
    }
    if (error.code() == ErrorCode::cancelled) {
        app_.end_with(ExitCode::interrupted);
    }
}

void ExistingFlags::add_to(CLI::App& command) {
    auto* merge_flag = command.add_flag(
        "--merge", merge, "Keep what the target has, but for keys that the source has too");
    command
        .add_flag("--replace", replace,
                  "Remove from the target what the source does not have (within the range)")
        ->excludes(merge_flag);
}

kv::Existing ExistingFlags::existing() const noexcept {
    return merge ? kv::Existing::merge : replace ? kv::Existing::replace : kv::Existing::refuse;
}

std::string report_members(const kv::TransferReport& report) {
    return "\"entries\":" + std::to_string(report.entries) +
           ",\"bytes\":" + std::to_string(report.bytes) +
           ",\"written\":" + std::to_string(report.written) +
           ",\"removed\":" + std::to_string(report.removed) +
           ",\"resumed\":" + (report.resumed ? "true" : "false") + ",\"checksum\":\"" +
           kv::checksum_text(report.checksum) + "\"";
}

void print_report(const std::string& verb, const kv::TransferReport& report,
                  const std::string& took, bool json) {
    if (json) {
        std::cout << '{' << report_members(report) << "}\n";
        return;
    }
    std::cout << verb << ' ' << print_count(report.entries) << " entries in " << took;
    if (report.resumed) {
        std::cout << ", going on with what had been broken off";
    }
    if (report.written != report.entries) {
        std::cout << "; " << print_count(report.entries - report.written) << " were there already";
    }
    if (report.removed != 0) {
        std::cout << "; " << print_count(report.removed) << " others were removed";
    }
    std::cout << '\n';
}

}  // namespace turntable_cli
