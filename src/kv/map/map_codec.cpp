#include "turntable/kv/map_codec.hpp"

#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {

namespace {

Error does_not_decode(std::string_view what) {
    return {ErrorCode::serialization,
            "a stored " + std::string(what) + "; the entry is not of this map's type"};
}

constexpr std::string_view other_kind = "key has a part of another kind than asked for";
constexpr std::string_view does_not_fit = "integer does not fit the type that it is read as";

/// Takes the next part if `get` gives its content.
template <class T, class Get>
Result<T> next_as(KeyReader& reader, Get get) {
    TURNTABLE_TRY(const KeyPart part, reader.next());
    const auto* content = get(part);
    if (content == nullptr) {
        return does_not_decode(other_kind);
    }
    return *content;
}

Result<JsValue> as_js(const Value& stored, std::string_view what) {
    if (stored.encoding() != ValueEncoding::v8) {
        return does_not_decode("value is no JavaScript " + std::string(what));
    }
    return stored.as_js();
}

}  // namespace

Result<KeyPart> KeyReader::next() {
    if (at_end()) {
        return does_not_decode("key has too few parts");
    }
    return parts_[position_++];
}

Result<std::string> KeyReader::next_text() {
    return next_as<std::string>(*this, [](const KeyPart& part) { return part.text(); });
}
Result<std::string> KeyReader::next_bytes() {
    return next_as<std::string>(*this, [](const KeyPart& part) { return part.bytes(); });
}
Result<double> KeyReader::next_number() {
    return next_as<double>(*this, [](const KeyPart& part) { return part.number(); });
}
Result<bool> KeyReader::next_boolean() {
    return next_as<bool>(*this, [](const KeyPart& part) { return part.boolean(); });
}

Result<std::int64_t> KeyReader::next_signed(std::int64_t min, std::int64_t max) {
    TURNTABLE_TRY(const BigInteger integer,
                  next_as<BigInteger>(*this, [](const KeyPart& part) { return part.integer(); }));
    const std::optional<std::int64_t> number = integer.to_int64();
    if (!number || *number < min || *number > max) {
        return does_not_decode(does_not_fit);
    }
    return *number;
}
Result<std::uint64_t> KeyReader::next_unsigned(std::uint64_t max) {
    TURNTABLE_TRY(const BigInteger integer,
                  next_as<BigInteger>(*this, [](const KeyPart& part) { return part.integer(); }));
    const std::optional<std::uint64_t> number = integer.to_uint64();
    if (!number || *number > max) {
        return does_not_decode(does_not_fit);
    }
    return *number;
}

namespace detail {

Result<Value> encode_signed(std::int64_t number) { return Value::js(JsValue(BigInteger(number))); }

Result<std::int64_t> decode_signed(const Value& stored, std::int64_t min, std::int64_t max) {
    TURNTABLE_TRY(const JsValue value, as_js(stored, "bigint"));
    const BigInteger* integer = value.big_integer();
    if (integer == nullptr) {
        return does_not_decode("value is no JavaScript bigint");
    }
    const std::optional<std::int64_t> number = integer->to_int64();
    if (!number || *number < min || *number > max) {
        return does_not_decode(does_not_fit);
    }
    return *number;
}

Result<std::uint64_t> decode_unsigned(const Value& stored, std::uint64_t max) {
    if (stored.encoding() != ValueEncoding::le64) {
        return does_not_decode("value is no counter");
    }
    TURNTABLE_TRY(const std::uint64_t number, stored.as_u64());
    if (number > max) {
        return does_not_decode(does_not_fit);
    }
    return number;
}

Result<Value> encode_number(double number) { return Value::js(JsValue(number)); }

Result<double> decode_number(const Value& stored) {
    TURNTABLE_TRY(const JsValue value, as_js(stored, "number"));
    if (value.number() == nullptr) {
        return does_not_decode("value is no JavaScript number");
    }
    return *value.number();
}

Result<Value> encode_boolean(bool boolean) { return Value::js(JsValue(boolean)); }

Result<bool> decode_boolean(const Value& stored) {
    TURNTABLE_TRY(const JsValue value, as_js(stored, "boolean"));
    if (value.boolean() == nullptr) {
        return does_not_decode("value is no JavaScript boolean");
    }
    return *value.boolean();
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
