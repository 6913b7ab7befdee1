#include "kv/collection/cursor_text.hpp"

#include <utility>

#include "kv/collection/hash.hpp"
#include "turntable/core/base64.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

/// Appends a text in a way that no two different lists of texts give the same.
void add(std::string& out, std::string_view text) {
    out += std::to_string(text.size()) + ":" + std::string(text);
}

void add(std::string& out, const Condition& condition) {
    add(out, std::to_string(static_cast<int>(condition.kind)));
    add(out, condition.field.name);
    add(out, std::to_string(condition.values.size()));
    for (const std::string& value : condition.values) {
        add(out, value);
    }
    add(out, std::to_string(condition.parts.size()));
    for (const Condition& part : condition.parts) {
        add(out, part);
    }
}

Error foreign_cursor() {
    return {ErrorCode::invalid_argument,
            "the cursor is not one of this query: filter and order must be those of the page that "
            "gave it"};
}

}  // namespace

std::string query_fingerprint(const Condition& condition, const ResultOrder& order) {
    std::string text;
    add(text, condition);
    for (const ResultOrder::Field& one : order.fields) {
        add(text, one.field.name);
        add(text, one.descending ? "descending" : "ascending");
    }
    return hash_text(text);
}

std::string write_cursor(const std::string& fingerprint, const SortKey& place) {
    std::vector<KeyPart> parts{fingerprint};
    for (const std::string& part : place) {
        parts.emplace_back(BytesPart{part});
    }
    std::string encoded;
    encode_key(parts, encoded).value();  // bytes and digits always have an encoding
    return to_base64(encoded, Base64::url);
}

Result<SortKey> read_cursor(const std::string& fingerprint, std::string_view cursor,
                            std::size_t fields) {
    const auto encoded = from_base64(cursor, Base64::url);
    if (!encoded) {
        return foreign_cursor();
    }
    const Result<std::vector<KeyPart>> parts = decode_key(*encoded);
    if (!parts || parts->size() != fields + 1 || parts->front().text() == nullptr ||
        *parts->front().text() != fingerprint) {
        return foreign_cursor();
    }
    SortKey place;
    for (std::size_t i = 1; i < parts->size(); ++i) {
        if ((*parts)[i].bytes() == nullptr || (*parts)[i].bytes()->empty()) {
            return foreign_cursor();
        }
        place.push_back(*(*parts)[i].bytes());
    }
    return place;
}

}  // namespace turntable::inline v0::kv::detail
