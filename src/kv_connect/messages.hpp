#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/contract.hpp"

/// \file
/// The messages of KV Connect's data path as bytes (protobuf, package com.deno.kv.datapath).
///
/// Purpose: what client and server say to each other, without any input or output; the calls
/// themselves are those of kv/contract.hpp. docs/formats/kv-connect.md has the fields.
/// Ownership: what is decoded borrows from the bytes it was decoded from, except the answers of
/// reads and watches, which own theirs. Threads: values.
/// Errors: `invalid_argument` for a request and `serialization` for an answer that is no such
/// message; the field is named. Sizes and counts are not limited here: see kv/limits.hpp.
namespace turntable::inline v0::kv::connect {

/// How a read or a watch went; the numbers are those of the protocol.
enum class ReadStatus : std::uint8_t { unspecified = 0, success = 1, read_disabled = 2 };

/// How a write went.
enum class WriteStatus : std::uint8_t {
    unspecified = 0,
    success = 1,
    check_failure = 2,
    write_disabled = 5,
};

/// What a decoded write borrows from, beside the message.
///
/// Ownership: `write` has views of the rest; it moves, and is not copied.
struct WriteRequest {
    WriteRequest() = default;
    WriteRequest(WriteRequest&&) = default;
    WriteRequest& operator=(WriteRequest&&) = default;
    WriteRequest(const WriteRequest&) = delete;
    WriteRequest& operator=(const WriteRequest&) = delete;
    ~WriteRequest() = default;

    AtomicWrite view() const noexcept { return {checks, mutations, enqueues}; }

    std::vector<Check> checks = {};
    std::vector<Mutation> mutations = {};
    std::vector<Enqueue> enqueues = {};
    /// Of each message that has some; views reach into these lists, which stay where they are.
    std::vector<std::vector<ByteView>> keys_if_undelivered = {};
    std::vector<std::vector<std::uint32_t>> backoff_ms = {};
};

/// The answer of a read.
struct ReadReply {
    ReadStatus status = ReadStatus::success;
    bool strongly_consistent = true;
    ReadOutput output = {};
};

/// The answer of a write.
struct WriteReply {
    WriteStatus status = WriteStatus::success;
    /// Of a write that succeeded.
    Versionstamp versionstamp = {};
    /// Of one that did not; empty from servers that do not tell.
    std::vector<std::uint32_t> failed_checks = {};
};

/// One step of a watch: how each watched key changed, in their order.
struct WatchReply {
    struct Key {
        bool changed = false;
        /// Of a key that changed; none: it is absent.
        std::optional<Entry> entry = {};
    };
    ReadStatus status = ReadStatus::success;
    std::vector<Key> keys = {};
};

TURNTABLE_EXPORT std::string encode_read(std::span<const ReadRange> ranges);
TURNTABLE_EXPORT Result<std::vector<ReadRange>> decode_read(ByteView message);
TURNTABLE_EXPORT std::string encode_read_output(const ReadOutput& output);
TURNTABLE_EXPORT Result<ReadReply> decode_read_output(ByteView message);

/// `unsupported` for what the protocol has no words for: set_expiry.
TURNTABLE_EXPORT Result<std::string> encode_write(const AtomicWrite& write);
/// Whether a write says what only servers of this library understand: that the first failure of a
/// message is final. Others take an empty schedule for the default one.
TURNTABLE_EXPORT bool needs_our_server(const AtomicWrite& write) noexcept;
TURNTABLE_EXPORT Result<WriteRequest> decode_write(ByteView message);
TURNTABLE_EXPORT std::string encode_write_output(const CommitResult& result);
TURNTABLE_EXPORT Result<WriteReply> decode_write_output(ByteView message);

/// Keys only: ranges cannot be watched over the protocol, which is `unsupported`.
TURNTABLE_EXPORT Result<std::string> encode_watch(std::span<const WatchTarget> targets);
TURNTABLE_EXPORT Result<std::vector<WatchTarget>> decode_watch(ByteView message);
/// `count` is how many keys are watched; those without a change here are said to be unchanged.
TURNTABLE_EXPORT std::string encode_watch_output(const WatchOutput& output, std::size_t count);
TURNTABLE_EXPORT Result<WatchReply> decode_watch_output(ByteView message);

}  // namespace turntable::inline v0::kv::connect
