#include "cli/derived_tape.hpp"

#include "turntable/core/runtime.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Result;

tape::Head derived_head(tape::Head from, const std::string& relation) {
    from.links.push_back({relation, from.id});
    from.id = tape::new_tape_id(*turntable::Runtime::shared());
    return from;
}

Result<tape::Writer> create_tape_file(const std::string& path, const tape::Head& head) {
    const bool packed = path.ends_with(".zst");
    TURNTABLE_TRY(auto sink, tape::FileSink::create(path));
    auto writer = tape::Writer::create(
        std::move(sink), head,
        {.compression = packed ? tape::Compression::zstd : tape::Compression::none,
         .flush_each = false});
    if (!writer) {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    return writer;
}

}  // namespace turntable_cli
