#include "server/queue_request.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "turntable/core/base64.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/delivery_id.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::server {

namespace {

using kv::JsArray;
using kv::JsObject;
using kv::JsProperty;
using kv::JsValue;

Error wrong_member(std::string_view name, std::string_view what) {
    return {ErrorCode::invalid_argument, std::string(name) + " " + std::string(what)};
}

/// The body as an object that has no other members than these.
Result<JsValue> object_of(std::string_view json, std::initializer_list<std::string_view> members) {
    TURNTABLE_TRY(JsValue body, kv::js_from_json(json));
    const auto* object = body.as<JsObject>();
    if (object == nullptr) {
        return Error(ErrorCode::invalid_argument, "the body must be a JSON object");
    }
    for (const JsProperty& property : object->properties) {
        if (std::ranges::find(members, property.first) == members.end()) {
            std::string known;
            for (const std::string_view member : members) {
                known.append(known.empty() ? "" : ", ").append(member);
            }
            return wrong_member(json_quoted(property.first),
                                "is no member of this call; there are " + known);
        }
    }
    return body;
}

const JsValue* member(const JsValue& body, std::string_view name) {
    return body.as<JsObject>()->find(name);
}

Result<std::int64_t> whole_number(const JsValue& value, std::string_view name, std::int64_t least,
                                  std::int64_t most) {
    const double* number = value.number();
    if (number == nullptr || std::trunc(*number) != *number ||
        *number < static_cast<double>(least) || *number > static_cast<double>(most)) {
        return wrong_member(name, "must be a whole number from " + std::to_string(least) + " to " +
                                      std::to_string(most));
    }
    return static_cast<std::int64_t>(*number);
}

Result<std::vector<std::uint32_t>> backoff_of(const JsValue& value) {
    const auto* array = value.as<JsArray>();
    if (array == nullptr || !array->properties.empty()) {
        return wrong_member("backoffMs", "must be an array of milliseconds");
    }
    std::vector<std::uint32_t> steps;
    for (const JsValue& element : array->elements) {
        TURNTABLE_TRY(const std::int64_t step,
                      whole_number(element, "an element of backoffMs", 0, UINT32_MAX));
        steps.push_back(static_cast<std::uint32_t>(step));
    }
    return steps;
}

Result<kv::KeyPart> key_part_of(const JsValue& value) {
    if (value.text() != nullptr) {
        return kv::KeyPart(*value.text());
    }
    if (value.number() != nullptr) {
        return kv::KeyPart(*value.number());
    }
    if (value.boolean() != nullptr) {
        return kv::KeyPart(*value.boolean());
    }
    if (value.big_integer() != nullptr) {
        return kv::KeyPart(*value.big_integer());
    }
    const auto* view = value.as<kv::JsView>();
    if (view != nullptr && view->kind == kv::JsViewKind::uint8) {
        return kv::KeyPart(kv::BytesPart{view->bytes().to_string()});
    }
    return wrong_member("a part of a key",
                        "must be text, a number, a boolean, {\"$bigint\": \"1\"} or "
                        "{\"$bytes\": \"AA==\"}");
}

Result<std::string> key_of(const JsValue& value) {
    const auto* array = value.as<JsArray>();
    if (array == nullptr || array->elements.empty()) {
        return wrong_member("a key of keysIfUndelivered",
                            "must be an array of its parts, such as [\"failed\", 1]");
    }
    std::vector<kv::KeyPart> parts;
    for (const JsValue& element : array->elements) {
        TURNTABLE_TRY(kv::KeyPart part, key_part_of(element));
        parts.push_back(std::move(part));
    }
    std::string encoded;
    TURNTABLE_CHECK(kv::encode_key(parts, encoded));
    return encoded;
}

Result<std::vector<std::string>> keys_of(const JsValue& value) {
    const auto* array = value.as<JsArray>();
    if (array == nullptr) {
        return wrong_member("keysIfUndelivered", "must be an array of keys");
    }
    std::vector<std::string> keys;
    for (const JsValue& element : array->elements) {
        TURNTABLE_TRY(std::string key, key_of(element));
        keys.push_back(std::move(key));
    }
    return keys;
}

Result<std::string> id_of(const JsValue& body) {
    const JsValue* id = member(body, "id");
    if (id == nullptr || id->text() == nullptr || id->text()->empty()) {
        return wrong_member("id", "must be the text that take gave");
    }
    return *id->text();
}

Result<kv::Delivery> delivery_from(const JsValue& delivered) {
    if (const bool* done = delivered.boolean()) {
        return *done ? kv::Delivery::done : kv::Delivery::failed;
    }
    if (delivered.text() != nullptr && *delivered.text() == "returned") {
        return kv::Delivery::returned;
    }
    return wrong_member("delivered", "must be true, false or \"returned\"");
}

}  // namespace

Result<EnqueueRequest> parse_enqueue(std::string_view json) {
    TURNTABLE_TRY(const JsValue body,
                  object_of(json, {"value", "delayMs", "backoffMs", "keysIfUndelivered"}));
    EnqueueRequest request;
    const JsValue* value = member(body, "value");
    if (value == nullptr) {
        return wrong_member("value", "is missing: it is the message");
    }
    TURNTABLE_TRY(const kv::Value encoded, kv::Value::js(*value));
    request.payload = encoded.data();
    if (const JsValue* delay = member(body, "delayMs")) {
        TURNTABLE_TRY(request.delay_ms, whole_number(*delay, "delayMs", 0, std::int64_t{1} << 50U));
    }
    if (const JsValue* backoff = member(body, "backoffMs")) {
        TURNTABLE_TRY(request.backoff_ms, backoff_of(*backoff));
    }
    if (const JsValue* keys = member(body, "keysIfUndelivered")) {
        TURNTABLE_TRY(request.keys_if_undelivered, keys_of(*keys));
    }
    return request;
}

Result<EnqueueRequest> enqueue_of_bytes(ByteView bytes) {
    EnqueueRequest request;
    TURNTABLE_TRY(const kv::Value encoded, kv::Value::js(kv::js_uint8_array(bytes)));
    request.payload = encoded.data();
    return request;
}

Result<TakeRequest> parse_take(std::string_view json) {
    TURNTABLE_TRY(const JsValue body, object_of(json, {"waitMs", "v8"}));
    TakeRequest request;
    if (const JsValue* wait = member(body, "waitMs")) {
        TURNTABLE_TRY(const std::int64_t wait_ms,
                      whole_number(*wait, "waitMs", 1, take_wait_ms_max));
        request.wait = std::chrono::milliseconds(wait_ms);
    }
    if (const JsValue* as_stored = member(body, "v8")) {
        if (as_stored->boolean() == nullptr) {
            return wrong_member("v8", "must be true or false");
        }
        request.as_stored = *as_stored->boolean();
    }
    return request;
}

Result<FinishRequest> parse_finish(std::string_view json) {
    TURNTABLE_TRY(const JsValue body, object_of(json, {"id", "delivered"}));
    FinishRequest request;
    TURNTABLE_TRY(request.id, id_of(body));
    if (const JsValue* delivered = member(body, "delivered")) {
        TURNTABLE_TRY(request.delivery, delivery_from(*delivered));
    }
    return request;
}

Result<std::string> parse_extend(std::string_view json) {
    TURNTABLE_TRY(const JsValue body, object_of(json, {"id"}));
    return id_of(body);
}

std::string message_value_json(const kv::Value& payload, bool as_stored) {
    const auto js = payload.as_js();
    const auto value = js ? kv::js_to_json(*js) : Result<std::string>(js.error());
    return value && !as_stored ? "\"value\":" + *value
                               // asked for, or what only another version of V8 can read
                               : "\"v8\":" + json_quoted(to_base64(payload.data()));
}

std::string message_json(const kv::QueueMessage& message, bool as_stored) {
    return "{\"id\":" + json_quoted(message.id) +
           ",\"messageId\":" + json_quoted(kv::delivered_message(message.id)) +
           ",\"attempt\":" + std::to_string(kv::delivery_attempt(message.id)) + "," +
           message_value_json(kv::Value::v8(message.payload), as_stored) +
           ",\"leaseUntilMs\":" + std::to_string(message.lease_until_ms) + "}";
}

}  // namespace turntable::inline v0::server
