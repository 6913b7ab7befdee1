#pragma once

/// \file
/// Blobs from one store to another.
/// Purpose: copy a file or bring a whole directory up to date, between any two engines.
/// Ownership: options borrow for the length of the call. Threads: any.
/// Errors: those of the two stores, with the path; what was copied before stays. A time-out in
/// CallOptions is for each call, a request to stop for all of them.

#include <cstdint>
#include <functional>
#include <string_view>

#include "turntable/blob/store.hpp"
#include "turntable/core/call_options.hpp"

namespace turntable::inline v0::blob {

/// Told how many bytes were copied since it was told last.
using BytesCopied = std::function<void(std::uint64_t)>;

/// Copies a file with its attributes from one store into another, or within one. What the target
/// cannot hold, such as user metadata, is left out. The file is there when it is whole.
TURNTABLE_EXPORT Result<Metadata> copy_file(const Store& from, std::string_view from_path,
                                            const Store& to, std::string_view to_path,
                                            const BytesCopied& copied = nullptr,
                                            const CallOptions& call = {});

/// How two files of one path are found to be the same.
enum class Compare : std::uint8_t {
    size_and_time,  ///< equal sizes, and the target is not older; content where times are unknown
    content,  ///< every byte
};

/// What is done with one path.
enum class SyncAction : std::uint8_t { copy, keep, remove, create_dir };
TURNTABLE_EXPORT std::string_view to_string(SyncAction action) noexcept;

/// One thing that sync does, or would do.
///
/// Purpose: what `on_step` is told before it is done. Ownership: borrows for the call.
/// Threads: a value. Errors: none.
struct SyncStep {
    SyncAction action = SyncAction::keep;
    /// Relative to the directories that are being brought together.
    std::string_view path;
    std::uint64_t size_bytes = 0;
};

/// How directories are brought together.
///
/// Purpose: the argument of sync. Ownership: borrows nothing. Threads: a value. Errors: none.
struct SyncOptions {
    Compare compare = Compare::size_and_time;
    /// Removes from the target what the source does not have.
    bool remove_extra = false;
    /// Only tells what it would do.
    bool dry_run = false;
    std::function<void(const SyncStep&)> on_step = nullptr;
    BytesCopied copied = nullptr;
};

/// What sync did, or would have done.
struct SyncReport {
    std::uint64_t files_copied = 0;
    std::uint64_t bytes_copied = 0;
    std::uint64_t files_kept = 0;
    std::uint64_t files_removed = 0;
    std::uint64_t directories_made = 0;
};

/// Makes a directory of `to` hold what a directory of `from` holds: copies what is missing or
/// differs, keeps what is the same. One that was broken off is resumed by calling it again.
/// Neither directory may lie in the other.
TURNTABLE_EXPORT Result<SyncReport> sync(const Store& from, std::string_view from_directory,
                                         const Store& to, std::string_view to_directory,
                                         const SyncOptions& options = {},
                                         const CallOptions& call = {});

}  // namespace turntable::inline v0::blob
