#pragma once

#include <array>
#include <string_view>

// The names that JSON reader and writer share; see turntable/kv/json.hpp for their meaning.
namespace turntable::inline v0::kv::codec::json {

namespace form {
inline constexpr std::string_view text = "$text";
inline constexpr std::string_view bytes = "$bytes";
inline constexpr std::string_view u64 = "$u64";
inline constexpr std::string_view undefined = "$undefined";
inline constexpr std::string_view hole = "$hole";
inline constexpr std::string_view number = "$number";
inline constexpr std::string_view big_integer = "$bigint";
inline constexpr std::string_view date = "$date";
inline constexpr std::string_view map = "$map";
inline constexpr std::string_view set = "$set";
inline constexpr std::string_view regexp = "$regexp";
inline constexpr std::string_view error = "$error";
inline constexpr std::string_view buffer = "$buffer";
inline constexpr std::string_view view = "$view";
inline constexpr std::string_view boxed = "$boxed";
inline constexpr std::string_view array = "$array";
inline constexpr std::string_view object = "$object";
inline constexpr std::string_view wtf8 = "$wtf8";
inline constexpr std::string_view reference = "$ref";
}  // namespace form

/// By JsErrorKind.
inline constexpr std::array<std::string_view, 7> error_names{
    "Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"};

/// By JsViewKind.
inline constexpr std::array<std::string_view, 13> view_names{
    "Int8Array",     "Uint8Array",     "Uint8ClampedArray", "Int16Array",   "Uint16Array",
    "Int32Array",    "Uint32Array",    "Float16Array",      "Float32Array", "Float64Array",
    "BigInt64Array", "BigUint64Array", "DataView"};

}  // namespace turntable::inline v0::kv::codec::json
