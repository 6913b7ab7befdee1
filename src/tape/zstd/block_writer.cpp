#include <zstd.h>

#include <algorithm>

#include "tape/blocks.hpp"
#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::tape {

namespace {

struct FreePacker {
    void operator()(ZSTD_CCtx* packer) const noexcept { ZSTD_freeCCtx(packer); }
};

/// What a footer says beside its block.
struct Facts {
    std::uint64_t frames = 0;
    std::uint64_t time = 0;
    std::uint32_t crc = 0;
};

Facts facts_of(const Ledger& ledger) {
    return {ledger.totals().frames, static_cast<std::uint64_t>(ledger.totals().time.count()),
            ledger.crc()};
}

class ZstdBlockWriter final : public BlockWriter {
  public:
    ZstdBlockWriter(int level, const OpenBlock& at, const Ledger& before)
        : packer_(ZSTD_createCCtx()),
          block_(at),
          facts_(facts_of(before)),
          broken_(at.stored_bytes > 0) {
        // A recording keeps a packer while it lasts: tables for 650 KiB, where the level by itself
        // takes several times that. Lines repeat what stands near.
        set(ZSTD_c_compressionLevel, level);
        set(ZSTD_c_windowLog, 16);
        set(ZSTD_c_hashLog, 15);
        set(ZSTD_c_chainLog, 15);
        set(ZSTD_c_contentSizeFlag, 0);
    }
    bool valid() const noexcept { return valid_; }

    void end_at(std::size_t size, const Ledger& ledger) override {
        ends_.emplace_back(size, facts_of(ledger));
    }

    Result<std::string_view> encode(std::string_view lines, const Ledger& after) override {
        out_.clear();
        now_ = block_;
        after_ = facts_of(after);
        if (broken_) {
            ZSTD_CCtx_reset(packer_.get(), ZSTD_reset_session_only);
            if (now_.stored_bytes > 0) {
                end_by_hand();
            }
        }
        std::size_t from = 0;
        for (const auto& [size, facts] : ends_) {
            TURNTABLE_CHECK(pack_lines(lines.substr(from, size - from)));
            TURNTABLE_CHECK(pack({}, ZSTD_e_end));
            put_footer(facts);
            from = size;
        }
        TURNTABLE_CHECK(pack_lines(lines.substr(from)));
        return std::string_view(out_);
    }
    void accept() override {
        block_ = now_;
        facts_ = after_;
        broken_ = false;
        ends_.clear();
        constexpr std::size_t kept = 256U << 10U;
        if (out_.capacity() > kept) {
            std::string().swap(out_);  // assigning an empty one would keep the memory
        }
    }
    void reject() override {
        // The packer refers to lines that are not there.
        broken_ = true;
        ends_.clear();
    }

  private:
    void set(ZSTD_cParameter parameter, int value) {
        valid_ =
            valid_ && ZSTD_isError(ZSTD_CCtx_setParameter(packer_.get(), parameter, value)) == 0;
    }
    /// Flushes at ends of lines, so often that a block of zstd holds the end of a line unless it
    /// is a part of one long line.
    Result<void> pack_lines(std::string_view lines) {
        constexpr std::size_t piece_bytes = 64U << 10U;
        while (!lines.empty()) {
            std::size_t size = lines.size();
            if (size > piece_bytes) {
                const std::size_t last = lines.rfind('\n', piece_bytes - 1);
                size = (last != std::string_view::npos ? last : lines.find('\n')) + 1;
            }
            TURNTABLE_CHECK(pack(lines.substr(0, size), ZSTD_e_flush));
            now_.lines_bytes += size;
            lines.remove_prefix(size);
        }
        return {};
    }
    Result<void> pack(std::string_view bytes, ZSTD_EndDirective how) {
        const std::size_t begin = out_.size();
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::size_t left = 0;
        do {
            const std::size_t before = out_.size();
            out_.resize(before + ZSTD_compressBound(in.size - in.pos) + 64);
            ZSTD_outBuffer out{out_.data() + before, out_.size() - before, 0};
            left = ZSTD_compressStream2(packer_.get(), &out, &in, how);
            out_.resize(before + out.pos);
            if (ZSTD_isError(left) != 0) {
                return Error(ErrorCode::backend,
                             std::string("zstd cannot pack: ") + ZSTD_getErrorName(left));
            }
        } while (left != 0);
        count(begin);
        now_.inside_frame = how != ZSTD_e_end;
        return {};
    }
    void count(std::size_t begin) {
        const auto bytes = std::string_view(out_).substr(begin);
        now_.stored_bytes += bytes.size();
        now_.stored_crc = crc32c(now_.stored_crc, bytes);
    }
    /// Ends a block that was packed by somebody else, or by a packer that has gone on since.
    void end_by_hand() {
        if (now_.inside_frame) {
            constexpr std::string_view empty_last_block("\x01\x00\x00", 3);
            const std::size_t begin = out_.size();
            out_ += empty_last_block;
            count(begin);
        }
        put_footer(facts_);
    }
    void put_footer(const Facts& facts) {
        Footer footer;
        footer.stored_begin = now_.stored_begin;
        footer.lines_begin = now_.lines_begin;
        footer.lines_end = now_.lines_begin + now_.lines_bytes;
        footer.frames = facts.frames;
        footer.time = facts.time;
        footer.stored_end = now_.stored_begin + now_.stored_bytes;
        footer.line_crc = facts.crc;
        footer.stored_crc = now_.stored_crc;
        const auto text = footer_text(footer);
        out_.append(text.data(), text.size());
        now_ = OpenBlock();
        now_.stored_begin = footer.stored_end + footer_bytes;
        now_.lines_begin = footer.lines_end;
    }

    std::unique_ptr<ZSTD_CCtx, FreePacker> packer_;
    /// As it is in the file, and with what encode() gave last.
    OpenBlock block_;
    OpenBlock now_;
    Facts facts_;
    Facts after_;
    bool broken_;
    bool valid_ = true;
    std::vector<std::pair<std::size_t, Facts>> ends_;
    std::string out_;
};

}  // namespace

Result<std::unique_ptr<BlockWriter>> BlockWriter::create(int level, const OpenBlock& at,
                                                         const Ledger& before) {
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel()) {
        return Error(ErrorCode::invalid_argument, "zstd has levels from " +
                                                      std::to_string(ZSTD_minCLevel()) + " to " +
                                                      std::to_string(ZSTD_maxCLevel()))
            .with("zstd_level", std::to_string(level));
    }
    auto writer = std::make_unique<ZstdBlockWriter>(level, at, before);
    if (!writer->valid()) {
        return Error(ErrorCode::backend, "zstd does not take the settings of a tape");
    }
    return std::unique_ptr<BlockWriter>(std::move(writer));
}

}  // namespace turntable::inline v0::tape
