#include "mcp/replay/comparable.hpp"

#include <algorithm>

namespace turntable::inline v0::mcp {

namespace {

using Steps = std::vector<std::string>;

constexpr std::string_view own_prefix = "io.modelcontextprotocol/";

Result<Steps> parse_pointer(std::string_view pointer) {
    if (!pointer.starts_with('/')) {
        return Error(ErrorCode::invalid_argument,
                     "what is to be ignored is a JSON pointer, such as /params/arguments/now")
            .with("pointer", std::string(pointer));
    }
    Steps out;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const std::size_t end = std::min(pointer.find('/'), pointer.size());
        std::string step;
        for (std::size_t i = 0; i < end; ++i) {
            const bool escape = pointer[i] == '~' && i + 1 < end;
            if (escape) {
                ++i;
            }
            step += !escape ? pointer[i] : pointer[i] == '1' ? '/' : '~';
        }
        out.push_back(std::move(step));
        pointer.remove_prefix(end);
    }
    return out;
}

void erase_place(Json& from, const Steps& steps, std::size_t at) {
    const std::string& step = steps[at];
    const bool last = at + 1 == steps.size();
    const bool any = step == "*";
    if (from.is_object()) {
        if (last) {
            any ? from.clear() : static_cast<void>(from.erase(step));
            return;
        }
        for (auto& [name, value] : from.items()) {
            if (any || name == step) {
                erase_place(value, steps, at + 1);
            }
        }
    } else if (from.is_array()) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (any || std::to_string(i) == step) {
                // The others keep their places.
                last ? static_cast<void>(from[i] = nullptr) : erase_place(from[i], steps, at + 1);
            }
        }
    }
}

/// What changes from call to call is no part of what is asked.
void erase_volatile(Json& params) {
    const auto meta = params.find("_meta");
    if (meta == params.end() || !meta->is_object()) {
        return;
    }
    for (auto member = meta->begin(); member != meta->end();) {
        const std::string& name = member.key();
        const bool changes = name.starts_with(own_prefix) || name == "progressToken" ||
                             name == "traceparent" || name == "tracestate" || name == "baggage";
        member = changes ? meta->erase(member) : std::next(member);
    }
    if (meta->empty()) {
        params.erase(meta);
    }
}

/// 2.0 is 2.
void even_numbers(Json& value) {
    constexpr double exact_max = 9007199254740992.0;
    if (value.is_structured()) {
        for (Json& inner : value) {
            even_numbers(inner);
        }
    } else if (value.is_number_float()) {
        const double number = value.get<double>();
        if (number >= -exact_max && number <= exact_max &&
            number == static_cast<double>(static_cast<std::int64_t>(number))) {
            value = static_cast<std::int64_t>(number);
        }
    } else if (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX) {
        value = static_cast<std::int64_t>(value.get<std::uint64_t>());
    }
}

}  // namespace

Result<IgnoredPlaces> IgnoredPlaces::parse(const std::vector<std::string>& pointers) {
    IgnoredPlaces out;
    for (const std::string& pointer : pointers) {
        TURNTABLE_TRY(Steps steps, parse_pointer(pointer));
        out.places_.push_back(std::move(steps));
    }
    return out;
}

void IgnoredPlaces::erase_from(Json& message) const {
    for (const Steps& steps : places_) {
        erase_place(message, steps, 0);
    }
}

Json comparable_json(std::string_view json) {
    Json out = Json::parse(json, nullptr, false);
    if (out.is_discarded()) {
        return std::string(json);
    }
    even_numbers(out);
    return out;
}

Json comparable_request(const Message& message, const IgnoredPlaces& ignored) {
    Json out = {{"method", message.method}};
    if (message.method != "initialize" && !message.params.empty()) {
        Json params = comparable_json(message.params);
        if (params.is_object()) {
            erase_volatile(params);
            if (message.method == "notifications/cancelled") {
                params.clear();  // its id is that of then
            }
        }
        out["params"] = std::move(params);
    }
    ignored.erase_from(out);
    if (const auto params = out.find("params"); params != out.end() && params->empty()) {
        out.erase(params);
    }
    return out;
}

std::string json_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace turntable::inline v0::mcp
