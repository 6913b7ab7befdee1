#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"

/// \file
/// The records of a tape as values; docs/tape-format.md says what each means in a file.
/// Purpose: what a Writer takes and a Reader gives.
/// Ownership: each owns its texts; the bytes of frames are shared, see Bytes.
/// Threads: values. Errors: none.
namespace turntable::inline v0::tape {

/// Since the tape began.
using TapeTime = std::chrono::nanoseconds;
/// Nanoseconds since 1970 (UTC, no leap seconds).
using WallNanoseconds =
    std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// Who sent a frame.
enum class Direction : std::uint8_t {
    client_to_server,  ///< `c2s`
    server_to_client,  ///< `s2c`
    server_aside,  ///< `err`: what the server says, but not to the client: its standard error
};

/// The text of a direction in a tape: `c2s`, `s2c`, `err`.
TURNTABLE_EXPORT std::string_view to_string(Direction direction) noexcept;
TURNTABLE_EXPORT std::optional<Direction> parse_direction(std::string_view text) noexcept;

/// RFC 3339 in UTC with nanoseconds: `2026-11-22T15:04:05.123456789Z`.
TURNTABLE_EXPORT std::string to_string(WallNanoseconds time);
TURNTABLE_EXPORT std::optional<WallNanoseconds> parse_wall_time(std::string_view text) noexcept;

/// Another tape, and what this one is to it: `copy_of`, `redacted_from`, `probed_by`.
struct Link {
    std::string relation;
    std::string id;
    friend bool operator==(const Link&, const Link&) = default;
};

/// Which part of a tape in several files this is.
struct Segment {
    std::uint64_t number = 1;
    /// The chain of the segment before, 64 hexadecimal digits; empty in the first.
    std::string previous = {};
    /// Frames of all segments before.
    std::uint64_t frames_before = 0;
    friend bool operator==(const Segment&, const Segment&) = default;
};

/// The first record: what the tape is.
struct Head {
    std::string id = {};
    std::string name = {};
    /// The wall time at time zero of the tape, also in later segments.
    WallNanoseconds created = {};
    std::string recorder = {};
    std::string transport = {};
    std::vector<std::string> command = {};
    std::string endpoint = {};
    Segment segment = {};
    std::vector<Link> links = {};
    std::string redaction = {};
    std::vector<std::pair<std::string, std::string>> attributes = {};
    /// Members of a later minor version, as they stand: `"a":1,"b":[]`. Every record has these.
    std::string extra = {};
    friend bool operator==(const Head&, const Head&) = default;
};

/// Bytes in a payload store: the name of a content.
struct PayloadRef {
    /// 64 hexadecimal digits, lower case.
    std::string sha256;
    std::uint64_t size = 0;
    friend bool operator==(const PayloadRef&, const PayloadRef&) = default;
};

/// A piece of a frame: its bytes, or where they are.
struct Part {
    Bytes bytes = {};
    std::optional<PayloadRef> stored = {};
    friend bool operator==(const Part&, const Part&) = default;
};

/// A part of a frame's bytes that stands for others, which were never written.
struct RedactedSpan {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string rule = {};
    friend bool operator==(const RedactedSpan&, const RedactedSpan&) = default;
};

/// What one party sent, byte for byte.
struct Frame {
    /// From 1; a Writer gives it.
    std::uint64_t number = 0;
    TapeTime time{};
    Direction direction = Direction::client_to_server;
    /// The bytes; none if there are parts. A writer may be given Bytes::unowned.
    Bytes payload = {};
    /// Instead of `payload`, where some of it lies in a payload store: see payload.hpp.
    std::vector<Part> parts = {};
    std::uint64_t connection = 0;
    std::uint64_t exchange = 0;
    /// How many bytes it had, if `payload` are only the first of them; else zero.
    std::uint64_t truncated_from = 0;
    std::vector<RedactedSpan> redacted = {};
    std::string extra = {};
    friend bool operator==(const Frame&, const Frame&) = default;
};

/// The frame around frames on HTTP.
struct Http {
    TapeTime time{};
    std::uint64_t exchange = 0;
    std::uint64_t connection = 0;
    /// `open`, `response`, `end` or `abort`.
    std::string phase = {};
    std::string method = {};
    std::string target = {};
    std::uint64_t status = 0;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string extra = {};
    friend bool operator==(const Http&, const Http&) = default;
};

/// What happened to a party: `spawn`, `exit`, `signal`, `eof`, `connect`, `close`, `resumed`, ...
struct Life {
    TapeTime time{};
    std::string event = {};
    std::optional<std::int64_t> code = {};
    std::string text = {};
    std::uint64_t connection = 0;
    std::string extra = {};
    friend bool operator==(const Life&, const Life&) = default;
};

/// Frames that were not recorded.
struct Gap {
    TapeTime time{};
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::string why = {};
    std::string extra = {};
    friend bool operator==(const Gap&, const Gap&) = default;
};

/// What somebody wrote into the tape.
struct Note {
    TapeTime time{};
    std::string text = {};
    /// The frame it is about, or zero.
    std::uint64_t frame = 0;
    std::string extra = {};
    friend bool operator==(const Note&, const Note&) = default;
};

/// Counts of all that is above, and the chain up to here.
struct Check {
    TapeTime time{};
    std::uint64_t records = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t dropped = 0;
    std::string chain = {};
    std::string extra = {};
    friend bool operator==(const Check&, const Check&) = default;
};

/// A check with the reason why nothing follows: `complete`, `stopped`, `rotated`, `limit`, `error`.
struct End {
    TapeTime time{};
    std::uint64_t records = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t dropped = 0;
    std::string reason = {};
    std::string chain = {};
    std::string extra = {};
    friend bool operator==(const End&, const End&) = default;
};

/// A record of a kind that this version does not know.
struct Unknown {
    TapeTime time{};
    std::string kind = {};
    /// All members but `kind`, `t` and `crc`, as they stand.
    std::string extra = {};
    friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Record = std::variant<Head, Frame, Http, Life, Gap, Note, Check, End, Unknown>;

/// When a record was written; zero for a head.
TURNTABLE_EXPORT TapeTime time_of(const Record& record) noexcept;
/// The `kind` of a record.
TURNTABLE_EXPORT std::string_view kind_of(const Record& record) noexcept;

}  // namespace turntable::inline v0::tape
