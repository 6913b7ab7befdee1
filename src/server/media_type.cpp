#include "server/media_type.hpp"

#include <algorithm>

namespace turntable::inline v0::server {

std::string lowered(std::string_view text) {
    const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
    text = text.substr(from, text.find_last_not_of(" \t") + 1 - from);
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

bool has_media_type(const net::http::Headers& headers, std::string_view wanted) {
    const auto given = headers.find("content-type");
    return given && lowered(given->substr(0, given->find(';'))) == wanted;
}

}  // namespace turntable::inline v0::server
