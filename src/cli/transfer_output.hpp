#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "cli/app.hpp"
#include "cli/progress.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable_cli {

/// What the verbs that move entries have in common: a bar, a way to stop, what is said at the end.
///
/// Purpose: one look for copy, import, restore, export, backup. Ownership: refers to the app.
/// Threads: one. Errors: printed, with what to do next.
class TransferRun {
  public:
    /// `what` stands before the bar: "copying".
    TransferRun(App& app, const std::string& what) : app_(app), progress_(what) {}

    /// Options that show progress here and stop on a signal.
    turntable::kv::TransferOptions options();
    void show(const turntable::kv::TransferProgress& now);
    bool wants_total() const noexcept { return progress_.visible(); }
    /// Takes the bar away and tells how long it was.
    std::string finished();

    /// Tells why it failed; with `resumable` also how to go on.
    void fail(const turntable::Error& error, bool resumable);

  private:
    App& app_;
    Progress progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::uint64_t entries_ = 0;
};

/// What becomes of existing entries, as flags.
struct ExistingFlags {
    bool merge = false;
    bool replace = false;

    void add_to(CLI::App& command);
    turntable::kv::Existing existing() const noexcept;
};

/// Prints what a transfer did: a line such as "copied 42 entries in 3 ms", or a JSON object.
void print_report(const std::string& verb, const turntable::kv::TransferReport& report,
                  const std::string& took, bool json);

/// What the JSON of a report holds, without braces.
std::string report_members(const turntable::kv::TransferReport& report);

}  // namespace turntable_cli
