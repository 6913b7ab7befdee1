#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tape/ledger.hpp"
#include "tape/lines.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// The zstd form: blocks, and the footers between them. In a build without zstd all of it is
/// `unsupported`; see without_zstd.cpp.
namespace turntable::inline v0::tape {

inline constexpr std::size_t footer_bytes = 80;

/// What a footer says.
struct Footer {
    std::uint64_t stored_begin = 0;
    std::uint64_t lines_begin = 0;
    std::uint64_t lines_end = 0;
    std::uint64_t frames = 0;
    std::uint64_t time = 0;
    /// Where this footer begins in the file.
    std::uint64_t stored_end = 0;
    std::uint32_t line_crc = 0;
    /// CRC-32C of the bytes of the block, as stored.
    std::uint32_t stored_crc = 0;
};
std::array<char, footer_bytes> footer_text(const Footer& footer);
/// Nothing if these bytes, found at `offset`, are no footer.
std::optional<Footer> parse_footer(std::string_view bytes, std::uint64_t offset);

/// A block that has begun, or where the next one begins.
struct OpenBlock {
    std::uint64_t stored_begin = 0;
    std::uint64_t lines_begin = 0;
    /// Bytes of it that are stored, and their checksum.
    std::uint64_t stored_bytes = 0;
    std::uint32_t stored_crc = 0;
    std::uint64_t lines_bytes = 0;
    /// The last frame of zstd in it was not ended.
    bool inside_frame = false;
};

/// Turns lines into the bytes of a `.tape.zst`.
class BlockWriter {
  public:
    BlockWriter() = default;
    BlockWriter(const BlockWriter&) = delete;
    BlockWriter& operator=(const BlockWriter&) = delete;
    virtual ~BlockWriter() = default;

    /// Goes on at `at`; a block that has begun there is ended first.
    static Result<std::unique_ptr<BlockWriter>> create(int level, const OpenBlock& at,
                                                       const Ledger& before);

    /// Says that a block ends after so many of the bytes that encode() will be given next.
    virtual void end_at(std::size_t size, const Ledger& ledger) = 0;
    /// The stored form of lines, to the last of them; valid until the next call.
    virtual Result<std::string_view> encode(std::string_view lines, const Ledger& after) = 0;
    /// What encode() gave is in the file, or is not.
    virtual void accept() = 0;
    virtual void reject() = 0;
};

/// The lines of a `.tape.zst` from the block on that begins at `offset`.
Result<std::unique_ptr<Feed>> zstd_feed(Source& source, std::uint64_t offset);

/// Where the last footer ends, and what comes then, up to the end of the whole lines.
struct BlocksEnd {
    std::optional<Footer> last;
    OpenBlock open;

    std::uint64_t whole_end() const noexcept { return open.stored_begin + open.stored_bytes; }
    std::uint64_t lines_end() const noexcept { return open.lines_begin + open.lines_bytes; }
};
Result<BlocksEnd> find_blocks_end(Source& source);

/// The first footer that begins at or behind `from`, and before `end`.
Result<std::optional<Footer>> next_footer(Source& source, std::uint64_t from, std::uint64_t end);

/// The last footer before which all keys are below the target; nothing if there is none.
Result<std::optional<Footer>> find_footer(Source& source, const Target& target);

/// What is wrong with the footers and blocks of a file, by place in the file.
Result<std::vector<std::pair<std::uint64_t, std::string>>> check_blocks(Source& source);

}  // namespace turntable::inline v0::tape
