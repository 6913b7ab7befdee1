#pragma once

#include <string>

#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "turntable/blob/transfer.hpp"

namespace turntable_cli {

/// How two directories are brought together, and what is printed about it.
struct SyncArguments {
    bool remove = false;
    bool content = false;
    bool dry_run = false;
    bool verbose = false;
    bool json = false;
};

/// Brings what lies in one directory into another and tells what was done. For sync and cp -r.
void bring_together(BlobRun& run, const BlobPlace& from, const std::string& from_directory,
                    const BlobPlace& to, const std::string& to_directory,
                    const SyncArguments& options);

/// Tells of one step on a line: "copy", a tab, the path.
void print_step(std::string_view action, std::string_view path);

/// Tells at the end what was done, or would be. `steps`: of a dry run, as JSON.
void print_sync_report(const turntable::blob::SyncReport& report, const std::string& took,
                       const SyncArguments& options, const std::string& steps);

}  // namespace turntable_cli
