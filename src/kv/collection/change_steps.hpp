#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "turntable/kv/collection/change.hpp"
#include "turntable/kv/collection/record_store.hpp"

namespace turntable::inline v0::kv {

/// A stored description, as a migration finds it.
struct FoundState {
    detail::CollectionState state;
    Versionstamp versionstamp;
};

/// The description, or none if the collection does not exist.
Result<std::optional<FoundState>> find_state(MigrationStep& step,
                                             const detail::CollectionKeys& keys,
                                             std::string_view name);

/// Adds to the step that the description becomes `state`, if it still is as found.
Result<void> change_state(MigrationStep& step, const detail::CollectionKeys& keys,
                          const FoundState& found, const detail::CollectionState& state);

/// A stored record in the hands of a migration.
struct FoundRecord {
    std::string primary_part;
    JsValue value;
    Versionstamp versionstamp;
};

/// Some records.
struct FoundRecords {
    std::vector<FoundRecord> records;
    /// None follows.
    bool ended = false;
};

/// The next records by primary key after the part `after`, as many as one step can check and
/// change.
Result<FoundRecords> next_records(MigrationStep& step, const detail::CollectionKeys& keys,
                                  const std::string& after);

}  // namespace turntable::inline v0::kv
