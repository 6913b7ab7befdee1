#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/big_integer.hpp"

namespace turntable::inline v0::kv {

struct JsObject;
struct JsArray;
struct JsMap;
struct JsSet;
struct JsDate;
struct JsRegExp;
struct JsError;
struct JsArrayBuffer;
struct JsView;
struct JsBoxed;
struct JsNode;

namespace detail {
template <class T, class... Kinds>
concept OneOf = (std::same_as<T, Kinds> || ...);
/// What a JavaScript value with an identity can be.
template <class T>
concept JsContent = OneOf<T, JsObject, JsArray, JsMap, JsSet, JsDate, JsRegExp, JsError,
                          JsArrayBuffer, JsView, JsBoxed>;
}  // namespace detail

/// The deepest nesting of values that decode_v8, encode_v8 and the JSON conversions follow; the
/// outermost value is level 1.
inline constexpr std::size_t max_js_depth = 512;

/// A JavaScript value as V8 serialises it.
///
/// Purpose: reads and makes the values that JavaScript programs keep in the store. Primitives are
/// held directly; what has an identity in JavaScript (object, array, Map ...) is a JsNode, and
/// two values that share a node are the same object, so that repeated references survive. All
/// numbers are doubles, as in JavaScript. Text is UTF-8, with half surrogate pairs, which
/// JavaScript strings may hold, as three bytes each (WTF-8).
/// Ownership: values share their nodes. A value inside an object that refers to an enclosing
/// object is a back reference, which keeps nothing alive, so that cycles do not leak: keep the
/// root for as long as you follow them.
/// Threads: distinct trees are safe on distinct threads; nodes are shared without a lock.
/// Errors: none here; what has no serialised form is found by encode_v8.
class TURNTABLE_EXPORT JsValue {
  public:
    struct Undefined {};
    struct Null {};
    struct Hole {};

    /// undefined
    JsValue() noexcept = default;
    JsValue(std::nullptr_t) noexcept : value_(Null{}) {}
    template <std::same_as<bool> T>
    JsValue(T boolean) noexcept : value_(boolean) {}
    JsValue(double number) noexcept : value_(number) {}
    template <detail::NumberLike T>
        requires(sizeof(T) <= sizeof(std::int32_t))
    JsValue(T number) noexcept : value_(static_cast<double>(number)) {}
    /// A number cannot hold every 64-bit integer: pass a double or a BigInteger.
    template <detail::NumberLike T>
        requires(sizeof(T) > sizeof(std::int32_t))
    JsValue(T) = delete;
    JsValue(BigInteger integer) noexcept : value_(std::move(integer)) {}
    JsValue(std::string text) noexcept : value_(std::move(text)) {}
    JsValue(std::string_view text) : value_(std::string(text)) {}
    JsValue(const char* text) : value_(std::string(text)) {}
    /// A new object of this content.
    template <detail::JsContent T>
    JsValue(T content);
    /// The same object once more; a null pointer makes undefined.
    JsValue(std::shared_ptr<JsNode> node);
    /// An element of an array that is not there.
    static JsValue hole() noexcept;
    /// A reference from inside `node` to `node` itself.
    static JsValue back_reference(const std::shared_ptr<JsNode>& node) noexcept;

    bool is_undefined() const noexcept { return std::holds_alternative<Undefined>(value_); }
    bool is_null() const noexcept { return std::holds_alternative<Null>(value_); }
    bool is_hole() const noexcept { return std::holds_alternative<Hole>(value_); }
    /// The content, or null when the value is of another kind.
    const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
    const double* number() const noexcept { return std::get_if<double>(&value_); }
    const BigInteger* big_integer() const noexcept { return std::get_if<BigInteger>(&value_); }
    const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }
    /// The object, or null for a primitive (and for a back reference that outlived its object).
    std::shared_ptr<JsNode> node() const noexcept;
    bool is_back_reference() const noexcept {
        return std::holds_alternative<std::weak_ptr<JsNode>>(value_);
    }
    /// The content if the value is an object of this kind, or null: `value.as<JsArray>()`.
    template <detail::JsContent T>
    T* as() const noexcept;

  private:
    friend struct JsNode;
    std::variant<Undefined, Null, Hole, bool, double, BigInteger, std::string,
                 std::shared_ptr<JsNode>, std::weak_ptr<JsNode>>
        value_;
};

/// A property: its name and its value. Integer names such as "7" are array indexes.
using JsProperty = std::pair<std::string, JsValue>;

/// A plain object; properties keep their order.
struct JsObject {
    std::vector<JsProperty> properties;

    /// The value of the first property of this name, or null.
    const JsValue* find(std::string_view name) const noexcept {
        for (const JsProperty& property : properties) {
            if (property.first == name) {
                return &property.second;
            }
        }
        return nullptr;
    }
};

/// An array. `elements` are those from 0 on, with holes; a sparse array has a larger `length` and
/// its further elements, named by their index, among the properties.
struct JsArray {
    std::vector<JsValue> elements;
    std::vector<JsProperty> properties;
    /// Only when it is larger than the count of `elements`.
    std::uint32_t length = 0;
};

/// A Map; keys may be of every kind, and keep their order.
struct JsMap {
    std::vector<std::pair<JsValue, JsValue>> entries;
};

/// A Set, in the order of insertion.
struct JsSet {
    std::vector<JsValue> values;
};

/// A point in time; NaN is an invalid Date.
struct JsDate {
    double milliseconds_since_1970 = 0;
};

/// A regular expression; flags are letters of "dgimsuvy".
struct JsRegExp {
    std::string pattern;
    std::string flags;
};

/// Which of JavaScript's own error classes an error is of.
enum class JsErrorKind : std::uint8_t { error, eval, range, reference, syntax, type, uri };

/// An Error object, with its cause.
struct JsError {
    JsErrorKind kind = JsErrorKind::error;
    std::optional<std::string> message;
    std::optional<std::string> stack;
    std::optional<JsValue> cause;
};

/// An ArrayBuffer; one with a `max_size` is resizable.
struct JsArrayBuffer {
    std::string bytes;
    std::optional<std::uint32_t> max_size;
};

/// What the elements of a typed array are.
enum class JsViewKind : std::uint8_t {
    int8,
    uint8,
    uint8_clamped,
    int16,
    uint16,
    int32,
    uint32,
    float16,
    float32,
    float64,
    big_int64,
    big_uint64,
    data_view,
};

/// A typed array or a DataView: a window on an ArrayBuffer, which several windows may share.
struct JsView {
    JsViewKind kind = JsViewKind::uint8;
    JsValue buffer;  ///< must be a JsArrayBuffer
    std::uint32_t offset = 0;  ///< in bytes
    std::uint32_t size = 0;  ///< in bytes
    bool tracks_length = false;

    /// The bytes in the window; empty when it does not lie inside its buffer.
    TURNTABLE_EXPORT ByteView bytes() const noexcept;
};

/// `Object(true)` and the like: a boolean, number, bigint or string as an object.
struct JsBoxed {
    JsValue primitive;
};

/// An object of a JavaScript value tree; see JsValue.
struct TURNTABLE_EXPORT JsNode {
    using Content = std::variant<JsObject, JsArray, JsMap, JsSet, JsDate, JsRegExp, JsError,
                                 JsArrayBuffer, JsView, JsBoxed>;

    explicit JsNode(Content initial) : content(std::move(initial)) {}
    JsNode(const JsNode&) = delete;
    JsNode& operator=(const JsNode&) = delete;
    /// Frees what it holds without recursion, however deep.
    ~JsNode();

    Content content;
};

template <detail::JsContent T>
JsValue::JsValue(T content) : JsValue(std::make_shared<JsNode>(std::move(content))) {}

template <detail::JsContent T>
T* JsValue::as() const noexcept {
    const std::shared_ptr<JsNode> object = node();
    return object == nullptr ? nullptr : std::get_if<T>(&object->content);
}

/// A Uint8Array of these bytes.
TURNTABLE_EXPORT JsValue js_uint8_array(ByteView bytes);

/// Reads what V8 has written, format versions 13 to 16; bytes after the value are ignored, as V8
/// does. Takes time and memory in proportion to the input, whatever lengths it claims.
/// Errors: serialization for malformed input, unsupported for other versions and for what only
/// the writing program could understand (host objects, shared memory, WebAssembly),
/// limit_exceeded for nesting deeper than max_js_depth.
TURNTABLE_EXPORT Result<JsValue> decode_v8(ByteView serialized);

/// Writes format version 15, which Node 20, Deno and all later programs read.
/// Errors: serialization for what has no form (text that is not WTF-8, a hole outside an array, a
/// view outside its buffer, unknown flags), limit_exceeded for nesting deeper than max_js_depth
/// and for parts too large for the format.
TURNTABLE_EXPORT Result<Bytes> encode_v8(const JsValue& value);

}  // namespace turntable::inline v0::kv
