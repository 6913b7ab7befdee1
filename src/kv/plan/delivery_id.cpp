#include "turntable/kv/delivery_id.hpp"

#include <algorithm>

#include "turntable/kv/plan.hpp"

namespace turntable::inline v0::kv {

namespace {

constexpr std::size_t id_length = 36;
constexpr std::size_t version_at = 14;
constexpr std::size_t attempt_at = 34;
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_uuid(std::string_view id) noexcept {
    if (id.size() != id_length) {
        return false;
    }
    for (std::size_t i = 0; i < id_length; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : hex_digits.find(id[i]) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

std::uint32_t byte_at(std::string_view id, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(hex_digits.find(id[at]) * 16 + hex_digits.find(id[at + 1]));
}

}  // namespace

std::uint32_t delivery_attempt(std::string_view id) noexcept {
    return is_uuid(id) && id[version_at] == '8' ? std::max(byte_at(id, attempt_at), 1U) : 1U;
}

std::string delivered_message(std::string_view id) {
    std::string message(id);
    if (is_uuid(id)) {
        message[version_at] = '4';
        message.replace(attempt_at, 2, "00");
    }
    return message;
}

std::string next_delivery_id(std::string_view id, Random& random) {
    const std::uint32_t attempt = delivery_attempt(id) + 1;
    if (!is_uuid(id) || attempt > delivery_attempts_max) {
        return new_message_id(random);
    }
    std::string next(id);
    next[version_at] = '8';
    next[attempt_at] = hex_digits[attempt / 16];
    next[attempt_at + 1] = hex_digits[attempt % 16];
    return next;
}

}  // namespace turntable::inline v0::kv
