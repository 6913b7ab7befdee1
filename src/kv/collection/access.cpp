#include "kv/collection/access.hpp"

#include <algorithm>
#include <utility>

namespace turntable::inline v0::kv::detail {

namespace {

/// More ranges than this are not worth their reads.
constexpr std::size_t ranges_max = 256;

/// What the conditions that must all hold say about one field: disjoint ranges, ascending; none
/// if they say nothing.
using PartRanges = std::vector<PartRange>;

PartRange point(const std::string& value) { return {value, value + '\xff', value}; }

std::optional<PartRanges> ranges_of(const Condition& condition) {
    const bool nullable = condition.field.type.nullable;
    // Null fulfils no comparison.
    const std::string lowest = nullable ? null_part().to_string() + '\xff' : std::string();
    const std::string highest = "\xff";
    const auto value = [&](std::size_t at) { return condition.values[at]; };
    switch (condition.kind) {
        case FilterKind::eq:
            return PartRanges{point(value(0))};
        case FilterKind::in: {
            PartRanges out;
            std::ranges::transform(condition.values, std::back_inserter(out), point);
            return out;
        }
        case FilterKind::lt:
            return PartRanges{{lowest, value(0), {}}};
        case FilterKind::le:
            return PartRanges{{lowest, value(0) + '\xff', {}}};
        case FilterKind::gt:
            return PartRanges{{value(0) + '\xff', highest, {}}};
        case FilterKind::ge:
            return PartRanges{{value(0), highest, {}}};
        case FilterKind::between:
            return PartRanges{{value(0), value(1) + '\xff', {}}};
        case FilterKind::prefix:
            return PartRanges{{value(0), end_of_prefix(value(0)), {}}};
        case FilterKind::is_null:
            if (condition.is_scalar && nullable) {
                return PartRanges{point(null_part().to_string())};
            }
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

PartRanges intersection(const PartRanges& a, const PartRanges& b) {
    PartRanges out;
    for (const PartRange& one : a) {
        for (const PartRange& other : b) {
            PartRange both{std::max(one.start, other.start), std::min(one.end, other.end),
                           one.point ? one.point : other.point};
            if (both.start < both.end) {
                out.push_back(std::move(both));
            }
        }
    }
    return out;
}

std::optional<PartRanges> ranges_for(const Condition& condition, const std::string& field) {
    if (condition.kind != FilterKind::all_of) {
        return condition.field.name == field ? ranges_of(condition) : std::nullopt;
    }
    std::optional<PartRanges> out;
    for (const Condition& part : condition.parts) {
        std::optional<PartRanges> ranges =
            part.field.name == field ? ranges_of(part) : std::nullopt;
        if (ranges) {
            out = out ? intersection(*out, *ranges) : *std::move(ranges);
        }
    }
    return out;
}

bool all_points(const PartRanges& ranges) {
    return std::ranges::all_of(ranges, [](const PartRange& one) { return one.point.has_value(); });
}

std::vector<KeyRange> extended(const std::vector<std::string>& prefixes, const PartRanges& ranges) {
    std::vector<KeyRange> out;
    for (const std::string& prefix : prefixes) {
        for (const PartRange& range : ranges) {
            out.push_back({prefix + range.start, prefix + range.end});
        }
    }
    return out;
}

/// An index with the ranges that the condition leaves of it.
struct Candidate {
    Access access;
    /// The fields that the order of its entries is by, after those that are constant.
    std::vector<KnownIndex::Field> order;
    int score = 0;
};

void set_ranges(Candidate& candidate, const Condition& condition) {
    Access& access = candidate.access;
    std::vector<std::string> prefixes{access.index.prefix};
    bool open = true;  // the fields so far are all set to single values
    std::size_t points = 0;
    for (const KnownIndex::Field& field : access.index.fields) {
        const std::optional<PartRanges> ranges = ranges_for(condition, field.name);
        const bool single = ranges && ranges->size() == 1 && ranges->front().point;
        access.constants.push_back(single ? ranges->front().point : std::nullopt);
        if (!open || !ranges || prefixes.size() * ranges->size() > ranges_max) {
            open = false;
            continue;
        }
        access.bounded = true;
        candidate.score += single ? 100 : 50;
        if (!all_points(*ranges)) {
            access.ranges = extended(prefixes, *ranges);
            open = false;
            continue;
        }
        points += single ? 1 : 0;
        std::vector<std::string> longer;
        for (const std::string& prefix : prefixes) {
            for (const PartRange& range : *ranges) {
                longer.push_back(prefix + *range.point);
            }
        }
        prefixes = std::move(longer);
    }
    if (access.ranges.empty()) {
        for (const std::string& prefix : prefixes) {
            access.ranges.push_back({prefix, prefix + '\xff'});
        }
    }
    if (access.index.unique && points == access.index.fields.size()) {
        candidate.score += 1000;
    }
}

void set_order(Candidate& candidate, const KnownIndex::Field& primary_key) {
    const Access& access = candidate.access;
    for (std::size_t i = 0; i < access.index.fields.size(); ++i) {
        if (!access.constants[i] && access.index.fields[i].name != primary_key.name) {
            candidate.order.push_back(access.index.fields[i]);
        } else if (access.index.fields[i].name == primary_key.name) {
            break;  // nothing is left to be ordered
        }
    }
    candidate.order.push_back(primary_key);
}

/// Whether entries in the order of the candidate are in the order asked for, forwards or back.
bool gives_order(const Candidate& candidate, const Condition& condition,
                 const ResultOrder& wanted) {
    std::size_t at = 0;
    const bool descending = wanted.fields.back().descending;
    for (const ResultOrder::Field& one : wanted.fields) {
        const std::optional<PartRanges> ranges = ranges_for(condition, one.field.name);
        const bool constant = ranges && ranges->size() == 1 && ranges->front().point;
        const bool last = &one == &wanted.fields.back();
        if (constant && !last) {
            continue;
        }
        if (at == candidate.order.size() || candidate.order[at].name != one.field.name ||
            one.descending != descending) {
            return false;
        }
        ++at;
    }
    return at == candidate.order.size();
}

/// An order ends with the primary key, in the direction of the first field.
void complete(ResultOrder& order, const KnownIndex::Field& primary_key) {
    for (std::size_t i = 0; i < order.fields.size(); ++i) {
        if (order.fields[i].field.name == primary_key.name) {
            order.fields.resize(i + 1);
            return;
        }
    }
    const bool descending = !order.fields.empty() && order.fields.front().descending;
    order.fields.push_back({primary_key, descending});
}

Candidate make_candidate(KnownIndex index, bool is_primary, const Condition& condition,
                         const KnownIndex::Field& primary_key) {
    Candidate out;
    out.access.index = std::move(index);
    out.access.is_primary = is_primary;
    set_ranges(out, condition);
    set_order(out, primary_key);
    return out;
}

}  // namespace

Access choose_access(const KnownState& known, const CollectionKeys& keys,
                     const Condition& condition, ResultOrder& order) {
    const KnownIndex::Field primary_key{known.state.info.primary_key, known.primary_key};
    const bool any_order = order.fields.empty();
    complete(order, primary_key);
    Candidate best = make_candidate({"primary", {primary_key}, keys.record, true, true}, true,
                                    condition, primary_key);
    best.access.in_order = any_order || gives_order(best, condition, order);
    best.score += best.access.in_order ? 10 : 0;
    for (const KnownIndex& index : known.indexes) {
        if (!index.ready) {
            continue;
        }
        Candidate candidate = make_candidate(index, false, condition, primary_key);
        candidate.access.in_order = any_order || gives_order(candidate, condition, order);
        candidate.score += candidate.access.in_order ? 10 : 0;
        // For no order and no bound, the records themselves are as good.
        const bool useful = candidate.access.bounded || !any_order;
        if (useful && candidate.score > best.score) {
            best = std::move(candidate);
        }
    }
    Access access = std::move(best.access);
    if (any_order) {
        order.fields.clear();
        for (KnownIndex::Field& field : best.order) {
            order.fields.push_back({std::move(field), false});
        }
    }
    access.scans =
        !access.bounded && (!access.in_order || condition.kind != FilterKind::everything);
    return access;
}

}  // namespace turntable::inline v0::kv::detail
