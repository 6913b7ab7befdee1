#include "tape/lines.hpp"

#include <algorithm>

#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

class PlainFeed final : public Feed {
  public:
    PlainFeed(Source& source, std::uint64_t offset) noexcept : source_(source), offset_(offset) {}

    Result<bool> more(std::string& to) override {
        const std::size_t before = to.size();
        to.resize(before + next_size_);
        const auto read = source_.read(offset_, to.data() + before, next_size_);
        to.resize(before + (read ? *read : 0));
        if (!read) {
            return read.error();
        }
        offset_ += *read;
        next_size_ = std::min<std::size_t>(next_size_ * 2, 256U << 10U);
        return *read > 0;
    }
    std::uint64_t stored_begin() const noexcept override { return offset_; }

  private:
    Source& source_;
    std::uint64_t offset_;
    /// Small at first: whoever seeks looks at one line.
    std::size_t next_size_ = 4096;
};

}  // namespace

std::unique_ptr<Feed> plain_feed(Source& source, std::uint64_t offset) {
    return std::make_unique<PlainFeed>(source, offset);
}

Result<std::optional<std::string_view>> Lines::next() {
    while (true) {
        const std::size_t end = buffer_.find('\n', std::max(searched_, at_));
        if (end != std::string::npos) {
            const auto line = std::string_view(buffer_).substr(at_, end + 1 - at_);
            line_begin_ = begin_ + at_;
            at_ = end + 1;
            return line;
        }
        if (buffer_.size() - at_ > limits::line_bytes_max) {
            return Error(ErrorCode::corrupt, "a line of a tape has at most 256 MiB")
                .with("offset", std::to_string(begin_ + at_));
        }
        // What was given is not needed any more.
        buffer_.erase(0, at_);
        begin_ += std::exchange(at_, 0);
        searched_ = buffer_.size();
        TURNTABLE_TRY(const bool more, feed_->more(buffer_));
        if (!more) {
            return std::optional<std::string_view>();
        }
    }
}

Result<std::string> read_exactly(Source& source, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    TURNTABLE_TRY(const std::size_t read, source.read(offset, bytes.data(), size));
    if (read != size) {
        return Error(ErrorCode::corrupt, "the tape ends too early")
            .with("offset", std::to_string(offset));
    }
    return bytes;
}

namespace {

struct Probe {
    std::uint64_t offset;
    std::uint64_t key;
};

/// The first whole line from `from` on that has a key and begins before `end`.
Result<std::optional<Probe>> probe(Source& source, std::uint64_t from, std::uint64_t end,
                                   const Target& target) {
    // From the byte before: if that is a line feed, a line begins at `from`.
    Lines lines(plain_feed(source, from - 1), from - 1);
    TURNTABLE_TRY(auto line, lines.next());
    while (line) {
        TURNTABLE_TRY(line, lines.next());
        if (!line || lines.offset() >= end) {
            break;
        }
        if (const auto key = target.in(key_of(*line))) {
            return std::optional(Probe{lines.offset(), *key});
        }
    }
    return std::optional<Probe>();
}

}  // namespace

Result<SyncPoint> find_plain(Source& source, const SyncPoint& first, const Target& target) {
    constexpr std::uint64_t near_enough = 64U << 10U;
    std::uint64_t low = first.lines;
    TURNTABLE_TRY(std::uint64_t high, source.size());
    while (high > low && high - low > near_enough) {
        const std::uint64_t middle = low + (high - low) / 2;
        TURNTABLE_TRY(const auto found, probe(source, middle, high, target));
        if (found && found->key < target.value) {
            low = found->offset;
        } else {
            high = middle;
        }
    }
    if (low == first.lines) {
        return first;
    }
    constexpr std::size_t with_line_feed = crc_suffix_bytes + 1;
    TURNTABLE_TRY(const std::string before,
                  read_exactly(source, low - with_line_feed, with_line_feed));
    const auto crc = stored_crc(std::string_view(before).substr(0, crc_suffix_bytes));
    return SyncPoint{low, low, crc.value_or(0)};
}

Result<std::uint64_t> find_last_check(Source& source) {
    constexpr std::string_view marks[] = {"\n{\"kind\":\"check\",", "\n{\"kind\":\"end\","};
    constexpr std::size_t chunk = 64U << 10U;
    // A line feed stands only between lines, so a mark is the beginning of one.
    constexpr std::size_t overlap = 32;
    TURNTABLE_TRY(std::uint64_t end, source.size());
    while (end > 0) {
        const std::uint64_t begin = end > chunk ? end - chunk : 0;
        TURNTABLE_TRY(const std::string bytes,
                      read_exactly(source, begin, static_cast<std::size_t>(end - begin)));
        std::size_t found = std::string::npos;
        for (const std::string_view mark : marks) {
            const std::size_t at = bytes.rfind(mark);
            if (at != std::string::npos && (found == std::string::npos || at > found)) {
                found = at;
            }
        }
        if (found != std::string::npos) {
            return begin + found + 1;
        }
        end = begin == 0 ? 0 : begin + overlap;
    }
    return std::uint64_t{0};
}

}  // namespace turntable::inline v0::tape
