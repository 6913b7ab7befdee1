#include "turntable/blob/contract.hpp"

#include <algorithm>
#include <string>

namespace turntable::inline v0::blob {

namespace {

Error failed(std::string message, const Metadata& metadata) {
    Error error(ErrorCode::condition_failed, std::move(message));
    if (!metadata.etag.empty()) {
        error.with("etag", metadata.etag);
    }
    return error;
}

/// Times of HTTP have whole seconds, those of ours milliseconds; both compare as given.
bool modified_after(const Metadata& metadata, std::int64_t time_ms) noexcept {
    return metadata.modified_ms > time_ms;
}

}  // namespace

Result<ByteSpan> resolve(const ByteRange& range, std::uint64_t size_bytes) {
    if (range.from_end) {
        const std::uint64_t length = std::min(range.length.value_or(0), size_bytes);
        return ByteSpan{size_bytes - length, length};
    }
    if (range.offset > size_bytes) {
        return Error(ErrorCode::out_of_range, "the range begins beyond the end of the blob")
            .with("offset", std::to_string(range.offset))
            .with("size", std::to_string(size_bytes));
    }
    const std::uint64_t rest = size_bytes - range.offset;
    return ByteSpan{range.offset, std::min(range.length.value_or(rest), rest)};
}

Result<void> check(const Conditions& conditions, const Metadata& metadata) {
    if (!conditions.if_match.empty() && conditions.if_match != "*" &&
        conditions.if_match != metadata.etag) {
        return failed("the blob has another etag than if_match", metadata);
    }
    if (!conditions.if_none_match.empty() &&
        (conditions.if_none_match == "*" || conditions.if_none_match == metadata.etag)) {
        return failed("the blob has the etag of if_none_match", metadata);
    }
    if (conditions.if_modified_since_ms &&
        !modified_after(metadata, *conditions.if_modified_since_ms)) {
        return failed("the blob was not modified since", metadata);
    }
    if (conditions.if_unmodified_since_ms &&
        modified_after(metadata, *conditions.if_unmodified_since_ms)) {
        return failed("the blob was modified since", metadata);
    }
    return {};
}

}  // namespace turntable::inline v0::blob
