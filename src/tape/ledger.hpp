#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/result.hpp"
#include "turntable/core/sha256.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

/// The bytes of 64 hexadecimal digits.
std::optional<Sha256Digest> parse_digest(std::string_view hex) noexcept;

/// How many bytes a frame has, wherever they are.
std::uint64_t payload_bytes(const Frame& frame) noexcept;

/// What the lines of a tape add up to: counts, and the two sums that go from line to line.
class Ledger {
  public:
    /// Errors: `invalid_argument` for a chain that is none.
    static Result<Ledger> begin(const Segment& segment);

    /// Takes in a line, with its line feed, and the record in it. Behind a check it goes on from
    /// what stands there, so that damage above it is told once.
    void add(std::string_view line, const Record& record);
    void add_frame(std::string_view line, std::uint64_t payload_bytes, TapeTime time);
    void set_crc(std::uint32_t crc) noexcept { crc_ = crc; }

    std::uint32_t crc() const noexcept { return crc_; }
    const Totals& totals() const noexcept { return totals_; }
    Sha256Digest chain() const noexcept { return hash_.digest(); }
    std::uint64_t bytes_since_check() const noexcept { return since_check_; }
    /// The Check, or End, that fits here.
    template <class Counts>
    Counts check(TapeTime time) const {
        Counts counts;
        counts.time = time;
        counts.records = totals_.records;
        counts.frames = totals_.frames;
        counts.bytes = totals_.bytes;
        counts.dropped = totals_.dropped;
        counts.chain = to_hex(chain());
        return counts;
    }
    /// Whether a check says what the lines above it add up to.
    template <class Counts>
    bool agrees(const Counts& counts) const {
        return counts.records == totals_.records && counts.frames == totals_.frames &&
               counts.bytes == totals_.bytes && counts.dropped == totals_.dropped &&
               counts.chain == to_hex(chain());
    }
    /// Goes on from what a check says, without the lines above it. `line` is its own.
    template <class Counts>
    bool begin_at(std::string_view line, const Counts& counts) {
        const auto digest = parse_digest(counts.chain);
        if (!digest) {
            return false;
        }
        totals_ = {counts.records, counts.frames, counts.bytes, counts.dropped,
                   std::max(totals_.time, counts.time)};
        restart(*digest);
        take(line, counts.time);
        since_check_ = 0;
        return true;
    }

  private:
    template <class Counts>
    void go_on_from(std::string_view line, const Counts& counts);
    void take(std::string_view line, TapeTime time);
    void restart(const Sha256Digest& digest);

    Totals totals_;
    Sha256 hash_;
    std::uint64_t since_check_ = 0;
    std::uint32_t crc_ = 0;
};

}  // namespace turntable::inline v0::tape
