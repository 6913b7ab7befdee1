#include "turntable/mcp/message.hpp"

#include <optional>

#include "tape/json_scan.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::mcp {

namespace {

constexpr unsigned depth_max = tape::limits::json_depth_max;

bool is_id(std::string_view json) noexcept {
    return json.starts_with('"') || json.starts_with('-') ||
           (!json.empty() && json.front() >= '0' && json.front() <= '9');
}

/// A name between quotes, without escapes: few writers use any.
std::string plain_name(std::string_view name, std::string& room) {
    if (name.find('\\') == std::string_view::npos) {
        return std::string(name);
    }
    room = '"' + std::string(name) + '"';
    return tape::json_string_text(room).value_or("");
}

/// The message that an object is.
Message message_of(std::string_view object) {
    Message out;
    out.text = object;
    std::string_view id;
    std::string_view method;
    std::string room;
    tape::JsonWalk walk(object, depth_max);
    while (walk.next()) {
        const std::string name = plain_name(walk.name(), room);
        if (name == "id") {
            id = walk.value();
        } else if (name == "method") {
            method = walk.value();
        } else if (name == "params") {
            out.params = walk.value();
        } else if (name == "result") {
            out.result = walk.value();
        } else if (name == "error") {
            out.error = walk.value();
        }
    }
    if (is_id(id)) {
        out.id = id;
    }
    if (method.starts_with('"')) {
        out.method = json_text(method);
        if (!out.method.empty() && (id.empty() || is_id(id))) {
            out.kind = id.empty() ? MessageKind::notification : MessageKind::request;
        }
    } else if (out.error.starts_with('{')) {
        out.kind = MessageKind::error;
    } else if (!out.result.empty() && is_id(id)) {
        out.kind = MessageKind::result;
    }
    return out;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// False if there are more than may be.
bool add_batch(std::string_view array, std::vector<Message>& out) {
    tape::JsonWalk walk(array, depth_max);
    while (walk.next()) {
        if (out.size() == limits::batch_messages_max) {
            return false;
        }
        Message message;
        message.text = walk.value();
        if (message.text.starts_with('{')) {
            message = message_of(message.text);
        }
        message.batched = true;
        out.push_back(std::move(message));
    }
    return true;
}

/// Adds what begins at `at` and gives where it ends; nothing if it cannot be read.
std::optional<std::size_t> add_value(std::string_view text, std::size_t at,
                                     std::vector<Message>& out) {
    const std::size_t end = tape::json_value_end(text, at, depth_max);
    if (end == std::string_view::npos || out.size() == limits::batch_messages_max) {
        return std::nullopt;
    }
    const std::string_view value = text.substr(at, end - at);
    if (value.starts_with('{')) {
        out.push_back(message_of(value));
    } else if (!value.starts_with('[') || !add_batch(value, out)) {
        return std::nullopt;
    }
    return end;
}

}  // namespace

std::vector<Message> read_messages(ByteView bytes) {
    const std::string_view text = bytes.text();
    const auto unreadable = [text] {
        std::vector<Message> out(1);
        out.front().text = text;
        return out;
    };
    if (text.size() > tape::limits::frame_bytes_max) {
        return unreadable();
    }
    std::vector<Message> out;
    for (std::size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const auto end = add_value(text, at, out);
        if (!end) {
            return unreadable();
        }
        at = *end;
    }
    return out;
}

std::string_view json_at(std::string_view json, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (!json.starts_with('{')) {
            return {};
        }
        std::string_view found;
        tape::JsonWalk walk(json, depth_max);
        while (walk.next()) {
            if (walk.name() == name) {
                found = walk.value();
            }
        }
        json = found;
    }
    return json;
}

std::string json_text(std::string_view json) {
    return json.starts_with('"') ? tape::json_string_text(json).value_or("") : "";
}

}  // namespace turntable::inline v0::mcp
