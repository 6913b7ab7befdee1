#include "turntable/tape/payload.hpp"

#include "tape/json_scan.hpp"
#include "tape/ledger.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

PayloadStore::~PayloadStore() = default;

PayloadRef payload_ref(ByteView bytes) { return {to_hex(Sha256::of(bytes)), bytes.size()}; }

namespace {

struct Span {
    std::size_t begin;
    std::size_t size;
};

/// The long texts of a JSON value, without their quotes.
void find_texts(std::string_view json, std::size_t offset, std::uint64_t least_bytes,
                std::vector<Span>& found) {
    JsonWalk walk(json, limits::json_depth_max);
    while (walk.next()) {
        const std::string_view value = walk.value();
        if (value.size() < least_bytes) {
            continue;
        }
        const std::size_t begin = offset + walk.value_begin();
        if (value.starts_with('"')) {
            if (value.size() - 2 >= least_bytes) {
                found.push_back({begin + 1, value.size() - 2});
            }
        } else {
            find_texts(value, begin, least_bytes, found);
        }
    }
}

std::vector<Span> long_texts(std::string_view payload, std::uint64_t least_bytes) {
    std::vector<Span> found;
    if (json_value_end(payload, 0, limits::json_depth_max) != std::string_view::npos &&
        (payload.starts_with('{') || payload.starts_with('['))) {
        find_texts(payload, 0, least_bytes, found);
    } else {
        found.push_back({0, payload.size()});
    }
    return found;
}

}  // namespace

Result<void> store_payload(Frame& frame, PayloadStore& store, std::uint64_t least_bytes) {
    if (!frame.parts.empty() || frame.payload.empty() || frame.payload.size() < least_bytes) {
        return {};
    }
    std::vector<Part> parts;
    std::size_t at = 0;
    for (const Span& span : long_texts(frame.payload.text(), least_bytes)) {
        if (span.begin > at) {
            parts.push_back({frame.payload.slice(at, span.begin - at), {}});
        }
        const ByteView bytes = frame.payload.view().substr(span.begin, span.size);
        PayloadRef name = payload_ref(bytes);
        TURNTABLE_CHECK(store.put(name, bytes));
        parts.push_back({{}, std::move(name)});
        at = span.begin + span.size;
    }
    if (parts.empty()) {
        return {};
    }
    if (at < frame.payload.size()) {
        parts.push_back({frame.payload.slice(at), {}});
    }
    frame.parts = std::move(parts);
    frame.payload = Bytes();
    return {};
}

Result<void> load_payload(Frame& frame, PayloadStore& store) {
    if (frame.parts.empty()) {
        return {};
    }
    if (payload_bytes(frame) > limits::frame_bytes_max) {
        return Error(ErrorCode::limit_exceeded, "a frame has at most 32 MiB");
    }
    std::string payload;
    for (const Part& part : frame.parts) {
        if (!part.stored) {
            payload += part.bytes.text();
            continue;
        }
        TURNTABLE_TRY(const Bytes bytes, store.get(*part.stored));
        if (payload_ref(bytes) != *part.stored) {
            return Error(ErrorCode::corrupt,
                         "the payload store gives other bytes than those of this name")
                .with("sha256", part.stored->sha256);
        }
        payload += bytes.text();
    }
    frame.payload = Bytes::take(std::move(payload));
    frame.parts.clear();
    return {};
}

}  // namespace turntable::inline v0::tape
