#include "kv/collection/condition.hpp"

#include <algorithm>
#include <utility>

#include "turntable/core/nearest_name.hpp"
#include "turntable/kv/collection/codec.hpp"

namespace turntable::inline v0::kv {

namespace {

using detail::FilterKind;
using detail::FilterNode;

std::shared_ptr<const FilterNode> node_of(const Filter& filter) {
    static const auto everything = std::make_shared<const FilterNode>();
    return filter.node() == nullptr ? everything : filter.node();
}

Filter of(FilterKind kind, std::vector<std::shared_ptr<const FilterNode>> parts) {
    std::size_t depth = 0;
    for (const auto& part : parts) {
        depth = std::max(depth, part->depth);
        if (part->kind == FilterKind::too_deep || depth >= max_filter_depth) {
            // Kept shallow, so that neither a check nor the end of a filter runs deep.
            return Filter(FilterNode{FilterKind::too_deep, {}, {}, {}, 1});
        }
    }
    return Filter(FilterNode{kind, {}, {}, std::move(parts), depth + 1});
}

}  // namespace

Filter Filter::combined(FilterKind kind, const Filter& a, const Filter& b) {
    std::vector<std::shared_ptr<const FilterNode>> parts;
    for (const Filter* filter : {&a, &b}) {
        const auto node = node_of(*filter);
        if (node->kind == kind) {
            parts.insert(parts.end(), node->parts.begin(), node->parts.end());
        } else {
            parts.push_back(node);
        }
    }
    return of(kind, std::move(parts));
}

Filter Filter::operator!() const { return of(FilterKind::none_of, {node_of(*this)}); }

namespace detail {

namespace {

std::size_t values_wanted(FilterKind kind) {
    switch (kind) {
        case FilterKind::between:
            return 2;
        case FilterKind::is_null:
            return 0;
        default:
            return 1;
    }
}

bool is_combination(FilterKind kind) {
    return kind == FilterKind::all_of || kind == FilterKind::any_of || kind == FilterKind::none_of;
}

Error unknown_field(const CollectionInfo& info, const std::string& name) {
    std::vector<std::string> names;
    for (const FieldInfo& field : info.fields) {
        names.push_back(field.name);
    }
    return Error(ErrorCode::invalid_argument,
                 name.empty() ? "the member has no field in the description"
                              : "there is no field " + name + did_you_mean(name, names))
        .with("field", name);
}

Result<void> check_values(const FilterNode& node, Condition& out) {
    if (node.kind != FilterKind::in && node.values.size() != values_wanted(node.kind)) {
        return Error(ErrorCode::invalid_argument, "wrong number of values");
    }
    const ScalarKind kind = out.field.type.kind;
    if (node.kind == FilterKind::prefix && kind != ScalarKind::text && kind != ScalarKind::bytes) {
        return Error(ErrorCode::type_mismatch, "only text and bytes have a prefix");
    }
    for (const KeyPart& value : node.values) {
        TURNTABLE_CHECK(append_part(out.field.type, value, out.values.emplace_back()));
    }
    if (node.kind == FilterKind::prefix) {
        out.values.front().pop_back();  // the end of the text
    }
    if (node.kind == FilterKind::in) {
        std::ranges::sort(out.values);
        const auto repeated = std::ranges::unique(out.values);
        out.values.erase(repeated.begin(), repeated.end());
    }
    return {};
}

Result<Condition> check(const CollectionInfo& info, const FilterNode& node) {
    Condition out;
    out.kind = node.kind;
    if (node.kind == FilterKind::too_deep) {
        return Error(ErrorCode::limit_exceeded, "the filter is nested deeper than " +
                                                    std::to_string(max_filter_depth) + " levels");
    }
    if (node.kind == FilterKind::everything) {
        return out;
    }
    if (is_combination(node.kind)) {
        for (const auto& part : node.parts) {
            TURNTABLE_TRY(Condition condition, check(info, *part));
            out.parts.push_back(std::move(condition));
        }
        return out;
    }
    const FieldInfo* field = info.find_field(node.field);
    if (field == nullptr) {
        return unknown_field(info, node.field);
    }
    if (node.kind == FilterKind::is_null && !scalar_type(field->type)) {
        out.field.name = node.field;
        out.is_scalar = false;
        return out;
    }
    TURNTABLE_TRY(out.field, scalar_field(info, node.field));
    if (Result<void> checked = check_values(node, out); !checked) {
        return in_field(std::move(checked).error(), node.field).with("field", node.field);
    }
    return out;
}

bool compares(const Condition& condition, ByteView part) {
    const auto value = [&](std::size_t at) { return ByteView(condition.values[at]); };
    switch (condition.kind) {
        case FilterKind::eq:
            return part == value(0);
        case FilterKind::lt:
            return part < value(0);
        case FilterKind::le:
            return part <= value(0);
        case FilterKind::gt:
            return part > value(0);
        case FilterKind::ge:
            return part >= value(0);
        case FilterKind::between:
            return part >= value(0) && part <= value(1);
        case FilterKind::in:
            return std::ranges::binary_search(
                condition.values, part.text(), {},
                [](const auto& one) { return std::string_view(one); });
        default:
            return part.starts_with(value(0));
    }
}

Result<bool> any_holds(const std::vector<Condition>& parts, const JsObject& record, bool wanted) {
    for (const Condition& part : parts) {
        TURNTABLE_TRY(const bool holds, part.holds(record));
        if (holds == wanted) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<bool> Condition::holds(const JsObject& record) const {
    switch (kind) {
        case FilterKind::everything:
            return true;
        case FilterKind::all_of:
            return any_holds(parts, record, false).transform([](bool one) { return !one; });
        case FilterKind::any_of:
            return any_holds(parts, record, true);
        case FilterKind::none_of:
            return any_holds(parts, record, true).transform([](bool one) { return !one; });
        default:
            break;
    }
    if (!is_scalar) {
        const JsValue* value = record.find(field.name);
        return value == nullptr || value->is_null() || value->is_undefined();
    }
    std::string part;
    TURNTABLE_CHECK(append_field(field, record, part));
    const bool null = field.type.nullable && ByteView(part) == null_part();
    if (kind == FilterKind::is_null) {
        return null;
    }
    if (kind == FilterKind::ne) {
        return part != values.front();
    }
    return !null && compares(*this, part);
}

Result<Condition> check_filter(const CollectionInfo& info, const Filter& filter) {
    return check(info, *node_of(filter));
}

Result<KnownIndex::Field> scalar_field(const CollectionInfo& info, const std::string& name) {
    const FieldInfo* field = info.find_field(name);
    if (field == nullptr) {
        return unknown_field(info, name);
    }
    const std::optional<ScalarType> type = scalar_type(field->type);
    if (!type) {
        return Error(ErrorCode::invalid_argument, "field " + name + " is of type " + field->type +
                                                      ", by which records cannot be compared")
            .with("field", name);
    }
    return KnownIndex::Field{name, *type};
}

std::string end_of_prefix(std::string start) {
    while (!start.empty() && start.back() == '\xff') {
        start.pop_back();
    }
    if (start.empty()) {
        return "\xff";
    }
    start.back() = static_cast<char>(static_cast<unsigned char>(start.back()) + 1);
    return start;
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
