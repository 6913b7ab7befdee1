#include "net/http/message.hpp"

#include <algorithm>

#include "net/http/handler.hpp"

namespace turntable::inline v0::net::http {

namespace {

/// The characters of a token (RFC 9110, 5.6.2), without the upper case letters.
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

bool is_lower_token(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           token_marks.find(c) != std::string_view::npos;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

}  // namespace

Handler::~Handler() = default;

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    return found == fields_.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

std::string Headers::joined(std::string_view name) const {
    std::string all;
    bool first = true;
    for (const Field& field : fields_) {
        if (field.name == name) {
            all += first ? "" : ", ";
            all += field.value;
            first = false;
        }
    }
    return all;
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [name](const Field& field) { return field.name == name; });
}

std::string_view RequestHead::path() const noexcept {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view RequestHead::query() const noexcept {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view()
                                     : std::string_view(target).substr(mark + 1);
}

bool is_field_name(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, is_lower_token);
}

bool is_field_value(std::string_view value) noexcept {
    const bool padded = !value.empty() && (is_space(value.front()) || is_space(value.back()));
    return !padded && std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

}  // namespace turntable::inline v0::net::http
