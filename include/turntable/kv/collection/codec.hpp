#pragma once

/// \file
/// Records to JavaScript values and back.
/// Purpose: what a described struct looks like in the store. Ownership: values own what they hold.
/// Threads: plain functions. Errors: `serialization`, naming the field that does not fit.

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/collection/description.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv::detail {

/// The error for a stored value that is not of the type of its field.
TURNTABLE_EXPORT Error wrong_property(std::string_view expected, const JsValue& found);
/// The error with the name of the field that it happened in put before its path.
TURNTABLE_EXPORT Error in_field(Error error, std::string_view name);
/// The integer in a number or bigint, if it is one and lies in the bounds.
TURNTABLE_EXPORT std::optional<std::int64_t> signed_integer(const JsValue& value);
TURNTABLE_EXPORT std::optional<std::uint64_t> unsigned_integer(const JsValue& value);
/// The bytes of an ArrayBuffer or a view on one.
TURNTABLE_EXPORT std::optional<ByteView> bytes_of(const JsValue& value);

template <class M>
JsValue to_js(const M& value) {
    if constexpr (is_optional<M>) {
        return value ? to_js(*value) : JsValue(nullptr);
    } else if constexpr (is_list<M>) {
        JsArray array;
        array.elements.reserve(value.size());
        for (const typename M::value_type& element : value) {
            array.elements.push_back(to_js(element));
        }
        return array;
    } else if constexpr (std::same_as<M, bool> || std::same_as<M, double> ||
                         std::same_as<M, std::string>) {
        return JsValue(value);
    } else if constexpr (std::same_as<M, Bytes>) {
        return js_uint8_array(value);
    } else if constexpr (std::is_enum_v<M>) {
        return to_js(static_cast<std::underlying_type_t<M>>(value));
    } else if constexpr (NumberLike<M>) {
        if constexpr (sizeof(M) <= sizeof(std::int32_t)) {
            return JsValue(static_cast<double>(value));
        } else {
            return JsValue(BigInteger(value));
        }
    } else {
        JsObject object;
        object.properties.reserve(field_count<M>());
        description<M>.each_field([&](const auto& field) {
            object.properties.emplace_back(std::string(field.name), to_js(value.*field.member));
        });
        return object;
    }
}

template <class M>
Result<void> from_js(const JsValue& value, M& out);

template <class M>
Result<void> integer_from_js(const JsValue& value, M& out) {
    if constexpr (std::is_signed_v<M>) {
        const std::optional<std::int64_t> found = signed_integer(value);
        if (found && *found >= std::numeric_limits<M>::min() &&
            *found <= std::numeric_limits<M>::max()) {
            out = static_cast<M>(*found);
            return {};
        }
    } else {
        const std::optional<std::uint64_t> found = unsigned_integer(value);
        if (found && *found <= std::numeric_limits<M>::max()) {
            out = static_cast<M>(*found);
            return {};
        }
    }
    return wrong_property(type_name<M>(), value);
}

template <class M>
Result<void> list_from_js(const JsValue& value, M& out) {
    const JsArray* array = value.as<JsArray>();
    if (array == nullptr) {
        return wrong_property(type_name<M>(), value);
    }
    out.clear();
    out.reserve(array->elements.size());
    for (std::size_t i = 0; i < array->elements.size(); ++i) {
        typename M::value_type element{};
        if (Result<void> read = from_js(array->elements[i], element); !read) {
            return in_field(std::move(read).error(), std::to_string(i));
        }
        out.push_back(std::move(element));
    }
    return {};
}

template <class M>
Result<void> object_from_js(const JsValue& value, M& out) {
    const JsObject* object = value.as<JsObject>();
    if (object == nullptr) {
        return wrong_property("an object", value);
    }
    static const JsValue missing;
    Result<void> result;
    std::size_t at = 0;
    description<M>.each_field([&](const auto& field) {
        if (!result) {
            return;
        }
        // What we wrote has its properties in the order of the fields.
        const bool in_place =
            at < object->properties.size() && object->properties[at].first == field.name;
        const JsValue* property =
            in_place ? &object->properties[at].second : object->find(field.name);
        ++at;
        result = from_js(property == nullptr ? missing : *property, out.*field.member);
        if (!result) {
            result = in_field(std::move(result).error(), field.name);
        }
    });
    return result;
}

/// Reads what to_js wrote, and what a JavaScript program would: integers of all widths as numbers
/// or bigints, nothing as null or as no property. Properties without a field are left out.
template <class M>
Result<void> from_js(const JsValue& value, M& out) {
    if constexpr (is_optional<M>) {
        if (value.is_null() || value.is_undefined()) {
            out.reset();
            return {};
        }
        return from_js(value, out.emplace());
    } else if constexpr (is_list<M>) {
        return list_from_js(value, out);
    } else if constexpr (std::same_as<M, bool>) {
        const bool* found = value.boolean();
        out = found != nullptr && *found;
        return found != nullptr ? Result<void>() : wrong_property("bool", value);
    } else if constexpr (std::same_as<M, double>) {
        const double* found = value.number();
        out = found != nullptr ? *found : 0;
        return found != nullptr ? Result<void>() : wrong_property("double", value);
    } else if constexpr (std::same_as<M, std::string>) {
        const std::string* found = value.text();
        out = found != nullptr ? *found : std::string();
        return found != nullptr ? Result<void>() : wrong_property("string", value);
    } else if constexpr (std::same_as<M, Bytes>) {
        const std::optional<ByteView> found = bytes_of(value);
        out = Bytes::copy(found.value_or(ByteView()));
        return found ? Result<void>() : wrong_property("bytes", value);
    } else if constexpr (std::is_enum_v<M>) {
        std::underlying_type_t<M> number{};
        TURNTABLE_CHECK(integer_from_js(value, number));
        out = static_cast<M>(number);
        return {};
    } else if constexpr (NumberLike<M>) {
        return integer_from_js(value, out);
    } else {
        return object_from_js(value, out);
    }
}

/// A value of a field, as the part of a key or a filter. What names no value of a field is left to
/// the checks at run time.
template <class V>
KeyPart key_part(const V& value) {
    if constexpr (std::is_enum_v<V>) {
        return KeyPart(static_cast<std::underlying_type_t<V>>(value));
    } else if constexpr (std::same_as<V, Bytes> || std::same_as<V, ByteView>) {
        return KeyPart(BytesPart{value.to_string()});
    } else {
        return KeyPart(value);
    }
}

}  // namespace turntable::inline v0::kv::detail
