#include <algorithm>

#include "tape/blocks.hpp"
#include "tape/zstd/unpack.hpp"
#include "tape/zstd/walk.hpp"
#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::tape {

namespace {

/// The last footer of a file, from its end.
Result<std::optional<Footer>> last_footer(Source& source) {
    constexpr std::uint64_t step = 256U << 10U;
    TURNTABLE_TRY(const std::uint64_t size, source.size());
    std::uint64_t end = size;
    while (end > 0) {
        const std::uint64_t begin = end > step ? end - step : 0;
        std::optional<Footer> last;
        std::uint64_t from = begin;
        while (true) {
            TURNTABLE_TRY(auto footer, next_footer(source, from, end));
            if (!footer) {
                break;
            }
            from = footer->stored_end + footer_bytes;
            last = footer;
        }
        if (last) {
            return last;
        }
        end = begin;
    }
    return std::optional<Footer>();
}

/// Unpacks piece by piece, and counts what comes out.
class Counter {
  public:
    Counter() : unpacker_(make_unpacker()), out_(ZSTD_DStreamOutSize(), '\0') {}

    /// False if the bytes cannot be unpacked.
    bool take(std::string_view bytes) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::size_t filled = 0;
        do {
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            if (ZSTD_isError(ZSTD_decompressStream(unpacker_.get(), &out, &in)) != 0) {
                return false;
            }
            filled = out.pos;
            size_ += filled;
            last_ = filled > 0 ? out_[filled - 1] : last_;
        } while (in.pos < in.size || filled == out_.size());
        return true;
    }
    std::uint64_t size() const noexcept { return size_; }
    bool ends_a_line() const noexcept { return last_ == '\n'; }

  private:
    Unpacker unpacker_;
    std::string out_;
    std::uint64_t size_ = 0;
    char last_ = '\n';
};

}  // namespace

Result<BlocksEnd> find_blocks_end(Source& source) {
    BlocksEnd end;
    TURNTABLE_TRY(end.last, last_footer(source));
    if (end.last) {
        end.open.stored_begin = end.last->stored_end + footer_bytes;
        end.open.lines_begin = end.last->lines_end;
    }
    StoredWalk walk(source, end.open.stored_begin);
    Counter counter;
    OpenBlock so_far = end.open;
    while (true) {
        TURNTABLE_TRY(const auto piece, walk.next());
        if (!piece) {
            return end;
        }
        TURNTABLE_TRY(
            const std::string_view bytes,
            walk.bytes().at(piece->begin, static_cast<std::size_t>(piece->end - piece->begin)));
        if (!counter.take(bytes)) {
            return end;
        }
        so_far.stored_bytes = piece->end - so_far.stored_begin;
        so_far.stored_crc = crc32c(so_far.stored_crc, bytes);
        so_far.lines_bytes = counter.size();
        so_far.inside_frame = walk.inside_frame();
        if (counter.ends_a_line()) {
            end.open = so_far;
        }
    }
}

Result<std::vector<std::pair<std::uint64_t, std::string>>> check_blocks(Source& source) {
    std::vector<std::pair<std::uint64_t, std::string>> wrong;
    StoredWalk walk(source, 0);
    OpenBlock block;
    while (true) {
        TURNTABLE_TRY(const auto piece, walk.next());
        if (!piece) {
            break;
        }
        TURNTABLE_TRY(
            const std::string_view bytes,
            walk.bytes().at(piece->begin, static_cast<std::size_t>(piece->end - piece->begin)));
        if (piece->kind != StoredPiece::Kind::skipped) {
            block.stored_crc = crc32c(block.stored_crc, bytes);
            continue;
        }
        const auto footer = parse_footer(bytes, piece->begin);
        if (!footer || footer->stored_begin != block.stored_begin ||
            footer->lines_begin != block.lines_begin) {
            wrong.emplace_back(piece->begin, "the footer of a block is damaged");
        } else if (footer->stored_crc != block.stored_crc) {
            wrong.emplace_back(block.stored_begin, "a block was changed");
        }
        block.stored_begin = piece->end;
        block.lines_begin = footer ? footer->lines_end : block.lines_begin;
        block.stored_crc = 0;
    }
    TURNTABLE_TRY(const auto last, last_footer(source));
    if (last && last->stored_end >= walk.at()) {
        wrong.emplace_back(walk.at(), "the blocks break off before the end of the file");
    }
    return wrong;
}

}  // namespace turntable::inline v0::tape
