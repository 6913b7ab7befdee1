#include <string>
#include <utility>

#include "kv/codec/utf8.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/queue.hpp"

namespace turntable::inline v0::kv {

namespace {

/// What a JavaScript string or Uint8Array stands for; any other value stays as it is.
Value plain_value(const Value& payload) {
    const Result<JsValue> decoded = payload.as_js();
    if (!decoded) {
        return payload;  // the accessors of Value tell the same failure to whoever looks
    }
    if (const std::string* text = decoded->text()) {
        return codec::is_well_formed(*text, codec::Utf::utf8) ? Value(*text) : payload;
    }
    const JsView* view = decoded->as<JsView>();
    if (view == nullptr || view->kind != JsViewKind::uint8) {
        return payload;
    }
    const JsArrayBuffer* buffer = view->buffer.as<JsArrayBuffer>();
    if (buffer == nullptr || view->offset > buffer->bytes.size()) {
        return payload;
    }
    return Value::bytes(ByteView(buffer->bytes).substr(view->offset, view->size));
}

}  // namespace

Message::Message(QueueMessage message)
    : id_(std::move(message.id)),
      payload_(Value::v8(std::move(message.payload))),
      value_(plain_value(payload_)) {}

namespace detail {

Result<Bytes> message_payload(const ValueRef& value) {
    switch (value.encoding) {
        case ValueEncoding::v8:
            return Bytes::copy(value.data);
        case ValueEncoding::le64:
            return Error(ErrorCode::invalid_argument,
                         "a counter is no message: send its digits, or a JavaScript bigint");
        case ValueEncoding::bytes:
            break;
    }
    JsValue message;
    if (codec::is_well_formed(value.data.text(), codec::Utf::utf8)) {
        message = JsValue(value.data.text());
    } else {
        const auto size = static_cast<std::uint32_t>(value.data.size());
        message = JsValue(JsView{.kind = JsViewKind::uint8,
                                 .buffer = JsArrayBuffer{value.data.to_string(), {}},
                                 .offset = 0,
                                 .size = size});
    }
    TURNTABLE_TRY(const Value encoded, Value::js(message));
    return encoded.data();
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
