#pragma once

#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::detail {

/// What is stored of a row under a reserved key, which itself holds the time and the id: a byte 1
/// (the format), the count of backoff steps and each of them, the count of keys and each with its
/// size, then the payload. All numbers are 4 bytes, little-endian.
Bytes encode_queue_row(const QueueRow& row);
Result<QueueRow> decode_queue_row(std::int64_t time_ms, ByteView id, ByteView stored);

}  // namespace turntable::inline v0::kv::detail
