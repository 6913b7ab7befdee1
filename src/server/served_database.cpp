#include "server/served_database.hpp"

#include <algorithm>

#include "turntable/core/sha256.hpp"

namespace turntable::inline v0::server {

bool is_database_name(std::string_view name) noexcept {
    constexpr std::size_t length_max = 64;
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= length_max && name.front() != '.' &&
           std::ranges::all_of(name, is_allowed);
}

std::string database_id(std::string_view name) {
    Sha256 sum;
    sum.update("turntable database\n");
    sum.update(name);
    Sha256Digest digest = sum.digest();
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0FU) | 0x80U);  // RFC 9562: version 8
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3FU) | 0x80U);
    std::string id = to_hex(digest).substr(0, 32);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) {
        id.insert(at, 1, '-');
    }
    return id;
}

}  // namespace turntable::inline v0::server
