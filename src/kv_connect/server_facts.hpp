#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/durability.hpp"
#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

/// \file
/// What a server of this library says beside KV Connect, in header fields that other clients pass
/// over: docs/protocol.md has them.
/// Purpose: with it a client knows exactly what the database can do, what an error was, and which
/// write it may make again. Ownership: values. Threads: plain functions. Errors: `serialization`
/// for a field that is none.
namespace turntable::inline v0::kv::connect {

/// In the answer to the metadata exchange: ServerFacts.
inline constexpr std::string_view facts_header = "x-turntable-database";
/// In an answer that is an error: the name of its ErrorCode.
inline constexpr std::string_view error_header = "x-turntable-error";
/// In an atomic_write: WriteKey.
inline constexpr std::string_view write_key_header = "x-turntable-write-key";
/// In the answer to an atomic_write that has a key: what became of the key.
inline constexpr std::string_view write_fate_header = "x-turntable-write";
/// This answer is the only one that the key will ever have.
inline constexpr std::string_view fate_final = "final";
/// The server cannot know whether a write with this key was made before; this call made none.
inline constexpr std::string_view fate_forgotten = "forgotten";

/// 128 bits, which both ends only compare.
struct Id128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend auto operator<=>(const Id128&, const Id128&) = default;
};

/// What a server says of a database: `instance=...; tick=...; checks=100; durability=machine`.
/// A member that is not known is passed over, so that later servers may say more.
struct ServerFacts {
    /// Of this run of the server: what it remembers of writes ends with it.
    Id128 instance = {};
    /// Milliseconds of the server's steady clock when it answered.
    std::uint64_t tick_ms = 0;
    /// Checks that one write may have.
    std::uint32_t checks = 0;
    Durability durability = Durability::none;
    bool read_only = false;
    /// The calls of the queue are served.
    bool queue = false;
    /// As Capabilities has them.
    std::uint32_t stale_reads_ms = 0;
    bool one_snapshot = true;
    bool one_commit = true;

    friend bool operator==(const ServerFacts&, const ServerFacts&) = default;
};
TURNTABLE_EXPORT std::string encode_server_facts(const ServerFacts& facts);
TURNTABLE_EXPORT Result<ServerFacts> decode_server_facts(std::string_view text);

/// Names one write, so that a server makes it once however often it is sent:
/// `INSTANCE-TICK-RANDOM`, in hexadecimal digits.
struct WriteKey {
    /// The run of the server that it is for.
    Id128 instance = {};
    /// The earliest time, by the server's steady clock, at which it can have been sent.
    std::uint64_t tick_ms = 0;
    Id128 random = {};

    friend bool operator==(const WriteKey&, const WriteKey&) = default;
};
TURNTABLE_EXPORT std::string encode_write_key(const WriteKey& key);
TURNTABLE_EXPORT Result<WriteKey> decode_write_key(std::string_view text);

/// The code of that name; none for a name that is not known.
TURNTABLE_EXPORT std::optional<ErrorCode> error_code_from(std::string_view name) noexcept;

}  // namespace turntable::inline v0::kv::connect
