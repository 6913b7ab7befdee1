#pragma once

/// \file
/// Migrations that change the description of a collection.
///
/// Purpose: `{2, "find users by age", "", kv::add_index("users", {"by_age", {"age"}}),
/// kv::remove_index("users", "by_age")}` in the list of a Migrator. They work on the stored
/// description and the stored objects, so that an old migration goes on working when the record
/// type changes again. All run in batches.
///
/// Each brings about a state and does nothing where that state is there already: a database whose
/// collection was made from the newest description takes all of them in its stride, and so does one
/// where the collection does not exist yet.
///
/// While an index is built, others may read and write, if they know the new description; they use
/// the index once it is complete. While records are rewritten (fields), others may read what was
/// not rewritten yet, and their writes give `busy`.
/// Ownership: actions own their texts. Threads: as MigrationAction.
/// Errors: `invalid_argument` for what does not fit the stored description, `already_exists` when
/// two records have the same values in a new unique index (resume after mending them).

#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/kv/collection/schema.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/migration.hpp"

namespace turntable::inline v0::kv {

/// Adds an index and fills it.
TURNTABLE_EXPORT MigrationAction add_index(std::string_view collection, IndexInfo index,
                                           Key place = {});
/// Removes an index and its entries.
TURNTABLE_EXPORT MigrationAction remove_index(std::string_view collection, std::string_view index,
                                              Key place = {});
/// Adds a field, with the same value in all records. `type` as in FieldInfo: what the compiler
/// makes of the member, such as `optional<int32>`.
TURNTABLE_EXPORT MigrationAction add_field(std::string_view collection, FieldInfo field,
                                           JsValue value, Key place = {});
/// Removes a field that is in no index and no reference, and its values.
TURNTABLE_EXPORT MigrationAction remove_field(std::string_view collection, std::string_view field,
                                              Key place = {});
/// Gives a field another name, in records, indexes and references.
TURNTABLE_EXPORT MigrationAction rename_field(std::string_view collection, std::string_view from,
                                              std::string_view to, Key place = {});

}  // namespace turntable::inline v0::kv
