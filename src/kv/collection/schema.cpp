#include "turntable/kv/collection/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kv/collection/hash.hpp"
#include "turntable/kv/collection/codec.hpp"

namespace turntable::inline v0::kv {

std::string_view to_string(OnRemove action) noexcept {
    switch (action) {
        case OnRemove::none:
            return "none";
        case OnRemove::restrict:
            return "restrict";
        case OnRemove::cascade:
            return "cascade";
    }
    return "unknown";
}

const FieldInfo* CollectionInfo::find_field(std::string_view field) const noexcept {
    const auto found = std::ranges::find(fields, field, &FieldInfo::name);
    return found == fields.end() ? nullptr : &*found;
}

const IndexInfo* CollectionInfo::find_index(std::string_view index) const noexcept {
    const auto found = std::ranges::find(indexes, index, &IndexInfo::name);
    return found == indexes.end() ? nullptr : &*found;
}

std::string fingerprint(const CollectionInfo& info) {
    std::vector<std::string> lines{"primary_key " + info.primary_key};
    for (const FieldInfo& field : info.fields) {
        lines.push_back("field " + field.name + "\n" + field.type);
    }
    for (const IndexInfo& index : info.indexes) {
        std::string line = (index.unique ? "unique " : "index ") + index.name;
        for (const std::string& field : index.fields) {
            line += "\n" + field;
        }
        lines.push_back(std::move(line));
    }
    std::ranges::sort(lines);
    std::string text = info.name;
    for (const std::string& line : lines) {
        text.push_back('\0');
        text += line;
    }
    return hash_text(text);
}

namespace detail {

std::optional<ScalarType> scalar_type(std::string_view type) noexcept {
    constexpr std::string_view optional = "optional<";
    ScalarType out;
    if (type.starts_with(optional)) {
        out.nullable = true;
        type = type.substr(optional.size(), type.size() - optional.size() - 1);
    }
    if (type == "bool") {
        out.kind = ScalarKind::boolean;
    } else if (type == "double") {
        out.kind = ScalarKind::number;
    } else if (type == "string") {
        out.kind = ScalarKind::text;
    } else if (type == "bytes" && !out.nullable) {
        out.kind = ScalarKind::bytes;
    } else if (type.starts_with("int") || type.starts_with("uint")) {
        out.kind = ScalarKind::integer;
    } else {
        return std::nullopt;
    }
    return out;
}

namespace {

Result<void> append(KeyPart part, std::string& out) { return encode_key({&part, 1}, out); }

KeyPart number_part(double number) {
    if (std::isnan(number)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return number == 0 ? 0.0 : number;
}

std::string_view name_of(ScalarKind kind) {
    constexpr std::array<std::string_view, 5> names{"a boolean", "an integer", "a number", "text",
                                                    "bytes"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(const KeyPart& part) {
    constexpr std::array<std::string_view, 5> names{"bytes", "text", "an integer", "a number",
                                                    "a boolean"};
    return names[part.variant().index()];
}

std::optional<BigInteger> integer_in(const JsValue& value) {
    if (const BigInteger* integer = value.big_integer()) {
        return *integer;
    }
    if (const std::optional<std::int64_t> integer = signed_integer(value)) {
        return BigInteger(*integer);
    }
    const std::optional<std::uint64_t> integer = unsigned_integer(value);
    return integer ? std::optional(BigInteger(*integer)) : std::nullopt;
}

}  // namespace

void append_null(std::string& out) { out.append("\x01\x00", 2); }

Result<void> append_part(ScalarType type, const JsValue& value, std::string& out) {
    if (type.nullable && (value.is_null() || value.is_undefined())) {
        append_null(out);
        return {};
    }
    switch (type.kind) {
        case ScalarKind::boolean:
            if (const bool* boolean = value.boolean()) {
                return append(*boolean, out);
            }
            break;
        case ScalarKind::integer:
            if (std::optional<BigInteger> integer = integer_in(value)) {
                return append(*std::move(integer), out);
            }
            break;
        case ScalarKind::number:
            if (const double* number = value.number()) {
                return append(number_part(*number), out);
            }
            break;
        case ScalarKind::text:
            if (const std::string* text = value.text()) {
                return append(*text, out);
            }
            break;
        case ScalarKind::bytes:
            if (const std::optional<ByteView> bytes = bytes_of(value)) {
                return append(BytesPart{bytes->to_string()}, out);
            }
            break;
    }
    return wrong_property(name_of(type.kind), value);
}

Result<void> append_part(ScalarType type, const KeyPart& value, std::string& out) {
    switch (type.kind) {
        case ScalarKind::boolean:
            if (value.boolean() != nullptr) {
                return append(value, out);
            }
            break;
        case ScalarKind::integer:
            if (value.integer() != nullptr) {
                return append(value, out);
            }
            break;
        case ScalarKind::number:
            if (value.number() != nullptr) {
                return append(number_part(*value.number()), out);
            }
            // A literal 18 means 18.0 to whoever compares it with a double.
            if (const BigInteger* integer = value.integer()) {
                if (const std::optional<std::int64_t> small = integer->to_int64();
                    small && std::abs(*small) <= (std::int64_t{1} << 53U)) {
                    return append(number_part(static_cast<double>(*small)), out);
                }
            }
            break;
        case ScalarKind::text:
            if (value.text() != nullptr) {
                return append(value, out);
            }
            break;
        case ScalarKind::bytes:
            if (value.bytes() != nullptr) {
                return append(value, out);
            }
            break;
    }
    return Error(ErrorCode::type_mismatch, "expected " + std::string(name_of(type.kind)) +
                                               ", not " + std::string(name_of(value)));
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
