#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "turntable/tape/query.hpp"

// A query that is read is right, prints as a query that means the same, at any time, and can be
// evaluated; any other text is an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace turntable;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const WallTime now(std::chrono::milliseconds(1'795'000'000'000));
    const auto criteria = tape::parse_query(text, now);
    if (!criteria) {
        (void)criteria.error().to_string();
        return 0;
    }
    const auto again = tape::parse_query(tape::to_text(*criteria), WallTime());
    if (!tape::check(*criteria) || !again || *again != *criteria) {
        std::abort();
    }
    tape::TapeMetadata metadata;
    metadata.frames = 1;
    metadata.methods = {{"tools/call", 1}};
    const auto found = tape::matches(criteria->where, metadata, {});
    if (!found) {
        std::abort();
    }
    const tape::Verdict verdict = tape::judge(criteria->where, metadata);
    if (verdict != tape::Verdict::unknown && *found != (verdict == tape::Verdict::yes)) {
        std::abort();
    }
    return 0;
}
