#pragma once

/// \file
/// How the keys and values of a kv::Map are stored; specialise KeyCodec and ValueCodec for types of
/// your own.
/// Purpose: typed keys as key parts, which keeps their order, and typed values as kv::Value, which
/// keeps them readable for other programs. Ownership: plain functions. Threads: any.
/// Errors: `serialization` where stored bytes are not of the type; `invalid_argument` and
/// `limit_exceeded` for what has no encoding.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv {

/// The parts of a stored key, taken one after the other.
///
/// Purpose: what KeyCodec::read reads from. Ownership: owns the parts. Threads: one at a time.
/// Errors: `serialization` when there is no further part, or it is of another kind.
class TURNTABLE_EXPORT KeyReader {
  public:
    explicit KeyReader(std::vector<KeyPart> parts) noexcept : parts_(std::move(parts)) {}

    Result<KeyPart> next();
    Result<std::string> next_text();
    Result<std::string> next_bytes();
    Result<double> next_number();
    Result<bool> next_boolean();
    /// Integers that fit; the bounds are those of the type that is read.
    Result<std::int64_t> next_signed(std::int64_t min, std::int64_t max);
    Result<std::uint64_t> next_unsigned(std::uint64_t max);
    bool at_end() const noexcept { return position_ == parts_.size(); }

  private:
    std::vector<KeyPart> parts_;
    std::size_t position_ = 0;
};

/// How a type becomes key parts; keys order as these parts do. For a type of your own:
///
///     template <>
///     struct turntable::kv::KeyCodec<Point> {
///         static void write(const Point& point, std::vector<KeyPart>& parts) {
///             parts.emplace_back(point.x);
///             parts.emplace_back(point.y);
///         }
///         static Result<Point> read(KeyReader& parts) {
///             TURNTABLE_TRY(const int x, KeyCodec<int>::read(parts));
///             TURNTABLE_TRY(const int y, KeyCodec<int>::read(parts));
///             return Point{x, y};
///         }
///     };
///
/// Two different keys must give different parts. There for text (std::string), bytes (BytesPart),
/// integers, double, bool, and pairs and tuples of such.
template <class T>
struct KeyCodec;

/// A type that can be the key of a kv::Map.
template <class T>
concept MapKey = requires(const T& key, std::vector<KeyPart>& parts, KeyReader& reader) {
    KeyCodec<T>::write(key, parts);
    { KeyCodec<T>::read(reader) } -> std::same_as<Result<T>>;
};

template <>
struct KeyCodec<std::string> {
    static void write(const std::string& key, std::vector<KeyPart>& parts) {
        parts.emplace_back(key);
    }
    static Result<std::string> read(KeyReader& parts) { return parts.next_text(); }
};
template <>
struct KeyCodec<BytesPart> {
    static void write(const BytesPart& key, std::vector<KeyPart>& parts) {
        parts.emplace_back(key);
    }
    static Result<BytesPart> read(KeyReader& parts) {
        TURNTABLE_TRY(std::string bytes, parts.next_bytes());
        return BytesPart{std::move(bytes)};
    }
};
template <detail::NumberLike T>
struct KeyCodec<T> {
    static void write(T key, std::vector<KeyPart>& parts) { parts.emplace_back(key); }
    static Result<T> read(KeyReader& parts) {
        using Bounds = std::numeric_limits<T>;
        if constexpr (std::signed_integral<T>) {
            TURNTABLE_TRY(const std::int64_t key, parts.next_signed(Bounds::min(), Bounds::max()));
            return static_cast<T>(key);
        } else {
            TURNTABLE_TRY(const std::uint64_t key, parts.next_unsigned(Bounds::max()));
            return static_cast<T>(key);
        }
    }
};
template <>
struct KeyCodec<double> {
    static void write(double key, std::vector<KeyPart>& parts) { parts.emplace_back(key); }
    static Result<double> read(KeyReader& parts) { return parts.next_number(); }
};
template <>
struct KeyCodec<bool> {
    static void write(bool key, std::vector<KeyPart>& parts) { parts.emplace_back(key); }
    static Result<bool> read(KeyReader& parts) { return parts.next_boolean(); }
};
template <MapKey A, MapKey B>
struct KeyCodec<std::pair<A, B>> {
    static void write(const std::pair<A, B>& key, std::vector<KeyPart>& parts) {
        KeyCodec<A>::write(key.first, parts);
        KeyCodec<B>::write(key.second, parts);
    }
    static Result<std::pair<A, B>> read(KeyReader& parts) {
        TURNTABLE_TRY(A first, KeyCodec<A>::read(parts));
        TURNTABLE_TRY(B second, KeyCodec<B>::read(parts));
        return std::pair<A, B>(std::move(first), std::move(second));
    }
};
template <MapKey A, MapKey... Rest>
struct KeyCodec<std::tuple<A, Rest...>> {
    static void write(const std::tuple<A, Rest...>& key, std::vector<KeyPart>& parts) {
        std::apply([&](const auto&... part) { (write_part(part, parts), ...); }, key);
    }
    static Result<std::tuple<A, Rest...>> read(KeyReader& parts) {
        TURNTABLE_TRY(A first, KeyCodec<A>::read(parts));
        if constexpr (sizeof...(Rest) == 0) {
            return std::tuple<A>(std::move(first));
        } else {
            TURNTABLE_TRY(std::tuple<Rest...> rest, KeyCodec<std::tuple<Rest...>>::read(parts));
            return std::tuple_cat(std::tuple<A>(std::move(first)), std::move(rest));
        }
    }

  private:
    template <class Part>
    static void write_part(const Part& part, std::vector<KeyPart>& parts) {
        KeyCodec<Part>::write(part, parts);
    }
};

/// How a type becomes a stored value. For a type of your own, specialise it with the two functions.
///
/// Text and Bytes are plain bytes; unsigned integers are counters, on which kv::Database::sum works
/// too; signed integers and doubles are JavaScript bigints and numbers; bool is a JavaScript
/// boolean; kv::Value is itself.
template <class T>
struct ValueCodec;

/// A type that can be the value of a kv::Map.
template <class T>
concept MapValue = std::movable<T> && requires(const T& value, const Value& stored) {
    { ValueCodec<T>::encode(value) } -> std::same_as<Result<Value>>;
    { ValueCodec<T>::decode(stored) } -> std::same_as<Result<T>>;
};

namespace detail {

TURNTABLE_EXPORT Result<Value> encode_signed(std::int64_t number);
TURNTABLE_EXPORT Result<std::int64_t> decode_signed(const Value& stored, std::int64_t min,
                                                    std::int64_t max);
TURNTABLE_EXPORT Result<std::uint64_t> decode_unsigned(const Value& stored, std::uint64_t max);
TURNTABLE_EXPORT Result<Value> encode_number(double number);
TURNTABLE_EXPORT Result<double> decode_number(const Value& stored);
TURNTABLE_EXPORT Result<Value> encode_boolean(bool boolean);
TURNTABLE_EXPORT Result<bool> decode_boolean(const Value& stored);

}  // namespace detail

template <>
struct ValueCodec<Value> {
    static Result<Value> encode(const Value& value) { return value; }
    static Result<Value> decode(const Value& stored) { return stored; }
};
template <>
struct ValueCodec<std::string> {
    static Result<Value> encode(const std::string& value) { return Value(value); }
    static Result<std::string> decode(const Value& stored) {
        TURNTABLE_TRY(const Bytes bytes, stored.as_bytes());
        return bytes.to_string();
    }
};
template <>
struct ValueCodec<Bytes> {
    static Result<Value> encode(const Bytes& value) { return Value::bytes(value); }
    static Result<Bytes> decode(const Value& stored) { return stored.as_bytes(); }
};
template <detail::NumberLike T>
struct ValueCodec<T> {
    static Result<Value> encode(T value) {
        if constexpr (std::signed_integral<T>) {
            return detail::encode_signed(value);
        } else {
            return Value::u64(value);
        }
    }
    static Result<T> decode(const Value& stored) {
        using Bounds = std::numeric_limits<T>;
        if constexpr (std::signed_integral<T>) {
            TURNTABLE_TRY(const std::int64_t number,
                          detail::decode_signed(stored, Bounds::min(), Bounds::max()));
            return static_cast<T>(number);
        } else {
            TURNTABLE_TRY(const std::uint64_t number,
                          detail::decode_unsigned(stored, Bounds::max()));
            return static_cast<T>(number);
        }
    }
};
template <>
struct ValueCodec<double> {
    static Result<Value> encode(double value) { return detail::encode_number(value); }
    static Result<double> decode(const Value& stored) { return detail::decode_number(stored); }
};
template <>
struct ValueCodec<bool> {
    static Result<Value> encode(bool value) { return detail::encode_boolean(value); }
    static Result<bool> decode(const Value& stored) { return detail::decode_boolean(stored); }
};

}  // namespace turntable::inline v0::kv
