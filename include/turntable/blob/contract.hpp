#pragma once

/// \file
/// The values of the blob contract.
/// Purpose: what calls take and give. Ownership: options borrow what they name, for the length of
/// the call; answers own. Threads: values. Errors: see blob/backend.hpp.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::blob {

/// What a path names.
enum class EntryKind : std::uint8_t { file, directory };

/// Names and values that a user attaches to a blob. Names are lower case: a-z, 0-9, `-`, `_`, `.`.
using UserMetadata = std::vector<std::pair<std::string, std::string>>;

/// What a store knows of one blob.
///
/// Purpose: the answer of stat and write. Ownership: owns its texts. Threads: a value.
/// Errors: none; what the backend cannot tell is empty, as its capabilities say.
struct Metadata {
    EntryKind kind = EntryKind::file;
    std::uint64_t size_bytes = 0;
    /// Differs whenever the content does; compared as it is, without quotes.
    std::string etag = {};
    /// Milliseconds since 1970, UTC; 0: unknown.
    std::int64_t modified_ms = 0;
    std::string content_type = {};
    /// Ordered by name.
    UserMetadata user = {};
};

/// One item of a listing.
///
/// Purpose: name and metadata. Ownership: owns its texts. Threads: a value. Errors: none.
struct Entry {
    /// From the root of the store; directories end with a slash.
    std::string path;
    /// Without ListOptions::metadata only `kind` can be relied on; `user` may be empty either way.
    Metadata metadata;
};

/// Which bytes of a blob: all of them, from an offset, a number of them, or the last ones.
///
/// Purpose: `{}`, `{.offset = 10}`, `{.offset = 10, .length = 5}`, `ByteRange::suffix(5)`.
/// Ownership, threads: a value.
/// Errors: an offset beyond the end is `out_of_range`; a length beyond it gives what is there.
struct ByteRange {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length = {};
    bool from_end = false;

    static constexpr ByteRange suffix(std::uint64_t bytes) noexcept { return {0, bytes, true}; }
};

/// A range that was laid over a blob of known size.
struct ByteSpan {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};
TURNTABLE_EXPORT Result<ByteSpan> resolve(const ByteRange& range, std::uint64_t size_bytes);

/// Under which circumstances a stat or read goes on.
///
/// Purpose: caches, and reading one version only. Ownership: borrows. Threads: a value.
/// Errors: `condition_failed` when one does not hold, `unsupported` where not declared.
struct Conditions {
    /// The blob has this etag; `*`: any.
    std::string_view if_match = {};
    /// It does not have this etag.
    std::string_view if_none_match = {};
    std::optional<std::int64_t> if_modified_since_ms = {};
    std::optional<std::int64_t> if_unmodified_since_ms = {};

    bool empty() const noexcept {
        return if_match.empty() && if_none_match.empty() && !if_modified_since_ms &&
               !if_unmodified_since_ms;
    }
};
/// For backends: whether the blob as it is satisfies the conditions.
TURNTABLE_EXPORT Result<void> check(const Conditions& conditions, const Metadata& metadata);

/// How a blob is written.
///
/// Purpose: conditions and attributes. Ownership: borrows. Threads: a value.
/// Errors: `already_exists`, `condition_failed`, and `unsupported` where not declared.
struct WriteOptions {
    /// Only if nothing is there: of several that try at once, one succeeds.
    bool if_not_exists = false;
    /// Only over the version with this etag; `*`: over any, but not if nothing is there.
    std::string_view if_match = {};
    /// At the end of what is there instead of in its place. Attributes are kept.
    bool append = false;
    std::string_view content_type = {};
    std::span<const std::pair<std::string, std::string>> user = {};
};

/// How a blob is removed. Ownership: borrows. `if_match` as in WriteOptions.
struct RemoveOptions {
    std::string_view if_match = {};
};

/// How a blob is copied. Ownership: borrows.
struct CopyOptions {
    bool if_not_exists = false;
    /// The source has this etag.
    std::string_view if_match = {};
};

/// How a blob is renamed.
struct RenameOptions {
    bool if_not_exists = false;
};

/// What a listing gives.
///
/// Purpose: one level or all, from where, how many. Ownership: borrows. Threads: a value.
/// Errors: none of its own.
struct ListOptions {
    /// Everything below, not only what lies directly in the directory.
    bool recursive = false;
    /// Only what comes after this path in byte order, whether or not it is there.
    std::string_view start_after = {};
    std::optional<std::uint64_t> limit = {};
    /// Size, etag and times of each; without it a backend may spare a call for each.
    bool metadata = true;
};

static_assert(std::is_trivially_destructible_v<Conditions> &&
              std::is_trivially_destructible_v<WriteOptions> &&
              std::is_trivially_destructible_v<RemoveOptions> &&
              std::is_trivially_destructible_v<CopyOptions> &&
              std::is_trivially_destructible_v<ListOptions>);

}  // namespace turntable::inline v0::blob
