#include "turntable/kv/collection/codec.hpp"

#include <cmath>

namespace turntable::inline v0::kv::detail {

namespace {

std::string_view kind_of(const JsValue& value) {
    if (value.is_undefined()) {
        return "nothing";
    }
    if (value.is_null()) {
        return "null";
    }
    if (value.boolean() != nullptr) {
        return "a boolean";
    }
    if (value.number() != nullptr) {
        return "a number";
    }
    if (value.big_integer() != nullptr) {
        return "a bigint";
    }
    if (value.text() != nullptr) {
        return "text";
    }
    return value.as<JsArray>() != nullptr ? "an array" : "an object";
}

constexpr double two_to_63 = 9223372036854775808.0;

std::optional<double> whole(const JsValue& value) {
    const double* number = value.number();
    if (number == nullptr || std::trunc(*number) != *number) {
        return std::nullopt;
    }
    return *number;
}

}  // namespace

Error wrong_property(std::string_view expected, const JsValue& found) {
    return {ErrorCode::type_mismatch,
            "expected " + std::string(expected) + ", found " + std::string(kind_of(found))};
}

Error in_field(Error error, std::string_view name) {
    std::string path(name);
    std::string message = error.message();
    constexpr std::string_view start = "field ";
    if (message.starts_with(start)) {
        const std::size_t end = message.find(':');
        path += "." + message.substr(start.size(), end - start.size());
        message.erase(0, end + 2);
    }
    return {error.code(), std::string(start) + path + ": " + message};
}

std::optional<std::int64_t> signed_integer(const JsValue& value) {
    if (const BigInteger* integer = value.big_integer()) {
        return integer->to_int64();
    }
    const std::optional<double> number = whole(value);
    return number && *number >= -two_to_63 && *number < two_to_63
               ? std::optional(static_cast<std::int64_t>(*number))
               : std::nullopt;
}

std::optional<std::uint64_t> unsigned_integer(const JsValue& value) {
    if (const BigInteger* integer = value.big_integer()) {
        return integer->to_uint64();
    }
    const std::optional<double> number = whole(value);
    return number && *number >= 0 && *number < 2 * two_to_63
               ? std::optional(static_cast<std::uint64_t>(*number))
               : std::nullopt;
}

std::optional<ByteView> bytes_of(const JsValue& value) {
    if (const JsView* view = value.as<JsView>()) {
        return view->bytes();
    }
    if (const JsArrayBuffer* buffer = value.as<JsArrayBuffer>()) {
        return buffer->bytes;
    }
    return std::nullopt;
}

}  // namespace turntable::inline v0::kv::detail
