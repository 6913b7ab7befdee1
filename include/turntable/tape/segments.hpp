#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable::inline v0::tape {

/// Where segment `number` of a tape lies whose first one is the file `first`: `a.tape`, `a.2.tape`,
/// `a.3.tape`, and `a.2.tape.zst`.
TURNTABLE_EXPORT std::string segment_path(std::string_view first, std::uint64_t number);

/// Gives segment `number` of a tape, from 1; `not_found` behind the last.
using OpenSegment = std::function<Result<std::unique_ptr<Source>>(std::uint64_t number)>;

/// Opens the files of segment_path().
TURNTABLE_EXPORT OpenSegment segment_files(std::string first);

/// Reads a tape that lies in several segments as one.
///
/// Purpose: whoever reads does not see where a recorder went on in a next file: later heads and
/// ends that say `rotated` are left out, frames are numbered through.
/// Ownership: owns the segment that it reads. Threads: one at a time.
/// Errors: those of Reader, and `corrupt` for a segment that is not the one that follows.
class TURNTABLE_EXPORT SegmentReader {
  public:
    static Result<SegmentReader> open(OpenSegment segments, const ReaderOptions& options = {});
    static Result<SegmentReader> open_file(const std::string& first,
                                           const ReaderOptions& options = {});
    SegmentReader(SegmentReader&& other) noexcept;
    SegmentReader& operator=(SegmentReader&& other) noexcept;
    ~SegmentReader();

    /// Of the first segment.
    const Head& head() const noexcept;
    /// The next record, or nothing behind the last segment. Asked again there, it sees what has
    /// been appended meanwhile.
    Result<std::optional<Record>> next();
    /// The number of the segment that the last record came from.
    std::uint64_t segment() const noexcept;

  private:
    struct State;
    explicit SegmentReader(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Looks at every segment as verify() does, and at what each says of the one before: its chain, its
/// number and its frames. One report for each; what is wrong between two stands in the later one.
TURNTABLE_EXPORT Result<std::vector<VerifyReport>> verify_segments(const OpenSegment& segments);

}  // namespace turntable::inline v0::tape
