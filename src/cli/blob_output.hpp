#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/app.hpp"
#include "cli/progress.hpp"
#include "turntable/blob/contract.hpp"
#include "turntable/blob/transfer.hpp"

namespace turntable_cli {

/// A text as it may go to a terminal: what could move the cursor, hide text or turn its direction
/// is written as `\x1b` or `\u202e`, and what is no UTF-8 as its bytes.
std::string shown_text(std::string_view text);
/// The same for a name, in which a backslash becomes two, so that it can be told from others.
std::string shown_name(std::string_view name);

/// A JSON member with a path, exactly; when it is no UTF-8, which JSON needs, another one with
/// `_hex` at the end of its name has the bytes.
std::string json_path_member(std::string_view member, std::string_view path);

/// The members of what lies at a path: path, kind, size_bytes, modified_ms, etag.
std::string json_entry_members(std::string_view path, const turntable::blob::Metadata& metadata);
/// Those that only stat tells: content_type, user.
std::string json_attribute_members(const turntable::blob::Metadata& metadata);

/// Milliseconds since 1970 as `2026-01-31T12:00:00Z`, or a dash where they are not known.
std::string print_moment(std::int64_t ms);

/// "1,234 bytes".
std::string print_bytes(std::uint64_t bytes);
/// "3 files, 1,234 bytes".
std::string print_amount(std::uint64_t files, std::uint64_t bytes);

/// A piece of a blob to the standard output, exactly, and at once.
turntable::Result<void> print_piece(std::string_view bytes);

/// What the verbs that take a while have in common: a bar, a way to stop, what is said at the end.
///
/// Purpose: one look for put, get, cp, mv, sync. Ownership: refers to the app. Threads: one.
/// Errors: printed; one that a signal caused ends the program as such.
class BlobRun {
  public:
    BlobRun(App& app, const std::string& what) : app_(app), progress_(what) {}

    /// What each call of a store is given.
    turntable::CallOptions call() const { return {app_.stop().get_token()}; }
    /// An error once a signal came.
    turntable::Result<void> go_on() const;
    /// How many bytes are expected; 0: not known.
    void expect(std::uint64_t bytes) { total_ = bytes; }
    void add(std::uint64_t bytes);
    turntable::blob::BytesCopied counter() {
        return [this](std::uint64_t bytes) { add(bytes); };
    }
    /// Takes the bar away, before something is printed.
    void clear() { progress_.clear(); }
    /// The same, and tells how long it took.
    std::string finished();
    /// `resumable`: the same command goes on from where it was.
    void fail(const turntable::Error& error, bool resumable = false);

  private:
    App& app_;
    Progress progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace turntable_cli
