#include "tape/blocks.hpp"
#include "tape/zstd/unpack.hpp"

namespace turntable::inline v0::tape {

namespace {

class ZstdFeed final : public Feed {
  public:
    ZstdFeed(Source& source, std::uint64_t offset)
        : source_(source), unpacker_(make_unpacker()), offset_(offset), frame_begin_(offset) {}

    Result<bool> more(std::string& to) override {
        constexpr std::size_t piece = 128U << 10U;
        const std::size_t before = to.size();
        to.resize(before + piece);
        ZSTD_outBuffer out{to.data() + before, piece, 0};
        const auto done = unpack(out);
        to.resize(before + out.pos);
        if (!done) {
            return done.error();
        }
        return out.pos > 0;
    }
    std::uint64_t stored_begin() const noexcept override { return frame_begin_; }

  private:
    /// Until there is something, or the source ends.
    Result<void> unpack(ZSTD_outBuffer& out) {
        while (out.pos == 0) {
            if (in_.pos == in_.size) {
                TURNTABLE_TRY(const bool more, read());
                if (!more) {
                    return {};
                }
            }
            const std::size_t code = ZSTD_decompressStream(unpacker_.get(), &out, &in_);
            if (ZSTD_isError(code) != 0) {
                return unpack_error(code, offset_ - (in_.size - in_.pos));
            }
            if (code == 0) {
                frame_begin_ = offset_ - (in_.size - in_.pos);
            }
        }
        return {};
    }
    Result<bool> read() {
        constexpr std::size_t chunk = 64U << 10U;
        buffer_.resize(chunk);
        TURNTABLE_TRY(const std::size_t size, source_.read(offset_, buffer_.data(), chunk));
        offset_ += size;
        in_ = {buffer_.data(), size, 0};
        return size > 0;
    }

    Source& source_;
    Unpacker unpacker_;
    std::string buffer_;
    ZSTD_inBuffer in_{nullptr, 0, 0};
    /// Behind what was read.
    std::uint64_t offset_;
    std::uint64_t frame_begin_;
};

}  // namespace

Result<std::unique_ptr<Feed>> zstd_feed(Source& source, std::uint64_t offset) {
    return std::unique_ptr<Feed>(std::make_unique<ZstdFeed>(source, offset));
}

}  // namespace turntable::inline v0::tape
