#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tape/blocks.hpp"
#include "tape/ledger.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

/// What the beginning of a tape says.
struct Opened {
    Compression compression = Compression::none;
    Head head;
    /// The line after the head.
    SyncPoint first;
};
Result<Opened> open_tape(Source& source);
/// The lines from a place on.
Result<Lines> lines_from(Source& source, Compression compression, const SyncPoint& from);

/// What the last block of a tape says.
struct Tail {
    Head head;
    Compression compression = Compression::none;
    Ledger ledger;
    std::optional<Torn> torn;
    std::optional<std::string> end_reason;
    OpenBlock block;
};
/// Errors: `corrupt` also if a checksum there does not hold.
Result<Tail> read_tail(Source& source);

inline constexpr std::string_view torn_reason =
    "the last record was not written to its end: its writer died, or the file was cut";

/// Says that a checksum does not hold.
Error wrong_checksum(std::uint64_t offset);

}  // namespace turntable::inline v0::tape
