#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/collection/codec.hpp"
#include "turntable/kv/collection/description.hpp"
#include "turntable/kv/collection/record_store.hpp"
#include "turntable/kv/options.hpp"

namespace turntable::inline v0::kv {

namespace detail {

enum class FilterKind : std::uint8_t {
    everything,
    eq,
    ne,
    lt,
    le,
    gt,
    ge,
    between,
    in,
    prefix,
    is_null,
    all_of,
    any_of,
    none_of,
    too_deep,
};

/// One condition, or several combined.
struct FilterNode {
    FilterKind kind = FilterKind::everything;
    std::string field;
    std::vector<KeyPart> values;
    std::vector<std::shared_ptr<const FilterNode>> parts;
    std::size_t depth = 1;
};

/// The name of a field, or of the field over a member.
inline std::string field_name(std::string_view name) { return std::string(name); }
template <class T, class M>
std::string field_name(M T::* member) {
    return std::string(description<T>.name_of(member));
}
template <class F>
concept FieldName = requires(const F& field) { detail::field_name(field); };

}  // namespace detail

/// The deepest nesting of conditions in a filter.
inline constexpr std::size_t max_filter_depth = 100;
/// The most records of a page.
inline constexpr std::uint32_t max_page_records = 1000;

/// Which records a query gives.
///
/// Purpose: `kv::where("city").eq("Oslo") && !kv::where(&User::age).lt(18)`; a Filter of no
/// condition lets every record through. Values are compared as their keys are ordered: text by its
/// UTF-8 bytes, numbers by value with NaN above all others. A comparison with null is false, but
/// for `ne` and `is_null`; `!` turns true and false around.
/// Ownership: shares its conditions, which never change. Threads: a value.
/// Errors: told by the query: `invalid_argument` for an unknown field, one that is no scalar and
/// text that is not UTF-8, `type_mismatch` for a value of another kind than the field;
/// `limit_exceeded` beyond max_filter_depth.
class [[nodiscard]] TURNTABLE_EXPORT Filter {
  public:
    Filter() noexcept = default;
    explicit Filter(detail::FilterNode node)
        : node_(std::make_shared<const detail::FilterNode>(std::move(node))) {}

    friend Filter operator&&(const Filter& a, const Filter& b) {
        return combined(detail::FilterKind::all_of, a, b);
    }
    friend Filter operator||(const Filter& a, const Filter& b) {
        return combined(detail::FilterKind::any_of, a, b);
    }
    Filter operator!() const;

    /// Null: no condition.
    const std::shared_ptr<const detail::FilterNode>& node() const noexcept { return node_; }

  private:
    static Filter combined(detail::FilterKind kind, const Filter& a, const Filter& b);

    std::shared_ptr<const detail::FilterNode> node_;
};

/// A field of which a condition is made.
///
/// Purpose: what `kv::where` gives. Ownership: owns its name. Threads: a value. Errors: as Filter.
class [[nodiscard]] FieldCondition {
  public:
    explicit FieldCondition(std::string field) : field_(std::move(field)) {}

    template <class V>
    Filter eq(const V& value) const {
        return make(detail::FilterKind::eq, {detail::key_part(value)});
    }
    template <class V>
    Filter ne(const V& value) const {
        return make(detail::FilterKind::ne, {detail::key_part(value)});
    }
    template <class V>
    Filter lt(const V& value) const {
        return make(detail::FilterKind::lt, {detail::key_part(value)});
    }
    template <class V>
    Filter le(const V& value) const {
        return make(detail::FilterKind::le, {detail::key_part(value)});
    }
    template <class V>
    Filter gt(const V& value) const {
        return make(detail::FilterKind::gt, {detail::key_part(value)});
    }
    template <class V>
    Filter ge(const V& value) const {
        return make(detail::FilterKind::ge, {detail::key_part(value)});
    }
    /// Both ends are included.
    template <class V, class W>
    Filter between(const V& low, const W& high) const {
        return make(detail::FilterKind::between, {detail::key_part(low), detail::key_part(high)});
    }
    Filter in(std::initializer_list<KeyPart> values) const {
        return make(detail::FilterKind::in, values);
    }
    template <std::ranges::input_range Values>
    Filter in(const Values& values) const {
        std::vector<KeyPart> parts;
        for (const auto& value : values) {
            parts.push_back(detail::key_part(value));
        }
        return make(detail::FilterKind::in, std::move(parts));
    }
    /// Text or bytes that begin so.
    template <class V>
    Filter prefix(const V& start) const {
        return make(detail::FilterKind::prefix, {detail::key_part(start)});
    }
    Filter is_null() const { return make(detail::FilterKind::is_null, {}); }

  private:
    Filter make(detail::FilterKind kind, std::vector<KeyPart> values) const {
        return Filter(detail::FilterNode{kind, field_, std::move(values), {}, 1});
    }

    std::string field_;
};

/// Begins a condition: `where("age").ge(18)`, `where(&User::age).ge(18)`.
template <detail::FieldName F>
FieldCondition where(const F& field) {
    return FieldCondition(detail::field_name(field));
}

/// A field to order by, and in which direction.
///
/// Purpose: `{.order_by = {kv::ascending("city"), kv::descending(&User::age)}}`. Null comes first.
/// Ownership: owns its name. Threads: a value. Errors: told by the query.
struct Order {
    std::string field;
    bool descending = false;
};
template <detail::FieldName F>
Order ascending(const F& field) {
    return {detail::field_name(field), false};
}
template <detail::FieldName F>
Order descending(const F& field) {
    return {detail::field_name(field), true};
}

/// How a query is answered.
///
/// Purpose: order, size and place of a page. Ownership: borrows the cursors for the length of the
/// call. Threads: a value. Errors: told by the query: `invalid_argument` for a limit of 0 or above
/// max_page_records, both cursors, or a cursor of another query.
struct QueryOptions {
    /// Records that are equal in these are ordered by primary key. Empty: in whatever order the
    /// index has that is used.
    std::vector<Order> order_by = {};
    /// At most this many records in a page.
    std::uint32_t limit = 100;
    /// Page::next of the page before this one.
    std::string_view after = {};
    /// Page::previous of the page after this one.
    std::string_view before = {};
    /// False: `unsupported` instead of reading all records.
    bool allow_scan = true;
};

/// How a query is answered.
///
/// Purpose: to see whether an index is used. Ownership: owns its name. Threads: a value.
/// Errors: none.
struct QueryPlan {
    /// The index that is read, "primary" for the records by their primary key, or "scan".
    std::string index;
    /// All records, or all entries of the index, are read to find the ones asked for.
    bool scans = false;
    /// No index has the order asked for: all candidates are looked at for each page, and the best
    /// are kept.
    bool sorts = false;

    /// Such as `index by_city, sorted`.
    TURNTABLE_EXPORT std::string to_string() const;
};

/// Values for the fields of an index, from its first one on: `{"Oslo", 30}`.
///
/// Purpose: one argument for any number of values. Ownership: owns its values. Threads: a value.
/// Errors: told by the call: `type_mismatch` for a value of another kind than its field.
class [[nodiscard]] IndexValues {
  public:
    template <class... Values>
        requires(sizeof...(Values) > 0 && (!std::same_as<Values, IndexValues> && ...))
    IndexValues(const Values&... values) : parts_{detail::key_part(values)...} {}

    const std::vector<KeyPart>& parts() const noexcept { return parts_; }

  private:
    std::vector<KeyPart> parts_;
};

namespace detail {

/// A page of records as stored.
struct RecordPage {
    std::vector<StoredRecord> records;
    std::string next;
    std::string previous;
};

TURNTABLE_EXPORT Result<RecordPage> run_query(const RecordStore& store, const Filter& filter,
                                              const QueryOptions& options, const CallOptions& call);
/// A query for the records with these values in the first fields of an index, in its order.
struct IndexQuery {
    Filter filter;
    std::vector<Order> order_by;
};
TURNTABLE_EXPORT Result<IndexQuery> index_query(const RecordStore& store,
                                                std::string_view index_name,
                                                std::span<const KeyPart> values);
TURNTABLE_EXPORT Result<QueryPlan> explain_query(const RecordStore& store, const Filter& filter,
                                                 const QueryOptions& options);

}  // namespace detail

}  // namespace turntable::inline v0::kv
