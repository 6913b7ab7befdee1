#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/big_integer.hpp"

namespace turntable::inline v0::kv {

/// A key part that is raw bytes and not text.
///
/// Purpose: says "bytes" where a std::string alone would mean text.
/// Ownership: owns its bytes. Threads: a value. Errors: none.
struct BytesPart {
    std::string bytes;

    auto operator<=>(const BytesPart&) const = default;
};

/// One part of a key: bytes, text, integer, number or boolean.
///
/// Purpose: keys are lists of parts, as in Deno KV. Parts order as their encodings do: bytes <
/// text < integer < number < false < true; text by its UTF-8 bytes, integers and numbers by
/// value, -0 before 0. An integer and a number are different parts even when equal: a C++ integer
/// makes an integer (a bigint in JavaScript), a C++ double makes a number (what JavaScript has
/// for `42`).
/// Ownership: owns its content.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: none here; what cannot be encoded is found by encode_key.
class TURNTABLE_EXPORT KeyPart {
  public:
    using Variant = std::variant<BytesPart, std::string, BigInteger, double, bool>;

    KeyPart(BytesPart bytes) : value_(std::move(bytes)) {}
    KeyPart(std::string text) : value_(std::move(text)) {}
    KeyPart(std::string_view text) : value_(std::string(text)) {}
    KeyPart(const char* text) : value_(std::string(text)) {}
    KeyPart(BigInteger integer) : value_(std::move(integer)) {}
    template <detail::NumberLike T>
    KeyPart(T integer) : value_(BigInteger(integer)) {}
    KeyPart(double number) : value_(number) {}
    /// Only a real bool: a pointer must not turn into `true`.
    template <std::same_as<bool> T>
    KeyPart(T boolean) : value_(boolean) {}

    /// The content, or null when the part is of another kind.
    const std::string* bytes() const noexcept {
        const auto* part = std::get_if<BytesPart>(&value_);
        return part == nullptr ? nullptr : &part->bytes;
    }
    const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }
    const BigInteger* integer() const noexcept { return std::get_if<BigInteger>(&value_); }
    const double* number() const noexcept { return std::get_if<double>(&value_); }
    const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
    /// For std::visit.
    const Variant& variant() const noexcept { return value_; }

    /// The order of the encodings; NaN equals itself.
    std::strong_ordering operator<=>(const KeyPart& other) const noexcept;
    bool operator==(const KeyPart& other) const noexcept { return (*this <=> other) == 0; }

  private:
    Variant value_;
};

/// Appends the encoding of `parts` to `out`; on an error `out` is as before.
/// Errors: invalid_argument for text that is not UTF-8; limit_exceeded for an integer of more
/// than 255 bytes.
TURNTABLE_EXPORT Result<void> encode_key(std::span<const KeyPart> parts, std::string& out);

/// The parts of an encoded key. Only the encoding that encode_key writes is accepted, so that two
/// different byte strings are never the same key. Errors: serialization, with the offset.
TURNTABLE_EXPORT Result<std::vector<KeyPart>> decode_key(ByteView encoded);

/// Whether an encoded key lies in the space that the library keeps for itself: it begins with FF.
constexpr bool is_reserved(ByteView encoded) noexcept {
    return !encoded.empty() && encoded[0] == 0xFF;
}

/// The check that a handle makes on each key that a user names. Errors: invalid_argument for an
/// empty key, a reserved one, and one that was made from parts with no encoding.
TURNTABLE_EXPORT Result<void> check_user_key(ByteView encoded);

/// A key: its encoded bytes.
///
/// Purpose: what names an entry. `Key("config")` has one part of text, `Key{"users", 42}` has
/// two parts; keys order as their parts do, a shorter key before its extensions.
/// Ownership: owns the encoded bytes.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: constructors do not fail: from parts with no encoding (text that is not UTF-8, an
/// integer over 255 bytes) they make a key that is not is_valid() and that every handle refuses
/// with invalid_argument. Use from_parts to get the error at once.
class TURNTABLE_EXPORT Key {
  public:
    /// The key of no parts: as a prefix it means all keys, it names no entry itself.
    Key() noexcept = default;
    Key(std::string_view text);
    Key(const char* text) : Key(std::string_view(text)) {}
    Key(const std::string& text) : Key(std::string_view(text)) {}
    Key(std::nullptr_t) = delete;
    Key(std::initializer_list<KeyPart> parts);

    static Result<Key> from_parts(std::span<const KeyPart> parts);
    /// Takes bytes that are an encoded key. Errors: serialization if they are not.
    static Result<Key> from_encoded(ByteView encoded);
    /// Takes bytes that a store gave as a key, unchecked.
    static Key from_stored(ByteView encoded) {
        Key key;
        key.encoded_ = encoded.to_string();
        return key;
    }

    Result<std::vector<KeyPart>> parts() const { return decode_key(encoded_); }
    ByteView encoded() const noexcept { return encoded_; }
    bool empty() const noexcept { return encoded_.empty(); }
    bool is_valid() const noexcept { return !is_reserved(encoded_); }

    /// This key with one more part: `Key("users").child(42)`, or `users / 42`.
    Key child(const KeyPart& part) const&;
    Key child(const KeyPart& part) &&;
    friend Key operator/(const Key& key, const KeyPart& part) { return key.child(part); }
    friend Key operator/(Key&& key, const KeyPart& part) { return std::move(key).child(part); }

    friend bool operator==(const Key& a, const Key& b) noexcept { return a.encoded_ == b.encoded_; }
    friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
        return a.encoded() <=> b.encoded();
    }

  private:
    void append(std::span<const KeyPart> parts);

    std::string encoded_;
};

/// A key as an argument of a call; never stored, never returned.
///
/// Purpose: lets every function that takes a key be called with a Key, a plain string or a braced
/// list of parts. A plain string of up to 62 bytes is encoded without an allocation.
/// Ownership: borrows a Key, owns the encoding of anything else; lives as long as the call.
/// Threads: used by the calling thread only.
/// Errors: as for Key: a string that is not UTF-8 becomes a key that handles refuse.
class TURNTABLE_EXPORT KeyRef {
  public:
    KeyRef(const Key& key) noexcept : encoded_(key.encoded()) {}
    KeyRef(std::string_view text) { encode_text(text); }
    KeyRef(const char* text) { encode_text(text); }
    KeyRef(const std::string& text) { encode_text(text); }
    KeyRef(std::nullptr_t) = delete;
    KeyRef(std::initializer_list<KeyPart> parts)
        : heap_(Key(parts).encoded().to_string()), encoded_(heap_) {}
    KeyRef(const KeyRef&) = delete;
    KeyRef& operator=(const KeyRef&) = delete;
    ~KeyRef() = default;

    /// Borrows bytes that are an encoded key; they are not checked.
    static KeyRef from_encoded(ByteView encoded) noexcept { return KeyRef(Borrowed{encoded}); }

    ByteView encoded() const noexcept { return encoded_; }

  private:
    struct Borrowed {
        ByteView encoded;
    };
    explicit KeyRef(Borrowed borrowed) noexcept : encoded_(borrowed.encoded) {}
    void encode_text(std::string_view text);

    std::array<char, 64> inline_;
    std::string heap_;
    ByteView encoded_;
};

/// A range of encoded keys: start <= key < end.
///
/// Purpose: what a list reads. Ownership: owns its bounds. Threads: a value. Errors: none.
struct KeyRange {
    std::string start;
    std::string end;

    bool operator==(const KeyRange&) const = default;
};

/// All keys that have the parts of the prefix and at least one more: [P 00, P FF). The prefix
/// itself is not in it; the empty prefix gives every key that a user can name.
TURNTABLE_EXPORT KeyRange prefix_range(ByteView encoded_prefix);

/// All keys whose first part is text that starts with `text`, for programs that use plain strings
/// such as "users:42" as keys. The empty text gives all keys that start with a part of text.
TURNTABLE_EXPORT KeyRange text_prefix_range(std::string_view text);

/// Reads a key as people type it: parts separated by `/`.
///
/// | part | written as |
/// |---|---|
/// | text | a bare word, `users`; or in double quotes with the escapes of JSON, `"a/b"` |
/// | integer | digits and `n`: `42n`, `-7n` |
/// | number | as in JSON: `42`, `1.5`, `-0`, `1e21`; also `NaN`, `-NaN`, `Infinity`, `-Infinity` |
/// | boolean | `true`, `false` |
/// | bytes | `0x` and pairs of hex digits: `0x00ff`; `0x` alone is no bytes |
///
/// A bare word is text unless it reads as another row; it holds no `/`, no `"`, no control
/// character and no space at its ends. Text that would read as something else is quoted: `"42"`,
/// `"true"`, `""`. `007` and `2024-01-01` are no JSON numbers and so are text. A bare word that
/// starts with `0x` must be bytes. The empty line is the key of no parts.
/// Errors: invalid_argument with the position (bytes from 0), also for an integer literal that a
/// number cannot hold exactly, where an `n` was most likely forgotten.
TURNTABLE_EXPORT Result<Key> parse_key(std::string_view text);

/// Writes a key as parse_key reads it; the two are exact inverses for every key. Bytes that are no
/// key give `<not a key: "hex">`, which parse_key refuses.
TURNTABLE_EXPORT std::string print_key(ByteView encoded);

}  // namespace turntable::inline v0::kv

template <>
struct std::hash<turntable::kv::Key> {
    std::size_t operator()(const turntable::kv::Key& key) const noexcept {
        return std::hash<std::string_view>()(key.encoded().text());
    }
};
