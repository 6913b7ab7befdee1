#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kv/collection/condition.hpp"

namespace turntable::inline v0::kv::detail {

/// Values that one field may have: the parts in [start, end), or one value alone.
struct PartRange {
    std::string start;
    std::string end;
    /// The one value, where there is only one.
    std::optional<std::string> point;
};

/// How a query reads: which ranges of which index, and what order that gives.
struct Access {
    /// The index, or the records themselves as if they were one, by their primary key.
    KnownIndex index;
    bool is_primary = false;
    /// Ascending and disjoint.
    std::vector<KeyRange> ranges;
    /// By fields of the index: the value that the filter sets it to.
    std::vector<std::optional<std::string>> constants;
    /// Whether the filter bounds what is read.
    bool bounded = false;
    /// Whether entries come in the order that was asked for.
    bool in_order = false;
    /// All records or entries are looked at to find the ones asked for.
    bool scans = false;
};

/// The order of a query's results: fields, and at last the primary key.
struct ResultOrder {
    struct Field {
        KnownIndex::Field field;
        bool descending = false;
    };
    /// The last is the primary key.
    std::vector<Field> fields;
};

/// Chooses how to read. `order` is completed: by the primary key, and by the order of the chosen
/// index if none was asked for.
Access choose_access(const KnownState& known, const CollectionKeys& keys,
                     const Condition& condition, ResultOrder& order);

}  // namespace turntable::inline v0::kv::detail
