#include "kv/codec/utf8.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv {

Result<Value> Value::js(const JsValue& value) {
    TURNTABLE_TRY(Bytes serialized, encode_v8(value));
    return v8(std::move(serialized));
}

Result<JsValue> Value::as_js() const {
    if (encoding_ != ValueEncoding::v8) {
        return Error(ErrorCode::type_mismatch, "the value is not a JavaScript value")
            .with("encoding", std::string(to_string(encoding_)));
    }
    return decode_v8(data_);
}

Result<std::string> Value::as_text() const {
    if (encoding_ == ValueEncoding::bytes) {
        return data_.to_string();
    }
    if (encoding_ != ValueEncoding::v8) {
        return Error(ErrorCode::type_mismatch, "the value is not text")
            .with("encoding", std::string(to_string(encoding_)));
    }
    TURNTABLE_TRY(const JsValue value, decode_v8(data_));
    const std::string* text = value.text();
    if (text == nullptr) {
        return Error(ErrorCode::type_mismatch, "the JavaScript value is not a string");
    }
    if (!codec::is_well_formed(*text, codec::Utf::utf8)) {
        return Error(ErrorCode::serialization,
                     "the string holds half a surrogate pair, which UTF-8 cannot express");
    }
    return *text;
}

}  // namespace turntable::inline v0::kv
