#pragma once

#include <zstd.h>

#include <memory>
#include <string>

#include "turntable/core/error.hpp"

namespace turntable::inline v0::tape {

struct FreeUnpacker {
    void operator()(ZSTD_DCtx* unpacker) const noexcept { ZSTD_freeDCtx(unpacker); }
};
using Unpacker = std::unique_ptr<ZSTD_DCtx, FreeUnpacker>;

/// An unpacker that refuses windows which no tape has: one byte could ask for much memory.
inline Unpacker make_unpacker() {
    constexpr int window_log_max = 25;
    Unpacker unpacker(ZSTD_createDCtx());
    ZSTD_DCtx_setParameter(unpacker.get(), ZSTD_d_windowLogMax, window_log_max);
    return unpacker;
}

inline Error unpack_error(std::size_t code, std::uint64_t offset) {
    return Error(ErrorCode::corrupt,
                 std::string("a block of the tape cannot be unpacked: ") + ZSTD_getErrorName(code))
        .with("offset", std::to_string(offset));
}

}  // namespace turntable::inline v0::tape
