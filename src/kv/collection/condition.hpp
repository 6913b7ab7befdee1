#pragma once

#include <memory>
#include <string>
#include <vector>

#include "turntable/kv/collection/query.hpp"

namespace turntable::inline v0::kv::detail {

/// The first bytes of a part of null.
inline ByteView null_part() { return {"\x01\x00", 2}; }

/// A filter that was checked against a description, with its values encoded.
struct Condition {
    FilterKind kind = FilterKind::everything;
    KnownIndex::Field field;
    /// Of a field that no key can hold, which is_null may ask about.
    bool is_scalar = true;
    std::vector<std::string> values;
    std::vector<Condition> parts;

    /// Whether a record passes. Errors: type_mismatch for a stored value of another kind.
    Result<bool> holds(const JsObject& record) const;
};

/// Checks a filter. Errors: see Filter.
Result<Condition> check_filter(const CollectionInfo& info, const Filter& filter);

/// A field that a key can hold, by its name. Errors: invalid_argument.
Result<KnownIndex::Field> scalar_field(const CollectionInfo& info, const std::string& name);

/// The bytes after all that begin with `start`; nothing is beyond `ff`.
std::string end_of_prefix(std::string start);

}  // namespace turntable::inline v0::kv::detail
