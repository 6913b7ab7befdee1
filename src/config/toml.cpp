#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/tree.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0::detail {
namespace {

Position position_of(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

std::string text_of(double number) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    return std::string(buffer.data(), end);
}

Node convert(const toml::node& from);

std::vector<Member> members_of(const toml::table& table) {
    std::vector<Member> members;
    for (const auto& [key, value] : table) {
        members.push_back({std::string(key.str()), position_of(key.source()), convert(value)});
    }
    // The library sorts by key; people read messages in the order of the file.
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.at < b.at; });
    return members;
}

// The parser bounds the nesting, so that this recursion is bounded too.
Node convert(const toml::node& from) {
    Node node;
    node.at = position_of(from.source());
    if (const auto* table = from.as_table()) {
        node.kind = Node::Kind::table;
        node.members = members_of(*table);
    } else if (const auto* array = from.as_array()) {
        node.kind = Node::Kind::array;
        for (const toml::node& item : *array) {
            node.items.push_back(convert(item));
        }
    } else if (const auto* text = from.as_string()) {
        node.kind = Node::Kind::text;
        node.text = text->get();
    } else if (const auto* flag = from.as_boolean()) {
        node.kind = Node::Kind::scalar;
        node.text = flag->get() ? "true" : "false";
    } else if (const auto* integer = from.as_integer()) {
        node.kind = Node::Kind::scalar;
        node.text = std::to_string(integer->get());
    } else if (const auto* number = from.as_floating_point()) {
        node.kind = Node::Kind::scalar;
        node.text = text_of(number->get());
    }
    return node;
}

/// Whether the library's words about a line may be shown: they may quote a piece of it.
bool may_quote(std::string_view text, std::uint32_t line) {
    for (std::uint32_t skipped = 1; skipped < line && !text.empty(); ++skipped) {
        text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
    }
    const std::string_view content = text.substr(0, text.find('\n'));
    const std::string_view key = content.substr(0, content.find('='));
    const auto first = key.find_first_not_of(" \t\"'");
    const auto last = key.find_last_not_of(" \t\"'");
    const bool is_key = key.size() < content.size() && first != std::string_view::npos;
    return is_key && !is_secret_name(key.substr(first, last - first + 1)) &&
           content.find('@') == std::string_view::npos;
}

}  // namespace

Result<Node> parse_toml(std::string_view text, std::string_view origin) {
    const toml::parse_result parsed = toml::parse(text);
    if (parsed) {
        return convert(parsed.table());
    }
    const toml::parse_error& error = parsed.error();
    const Position at = position_of(error.source());
    std::string message = "this is not TOML";
    if (may_quote(text, at.line)) {
        message += ": " + std::string(error.description());
    }
    std::replace(message.begin(), message.end(), '\n', ' ');
    return Error(ErrorCode::invalid_config, place(origin, at) + message);
}

}  // namespace turntable::inline v0::detail
