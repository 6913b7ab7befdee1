#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tape/line.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable::inline v0::tape {

/// The bytes of the lines of a tape, one after the other.
class Feed {
  public:
    Feed() = default;
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;
    virtual ~Feed() = default;
    /// Appends more; false at the present end, behind which there may be more later.
    virtual Result<bool> more(std::string& to) = 0;
    /// After an error: from where on in the file what follows is looked for.
    virtual std::uint64_t stored_begin() const noexcept = 0;
};

/// The feed of a `.tape`.
std::unique_ptr<Feed> plain_feed(Source& source, std::uint64_t offset);

/// Cuts a feed into lines.
class Lines {
  public:
    Lines(std::unique_ptr<Feed> feed, std::uint64_t offset)
        : feed_(std::move(feed)), begin_(offset) {}

    /// The next line with its line feed, valid until the next call; nothing at the present end.
    Result<std::optional<std::string_view>> next();
    /// Where the line begins that next() gave last.
    std::uint64_t offset() const noexcept { return line_begin_; }
    /// Where the next line begins.
    std::uint64_t next_offset() const noexcept { return begin_ + at_; }
    std::uint64_t stored_begin() const noexcept { return feed_->stored_begin(); }
    /// After the end: bytes of a line without its line feed.
    std::uint64_t partial() const noexcept { return buffer_.size() - at_; }

  private:
    std::unique_ptr<Feed> feed_;
    std::string buffer_;
    /// Where the buffer begins among the lines, and how much of it was given.
    std::uint64_t begin_;
    std::size_t at_ = 0;
    std::size_t searched_ = 0;
    std::uint64_t line_begin_ = 0;
};

/// A place to seek to: the first line whose number, or time, is at least this.
struct Target {
    bool by_time = false;
    std::uint64_t value = 0;

    std::optional<std::uint64_t> in(const LineKey& key) const noexcept {
        return by_time ? key.time : key.number;
    }
};

/// Where reading can begin: a line, and the checksum of the one before.
struct SyncPoint {
    std::uint64_t stored = 0;
    std::uint64_t lines = 0;
    std::uint32_t crc = 0;
};

/// A start not far before the target, behind `first`.
Result<SyncPoint> find_plain(Source& source, const SyncPoint& first, const Target& target);
/// The start of the last check or end, or of the file.
Result<std::uint64_t> find_last_check(Source& source);

/// Reads exactly `size` bytes; `corrupt` if there are fewer.
Result<std::string> read_exactly(Source& source, std::uint64_t offset, std::size_t size);

}  // namespace turntable::inline v0::tape
