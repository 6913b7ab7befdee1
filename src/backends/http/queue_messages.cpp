#include "backends/http/queue_messages.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "backends/http/reply.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0::kv::http {

namespace {

using Json = nlohmann::json;

Error no_message(std::string_view member) {
    return garbled("take", "its " + std::string(member) + " is missing or of another kind");
}

Result<std::string> text_in(const Json& object, const char* member) {
    const auto found = object.find(member);
    if (found == object.end() || !found->is_string()) {
        return no_message(member);
    }
    return found->get<std::string>();
}

}  // namespace

std::string take_json(std::chrono::milliseconds wait) {
    return "{\"v8\":true,\"waitMs\":" + std::to_string(wait.count()) + "}";
}

std::string finish_json(std::string_view id, Delivery delivery) {
    const char* delivered = delivery == Delivery::done     ? "true"
                            : delivery == Delivery::failed ? "false"
                                                           : "\"returned\"";
    return "{\"id\":" + json_quoted(id) + ",\"delivered\":" + delivered + "}";
}

std::string extend_json(std::string_view id) { return "{\"id\":" + json_quoted(id) + "}"; }

Result<QueueMessage> message_of(std::string_view json) {
    const Json object = Json::parse(json, nullptr, false);
    if (!object.is_object()) {
        return garbled("take", "it is no JSON object");
    }
    QueueMessage message;
    TURNTABLE_TRY(message.id, text_in(object, "id"));
    TURNTABLE_TRY(const std::string payload, text_in(object, "v8"));
    const auto bytes = from_base64(payload);
    if (!bytes || message.id.empty()) {
        return no_message(bytes ? "id" : "v8");
    }
    message.payload = Bytes::copy(*bytes);
    const auto until = object.find("leaseUntilMs");
    if (until == object.end() || !until->is_number_integer()) {
        return no_message("leaseUntilMs");
    }
    message.lease_until_ms = until->get<std::int64_t>();
    return message;
}

}  // namespace turntable::inline v0::kv::http
