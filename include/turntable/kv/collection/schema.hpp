#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

/// What happens to the records that refer to a record when that is removed.
enum class OnRemove : std::uint8_t {
    none,  ///< nothing: the reference is a key like any other, and is not checked
    restrict,  ///< the removal is refused while there are such records
    cascade,  ///< they are removed in the same commit
};
TURNTABLE_EXPORT std::string_view to_string(OnRemove action) noexcept;

/// A field as data: its name, and its type as text: `bool`, `int8` to `uint64`, `double`,
/// `string`, `bytes`, `list<T>`, `object{name:T,...}`, `optional<T>`.
///
/// Purpose: what is stored about a field. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct FieldInfo {
    std::string name;
    std::string type;

    bool operator==(const FieldInfo&) const = default;
};

/// An index as data: the fields whose values it is ordered by, in this order.
///
/// Purpose: what is stored about an index. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct IndexInfo {
    std::string name;
    std::vector<std::string> fields;
    bool unique = false;

    bool operator==(const IndexInfo&) const = default;
};

/// A reference as data: the field holds the primary key of a record of the collection `target`.
///
/// Purpose: what is stored about a reference. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct ReferenceInfo {
    std::string field;
    std::string target;
    OnRemove on_remove = OnRemove::none;

    bool operator==(const ReferenceInfo&) const = default;
};

/// A description of records as data.
///
/// Purpose: what a database remembers of a collection, and what a migration changes.
/// Ownership: owns its texts. Threads: a value. Errors: none.
struct CollectionInfo {
    std::string name;
    std::string primary_key;
    std::vector<FieldInfo> fields;
    std::vector<IndexInfo> indexes;
    std::vector<ReferenceInfo> references;

    const FieldInfo* find_field(std::string_view field) const noexcept;
    const IndexInfo* find_index(std::string_view index) const noexcept;
};

/// Sixteen hexadecimal digits that are the same for the same fields, primary key and indexes, in
/// whatever order they are named. References are no part of it: they change nothing that is stored
/// in records.
TURNTABLE_EXPORT std::string fingerprint(const CollectionInfo& info);

namespace detail {

/// What a scalar field holds, for keys and comparisons.
enum class ScalarKind : std::uint8_t { boolean, integer, number, text, bytes };

/// Purpose: the type text of a scalar field, read. Ownership, threads: a value. Errors: none.
struct ScalarType {
    ScalarKind kind = ScalarKind::text;
    bool nullable = false;
};

/// None if the type is no scalar and so cannot be in an index or a filter.
TURNTABLE_EXPORT std::optional<ScalarType> scalar_type(std::string_view type) noexcept;

/// Appends the key part by which this value of a field is ordered. Null comes before all others;
/// -0 is 0, and all NaN are one number above all others.
/// Errors: type_mismatch for a value of another kind, invalid_argument for text that is not UTF-8.
TURNTABLE_EXPORT Result<void> append_part(ScalarType type, const JsValue& value, std::string& out);
/// The same for the value of a filter or a search. Errors: as above.
TURNTABLE_EXPORT Result<void> append_part(ScalarType type, const KeyPart& value, std::string& out);
/// The part of null.
TURNTABLE_EXPORT void append_null(std::string& out);

}  // namespace detail

}  // namespace turntable::inline v0::kv
