#include "tape/blocks.hpp"

// What stands for the zstd form in a build without it.
namespace turntable::inline v0::tape {

namespace {

Error no_zstd() {
    return Error(ErrorCode::unsupported,
                 "this build of turntable reads and writes no .tape.zst: build it with "
                 "TURNTABLE_TAPE_ZSTD, or unpack the tape with zstd -d");
}

}  // namespace

Result<std::unique_ptr<BlockWriter>> BlockWriter::create(int, const OpenBlock&, const Ledger&) {
    return no_zstd();
}
Result<std::unique_ptr<Feed>> zstd_feed(Source&, std::uint64_t) { return no_zstd(); }
Result<BlocksEnd> find_blocks_end(Source&) { return no_zstd(); }
Result<std::optional<Footer>> next_footer(Source&, std::uint64_t, std::uint64_t) {
    return no_zstd();
}
Result<std::optional<Footer>> find_footer(Source&, const Target&) { return no_zstd(); }
Result<std::vector<std::pair<std::uint64_t, std::string>>> check_blocks(Source&) {
    return no_zstd();
}

}  // namespace turntable::inline v0::tape
