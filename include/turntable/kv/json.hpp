#pragma once

#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv {

/// \file
/// Values as JSON, for people and for tools.
///
/// Purpose: a JavaScript value that JSON can hold is written as itself. What JSON lacks is an
/// object with one member whose name starts with `$`. Outermost only:
///
/// - `{"$text": "abc"}` plain bytes that are UTF-8; `{"$bytes": "AAE="}` other plain bytes
/// - `{"$u64": "42"}` a counter
///
/// Everywhere:
///
/// - `{"$undefined": true}` and, in an array, `{"$hole": true}` for an element that is not there
/// - `{"$number": "NaN"}`, also Infinity and -Infinity; -0 is written as `-0.0`
/// - `{"$bigint": "42"}`
/// - `{"$date": "2024-01-31T12:00:00.000Z"}`; outside the years 0 to 9999 a number of
///   milliseconds since 1970; null when invalid
/// - `{"$map": [[key, value], ...]}`, `{"$set": [value, ...]}`
/// - `{"$regexp": ["pattern", "flags"]}`
/// - `{"$error": {"kind": "TypeError", "message": m, "stack": s, "cause": c}}`, all but the kind
///   may be left out
/// - `{"$bytes": "AAE="}` inside: a Uint8Array with a buffer of its own
/// - `{"$buffer": "AAE="}` an ArrayBuffer; `{"$buffer": ["AAE=", 16]}` one resizable up to 16
/// - `{"$view": ["Float64Array", buffer, offset, size]}` a typed array or DataView, in bytes; a
///   fifth item `true` if it follows the length of its buffer
/// - `{"$boxed": 1}` for `Object(1)`
/// - `{"$array": {"elements": [...], "length": 9, "properties": [[name, value], ...]}}` an array
///   that is sparse or has properties
/// - `{"$object": [[name, value], ...]}` an object that would read as one of these forms, or has
///   a name twice
/// - `{"$wtf8": "7aCA"}` a string with half a surrogate pair: base64 of its WTF-8
/// - `{"$ref": 2}` an object that appeared before, counted from 0 in order of appearance; a view
///   counts after its buffer
///
/// Every value that decode_v8 reads comes back from its JSON as the same value. Lost is only what
/// has no meaning in JavaScript: the form in which V8 stored a number or a string, and the bits of
/// a NaN. An integer in JSON that a double cannot hold is an error, not rounded; write it as
/// `$bigint` or as text.
/// Ownership, threads: plain functions over values.
/// Errors: serialization for what is not JSON (with the position), names that appear twice and
/// ill-formed `$` forms; limit_exceeded for nesting deeper than max_js_depth.

/// A stored value as JSON on one line.
TURNTABLE_EXPORT Result<std::string> to_json(const Value& value);

/// A value to store: a JavaScript value, or plain bytes or a counter where the text says so.
TURNTABLE_EXPORT Result<Value> from_json(std::string_view json);

/// The same for a JavaScript value alone; `$bytes` is a Uint8Array everywhere.
TURNTABLE_EXPORT Result<std::string> js_to_json(const JsValue& value);
TURNTABLE_EXPORT Result<JsValue> js_from_json(std::string_view json);

}  // namespace turntable::inline v0::kv
