#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/value_encoding.hpp"

namespace turntable::inline v0::kv {

class JsValue;

/// The name of an encoding as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(ValueEncoding encoding) noexcept;

/// The encoding with this number, as read from a file or a message. Errors: serialization.
TURNTABLE_EXPORT Result<ValueEncoding> value_encoding_from(std::int64_t number);

/// What is stored under a key: bytes and how to read them.
///
/// Purpose: a plain string is a value (stored as plain bytes), and so is a counter or a
/// JavaScript value; the store itself looks inside only for sum, min and max.
/// Ownership: shares its buffer with its copies, see Bytes.
/// Threads: as for Bytes.
/// Errors: an accessor of another kind gives type_mismatch, bytes that do not decode
/// serialization.
class [[nodiscard]] TURNTABLE_EXPORT Value {
  public:
    /// Plain bytes, none.
    Value() noexcept = default;
    Value(std::string_view text) : Value(Bytes::copy(text), ValueEncoding::bytes) {}
    Value(const char* text) : Value(std::string_view(text)) {}
    Value(const std::string& text) : Value(std::string_view(text)) {}
    Value(std::string&& text) : Value(Bytes::take(std::move(text)), ValueEncoding::bytes) {}
    Value(std::nullptr_t) = delete;
    /// From stored parts, unchecked.
    Value(Bytes data, ValueEncoding encoding) noexcept
        : data_(std::move(data)), encoding_(encoding) {}

    static Value bytes(Bytes data) noexcept { return {std::move(data), ValueEncoding::bytes}; }
    static Value bytes(ByteView data) { return bytes(Bytes::copy(data)); }
    /// A counter, which sum, min and max work on.
    static Value u64(std::uint64_t number);
    /// Bytes that V8 (or encode_v8) has written, unchecked.
    static Value v8(Bytes serialized) noexcept {
        return {std::move(serialized), ValueEncoding::v8};
    }
    /// A JavaScript value, serialised. Errors: as for encode_v8.
    static Result<Value> js(const JsValue& value);

    const Bytes& data() const noexcept { return data_; }
    ValueEncoding encoding() const noexcept { return encoding_; }

    /// Plain bytes as they are.
    Result<Bytes> as_bytes() const;
    /// Plain bytes as they are, or a JavaScript string as UTF-8; half a surrogate pair in the
    /// latter is a serialization error.
    Result<std::string> as_text() const;
    Result<std::uint64_t> as_u64() const;
    /// A JavaScript value, deserialised; include turntable/kv/js_value.hpp to use it.
    Result<JsValue> as_js() const;

    /// The same encoding and the same bytes.
    friend bool operator==(const Value& a, const Value& b) noexcept = default;

  private:
    Bytes data_;
    ValueEncoding encoding_ = ValueEncoding::bytes;
};

/// A value as an argument of a call; never stored, never returned.
///
/// Purpose: lets every function that takes a value be called with a Value or a plain string, and
/// never allocates.
/// Ownership: borrows; the source must live as long as the call.
/// Threads: a value. Errors: none.
struct ValueRef {
    ByteView data;
    ValueEncoding encoding = ValueEncoding::bytes;

    ValueRef(const Value& value) noexcept : data(value.data()), encoding(value.encoding()) {}
    ValueRef(std::string_view text) noexcept : data(text) {}
    ValueRef(const char* text) noexcept : data(text) {}
    ValueRef(const std::string& text) noexcept : data(text) {}
    ValueRef(const Bytes& bytes) noexcept : data(bytes) {}
    ValueRef(std::nullptr_t) = delete;
    ValueRef(ByteView stored, ValueEncoding how) noexcept : data(stored), encoding(how) {}
};

}  // namespace turntable::inline v0::kv
