#include "tape/ledger.hpp"

#include <algorithm>

namespace turntable::inline v0::tape {

std::optional<Sha256Digest> parse_digest(std::string_view hex) noexcept {
    Sha256Digest digest{};
    if (hex.size() != 2 * digest.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < hex.size(); ++i) {
        const char c = hex[i];
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) {
            return std::nullopt;
        }
        const int value = digit ? c - '0' : c - 'a' + 10;
        digest[i / 2] = static_cast<unsigned char>(digest[i / 2] * 16 + value);
    }
    return digest;
}

std::uint64_t payload_bytes(const Frame& frame) noexcept {
    std::uint64_t size = frame.payload.size();
    for (const Part& part : frame.parts) {
        size += part.stored ? part.stored->size : part.bytes.size();
    }
    return size;
}

Result<Ledger> Ledger::begin(const Segment& segment) {
    Ledger ledger;
    Sha256Digest before{};
    if (!segment.previous.empty()) {
        const auto digest = parse_digest(segment.previous);
        if (!digest) {
            return Error(ErrorCode::invalid_argument,
                         "the chain of the segment before has 64 hexadecimal digits");
        }
        before = *digest;
    }
    ledger.restart(before);
    ledger.totals_.frames = segment.frames_before;
    return ledger;
}

void Ledger::restart(const Sha256Digest& digest) {
    hash_ = Sha256();
    hash_.update(std::span<const unsigned char>(digest));
    since_check_ = 0;
}

void Ledger::take(std::string_view line, TapeTime time) {
    hash_.update(line);
    since_check_ += line.size();
    ++totals_.records;
    totals_.time = std::max(totals_.time, time);
}

void Ledger::add_frame(std::string_view line, std::uint64_t payload_bytes, TapeTime time) {
    take(line, time);
    ++totals_.frames;
    totals_.bytes += payload_bytes;
}

template <class Counts>
void Ledger::go_on_from(std::string_view line, const Counts& counts) {
    if (!begin_at(line, counts)) {
        restart(chain());
        take(line, counts.time);
        since_check_ = 0;
    }
}

void Ledger::add(std::string_view line, const Record& record) {
    if (const auto* frame = std::get_if<Frame>(&record)) {
        add_frame(line, payload_bytes(*frame), frame->time);
        return;
    }
    if (const auto* check = std::get_if<Check>(&record)) {
        go_on_from(line, *check);
        return;
    }
    if (const auto* end = std::get_if<End>(&record)) {
        go_on_from(line, *end);
        return;
    }
    if (const auto* gap = std::get_if<Gap>(&record)) {
        totals_.dropped += gap->frames;
    }
    take(line, time_of(record));
}

}  // namespace turntable::inline v0::tape
