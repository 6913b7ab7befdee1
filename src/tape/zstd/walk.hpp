#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/result.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable::inline v0::tape {

/// Reads a source in order of its bytes, with a piece of it at hand.
class StoredBytes {
  public:
    explicit StoredBytes(Source& source) noexcept : source_(source) {}
    /// Bytes that lie at `offset`: `size` of them, or fewer at the end of the source.
    Result<std::string_view> at(std::uint64_t offset, std::size_t size);

  private:
    Source& source_;
    std::uint64_t begin_ = 0;
    std::string bytes_;
};

/// A piece of the structure of zstd (RFC 8878), found without unpacking anything.
struct StoredPiece {
    enum class Kind : std::uint8_t {
        header,  ///< the beginning of a frame
        block,  ///< a block inside a frame
        last,  ///< the last block of a frame, with the checksum of the frame if it has one
        skipped,  ///< a skippable frame
    };
    Kind kind = Kind::header;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// Goes from piece to piece.
class StoredWalk {
  public:
    StoredWalk(Source& source, std::uint64_t from) noexcept : bytes_(source), at_(from) {}

    /// The next whole piece; nothing where the source ends, in mid-piece or not, or is not zstd.
    Result<std::optional<StoredPiece>> next();
    /// Where the last whole piece ended.
    std::uint64_t at() const noexcept { return at_; }
    bool inside_frame() const noexcept { return inside_; }
    StoredBytes& bytes() noexcept { return bytes_; }

  private:
    Result<std::optional<StoredPiece>> piece(StoredPiece::Kind kind, std::uint64_t size);
    Result<std::optional<StoredPiece>> begin_frame();
    Result<std::optional<StoredPiece>> block();

    StoredBytes bytes_;
    std::uint64_t at_;
    bool inside_ = false;
    bool has_checksum_ = false;
};

}  // namespace turntable::inline v0::tape
