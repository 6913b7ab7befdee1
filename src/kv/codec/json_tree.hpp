#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv::codec {

struct JsonTree;
using JsonArray = std::vector<JsonTree>;
/// Members in the order of the text; no name is there twice.
using JsonObject = std::vector<std::pair<std::string, JsonTree>>;

/// A parsed JSON text.
struct JsonTree {
    std::variant<std::nullptr_t, bool, double, std::string, JsonArray, JsonObject> value = nullptr;

    template <class T>
    const T* as() const {
        return std::get_if<T>(&value);
    }
};

Error json_error(std::string_view what);
Error json_too_deep();

/// Parses one JSON text. Arrays and objects may be nested `max_depth` deep. Integers that a
/// double cannot hold are errors.
Result<JsonTree> parse_json(std::string_view text, std::size_t max_depth);

/// A value takes up to four levels of JSON: {"$array": {"properties": [[name, value]]}}.
inline constexpr std::size_t max_json_depth = 4 * max_js_depth;

/// What from_json gives for the text of this tree.
Result<Value> stored_value(const JsonTree& tree);

}  // namespace turntable::inline v0::kv::codec
