#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expectation.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::conformance {

/// How a kind of mutation is called in a failure's text.
std::string_view name_of(MutationKind kind);

/// An atomic write that owns what it refers to.
///
/// Purpose: lets a case say `Write().check(key, stamp).set(key, "x")` in one line.
/// Ownership: owns all bytes; contract() borrows from it.
/// Threads: a value. Errors: none.
class Write {
  public:
    Write() = default;
    Write(Write&&) noexcept = default;
    Write& operator=(Write&&) noexcept = default;
    Write(const Write&) = delete;
    Write& operator=(const Write&) = delete;
    ~Write() = default;

    Write& check(ByteView key, std::optional<Versionstamp> stamp);
    Write& set(ByteView key, ByteView data, ValueEncoding encoding = ValueEncoding::bytes,
               std::int64_t expire_at_ms = never_expires);
    Write& set_until(ByteView key, ByteView data, std::int64_t expire_at_ms) {
        return set(key, data, ValueEncoding::bytes, expire_at_ms);
    }
    Write& remove(ByteView key);
    Write& sum(ByteView key, std::uint64_t operand);
    Write& min(ByteView key, std::uint64_t operand);
    Write& max(ByteView key, std::uint64_t operand);
    Write& mutate(MutationKind kind, ByteView key, ByteView data, ValueEncoding encoding);
    Write& sum_v8(ByteView key, ByteView operand, ByteView low = {}, ByteView high = {},
                  bool clamp = false);
    Write& set_suffixed(ByteView prefix, ByteView data);
    Write& set_expiry(ByteView key, std::int64_t expire_at_ms);
    Write& enqueue(ByteView payload, std::int64_t deadline_ms);
    Write& enqueue(ByteView payload, std::int64_t deadline_ms,
                   const std::vector<std::string>& keys_if_undelivered,
                   std::optional<std::vector<std::uint32_t>> backoff_ms);

    /// The request; valid until the next call on this object.
    AtomicWrite contract() const;
    /// For traces.
    std::string describe() const;
    std::size_t size() const noexcept { return mutations_.size(); }

  private:
    ByteView keep(ByteView bytes);

    // A deque: its elements, and so the views of them, stay where they are.
    std::deque<std::string> text_;
    std::deque<std::vector<ByteView>> keys_;
    std::deque<std::vector<std::uint32_t>> delays_;
    std::vector<Check> checks_;
    std::vector<Mutation> mutations_;
    std::vector<Enqueue> enqueues_;
};

/// An encoded key.
std::string key(std::initializer_list<KeyPart> parts);

/// A counter as stored.
std::string le64(std::uint64_t number);
/// V8 values, written here and not by the codec under test.
std::string v8_number(double number);
std::string v8_int32(std::int32_t number);
std::string v8_bigint(std::int64_t number);
std::string v8_text(std::string_view text);
/// The number in a V8 value: a double, an int32, a uint32, or a bigint of up to 64 bits with an `n`
/// after it; empty for anything else. Forms that mean the same give the same text.
std::string v8_print(ByteView data);

using turntable::conformance::show;
std::string show(ByteView data, ValueEncoding encoding);

}  // namespace turntable::inline v0::kv::conformance
