#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "kv/codec/json_format.hpp"
#include "kv/codec/json_tree.hpp"
#include "kv/codec/utf8.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/kv/json.hpp"

namespace turntable::inline v0::kv {

namespace {

using namespace codec::json;
using codec::JsonArray;
using codec::JsonObject;
using codec::JsonTree;

Error bad_form(std::string_view name) {
    return codec::json_error("ill-formed " + std::string(name));
}

// The form that an object is, or null: it has one member and the name of that starts with $.
const std::pair<std::string, JsonTree>* form_of(const JsonTree& tree) {
    const auto* members = tree.as<JsonObject>();
    const bool is_form =
        members != nullptr && members->size() == 1 && members->front().first.starts_with('$');
    return is_form ? &members->front() : nullptr;
}

const JsonTree* member(const JsonObject& object, std::string_view name) {
    const auto found = std::ranges::find(object, name, &JsonObject::value_type::first);
    return found == object.end() ? nullptr : &found->second;
}

bool is_true(const JsonTree& tree) {
    const bool* boolean = tree.as<bool>();
    return boolean != nullptr && *boolean;
}

Result<std::uint32_t> whole_number(const JsonTree& tree, std::string_view name) {
    const double* number = tree.as<double>();
    if (number == nullptr || !(*number >= 0 && *number <= UINT32_MAX) ||
        *number != std::trunc(*number)) {
        return bad_form(name);
    }
    return static_cast<std::uint32_t>(*number);
}

Result<std::string> base64(const JsonTree& tree, std::string_view name) {
    const auto* text = tree.as<std::string>();
    auto bytes = text == nullptr ? std::nullopt : from_base64(*text);
    if (!bytes) {
        return codec::json_error(std::string(name) + " is not base64");
    }
    return *std::move(bytes);
}

// Reads YYYY-MM-DDTHH:MM:SS[.mmm]Z.
std::optional<double> parse_iso_date(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00.000Z";
    constexpr std::string_view short_shape = "0000-00-00T00:00:00Z";
    const std::string_view expected = text.size() == shape.size() ? shape : short_shape;
    if (text.size() != expected.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (expected[i] == '0' ? !digit : text[i] != expected[i]) {
            return std::nullopt;
        }
    }
    const auto field = [text](std::size_t from, std::size_t count) {
        int number = 0;
        std::from_chars(text.data() + from, text.data() + from + count, number);
        return number;
    };
    const std::chrono::year_month_day date{std::chrono::year(field(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(field(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(field(8, 2)))};
    if (!date.ok() || field(11, 2) > 23 || field(14, 2) > 59 || field(17, 2) > 59) {
        return std::nullopt;
    }
    const auto seconds = std::chrono::sys_days(date).time_since_epoch() +
                         std::chrono::hours(field(11, 2)) + std::chrono::minutes(field(14, 2)) +
                         std::chrono::seconds(field(17, 2));
    const int fraction = text.size() == shape.size() ? field(20, 3) : 0;
    return static_cast<double>(std::chrono::milliseconds(seconds).count() + fraction);
}

class Reader {
  public:
    Result<JsValue> value(const JsonTree& tree) {
        if (depth_ == max_js_depth) {
            return codec::json_too_deep();
        }
        ++depth_;
        auto read = untracked_value(tree);
        --depth_;
        return read;
    }

  private:
    struct Seen {
        std::shared_ptr<JsNode> node;
        bool open;  // its content is being read
    };

    Result<JsValue> untracked_value(const JsonTree& tree) {
        if (const bool* boolean = tree.as<bool>()) {
            return JsValue(*boolean);
        }
        if (const double* number = tree.as<double>()) {
            return JsValue(*number);
        }
        if (const auto* text = tree.as<std::string>()) {
            return JsValue(*text);
        }
        if (const auto* elements = tree.as<JsonArray>()) {
            const std::size_t id = open(JsArray{});
            TURNTABLE_TRY(content<JsArray>(id).elements, array_elements(*elements));
            return close(id);
        }
        if (const auto* form = form_of(tree)) {
            return read_form(form->first, form->second);
        }
        if (const auto* members = tree.as<JsonObject>()) {
            const std::size_t id = open(JsObject{});
            for (const auto& [name, inner] : *members) {
                TURNTABLE_TRY(JsValue property, value(inner));
                content<JsObject>(id).properties.emplace_back(name, std::move(property));
            }
            return close(id);
        }
        return JsValue(nullptr);
    }

    Result<JsValue> read_form(std::string_view name, const JsonTree& inner) {
        using Read = Result<JsValue> (Reader::*)(const JsonTree&);
        struct Form {
            std::string_view name;
            Read read;
        };
        static constexpr Form forms[] = {
            {form::undefined, &Reader::undefined},
            {form::number, &Reader::number},
            {form::big_integer, &Reader::big_integer},
            {form::date, &Reader::date},
            {form::map, &Reader::map},
            {form::set, &Reader::set},
            {form::regexp, &Reader::regexp},
            {form::error, &Reader::error},
            {form::bytes, &Reader::bytes},
            {form::buffer, &Reader::buffer},
            {form::view, &Reader::view},
            {form::boxed, &Reader::boxed},
            {form::array, &Reader::array},
            {form::object, &Reader::object},
            {form::wtf8, &Reader::wtf8},
            {form::reference, &Reader::reference},
        };
        const auto* found = std::ranges::find(forms, name, &Form::name);
        if (found == std::end(forms)) {
            return codec::json_error("unknown form \"" + std::string(name) +
                                     "\" at this place (an object with only this member is "
                                     "written as {\"$object\": [[name, value]]})");
        }
        return (this->*found->read)(inner);
    }

    JsValue add(JsNode::Content content) {
        seen_.push_back({std::make_shared<JsNode>(std::move(content)), false});
        return seen_.back().node;
    }
    std::size_t open(JsNode::Content content) {
        add(std::move(content));
        seen_.back().open = true;
        return seen_.size() - 1;
    }
    JsValue close(std::size_t id) {
        seen_[id].open = false;
        return seen_[id].node;
    }
    template <class T>
    T& content(std::size_t id) {
        return std::get<T>(seen_[id].node->content);
    }

    Result<std::string> text(const JsonTree& tree) {
        if (const auto* plain = tree.as<std::string>()) {
            return *plain;
        }
        const auto* form = form_of(tree);
        if (form == nullptr || form->first != form::wtf8) {
            return codec::json_error("something else where text must be");
        }
        TURNTABLE_TRY(std::string bytes, base64(form->second, form::wtf8));
        if (!codec::is_well_formed(bytes, codec::Utf::wtf8)) {
            return bad_form(form::wtf8);
        }
        return bytes;
    }

    Result<std::vector<JsValue>> array_elements(const JsonArray& trees) {
        std::vector<JsValue> elements;
        elements.reserve(trees.size());
        for (const JsonTree& tree : trees) {
            const auto* form = form_of(tree);
            if (form != nullptr && form->first == form::hole && is_true(form->second)) {
                elements.push_back(JsValue::hole());
                continue;
            }
            TURNTABLE_TRY(JsValue element, value(tree));
            elements.push_back(std::move(element));
        }
        return elements;
    }

    Result<std::vector<JsProperty>> properties(const JsonTree& tree, std::string_view name) {
        const auto* pairs = tree.as<JsonArray>();
        if (pairs == nullptr) {
            return bad_form(name);
        }
        std::vector<JsProperty> all;
        all.reserve(pairs->size());
        for (const JsonTree& pair : *pairs) {
            const auto* items = pair.as<JsonArray>();
            if (items == nullptr || items->size() != 2) {
                return bad_form(name);
            }
            TURNTABLE_TRY(std::string property_name, text((*items)[0]));
            TURNTABLE_TRY(JsValue property, value((*items)[1]));
            all.emplace_back(std::move(property_name), std::move(property));
        }
        return all;
    }

    Result<JsValue> undefined(const JsonTree& tree) {
        return is_true(tree) ? Result<JsValue>(JsValue()) : bad_form(form::undefined);
    }

    Result<JsValue> number(const JsonTree& tree) {
        const auto* name = tree.as<std::string>();
        if (name != nullptr && *name == "NaN") {
            return JsValue(std::numeric_limits<double>::quiet_NaN());
        }
        if (name != nullptr && (*name == "Infinity" || *name == "-Infinity")) {
            const double infinity = std::numeric_limits<double>::infinity();
            return JsValue(name->starts_with('-') ? -infinity : infinity);
        }
        return bad_form(form::number);
    }

    Result<JsValue> big_integer(const JsonTree& tree) {
        const auto* digits = tree.as<std::string>();
        if (digits == nullptr) {
            return bad_form(form::big_integer);
        }
        auto integer = BigInteger::from_decimal(*digits);
        if (!integer && integer.error().code() == ErrorCode::limit_exceeded) {
            return std::move(integer).error();
        }
        return integer ? Result<JsValue>(*std::move(integer)) : bad_form(form::big_integer);
    }

    Result<JsValue> date(const JsonTree& tree) {
        if (tree.as<std::nullptr_t>() != nullptr) {
            return add(JsDate{std::numeric_limits<double>::quiet_NaN()});
        }
        if (const double* milliseconds = tree.as<double>()) {
            return add(JsDate{*milliseconds});
        }
        if (const auto* form = form_of(tree); form != nullptr && form->first == form::number) {
            TURNTABLE_TRY(const JsValue milliseconds, number(form->second));
            return add(JsDate{*milliseconds.number()});
        }
        const auto* iso = tree.as<std::string>();
        const auto milliseconds = iso == nullptr ? std::nullopt : parse_iso_date(*iso);
        return milliseconds ? Result<JsValue>(add(JsDate{*milliseconds})) : bad_form(form::date);
    }

    Result<JsValue> map(const JsonTree& tree) {
        const auto* pairs = tree.as<JsonArray>();
        if (pairs == nullptr) {
            return bad_form(form::map);
        }
        const std::size_t id = open(JsMap{});
        for (const JsonTree& pair : *pairs) {
            const auto* items = pair.as<JsonArray>();
            if (items == nullptr || items->size() != 2) {
                return bad_form(form::map);
            }
            TURNTABLE_TRY(JsValue key, value((*items)[0]));
            TURNTABLE_TRY(JsValue mapped, value((*items)[1]));
            content<JsMap>(id).entries.emplace_back(std::move(key), std::move(mapped));
        }
        return close(id);
    }

    Result<JsValue> set(const JsonTree& tree) {
        const auto* members = tree.as<JsonArray>();
        if (members == nullptr) {
            return bad_form(form::set);
        }
        const std::size_t id = open(JsSet{});
        for (const JsonTree& inner : *members) {
            TURNTABLE_TRY(JsValue member_value, value(inner));
            content<JsSet>(id).values.push_back(std::move(member_value));
        }
        return close(id);
    }

    Result<JsValue> regexp(const JsonTree& tree) {
        const auto* items = tree.as<JsonArray>();
        if (items == nullptr || items->size() != 2) {
            return bad_form(form::regexp);
        }
        TURNTABLE_TRY(std::string pattern, text((*items)[0]));
        TURNTABLE_TRY(std::string flags, text((*items)[1]));
        return add(JsRegExp{std::move(pattern), std::move(flags)});
    }

    Result<JsValue> error(const JsonTree& tree) {
        const auto* members = tree.as<JsonObject>();
        const JsonTree* kind = members == nullptr ? nullptr : member(*members, "kind");
        const auto* name = kind == nullptr ? nullptr : kind->as<std::string>();
        const auto known =
            name == nullptr ? error_names.end() : std::ranges::find(error_names, *name);
        if (known == error_names.end()) {
            return bad_form(form::error);
        }
        const std::size_t id = open(JsError{});
        JsError result;
        result.kind = static_cast<JsErrorKind>(known - error_names.begin());
        for (const auto& [part, inner] : *members) {
            if (part == "message") {
                TURNTABLE_TRY(result.message, text(inner));
            } else if (part == "stack") {
                TURNTABLE_TRY(result.stack, text(inner));
            } else if (part == "cause") {
                TURNTABLE_TRY(result.cause, value(inner));
            } else if (part != "kind") {
                return bad_form(form::error);
            }
        }
        content<JsError>(id) = std::move(result);
        return close(id);
    }

    Result<JsValue> bytes(const JsonTree& tree) {
        TURNTABLE_TRY(std::string raw, base64(tree, form::bytes));
        const auto size = static_cast<std::uint32_t>(raw.size());
        JsValue own_buffer = add(JsArrayBuffer{std::move(raw), std::nullopt});
        return add(JsView{JsViewKind::uint8, std::move(own_buffer), 0, size, false});
    }

    Result<JsValue> buffer(const JsonTree& tree) {
        const auto* items = tree.as<JsonArray>();
        if (items == nullptr) {
            TURNTABLE_TRY(std::string raw, base64(tree, form::buffer));
            return add(JsArrayBuffer{std::move(raw), std::nullopt});
        }
        if (items->size() != 2) {
            return bad_form(form::buffer);
        }
        TURNTABLE_TRY(std::string raw, base64((*items)[0], form::buffer));
        TURNTABLE_TRY(const std::uint32_t bound, whole_number((*items)[1], form::buffer));
        return add(JsArrayBuffer{std::move(raw), bound});
    }

    Result<JsValue> view(const JsonTree& tree) {
        const auto* items = tree.as<JsonArray>();
        if (items == nullptr || items->size() < 4 || items->size() > 5 ||
            (items->size() == 5 && !is_true((*items)[4]))) {
            return bad_form(form::view);
        }
        const auto* name = (*items)[0].as<std::string>();
        const auto kind = name == nullptr ? view_names.end() : std::ranges::find(view_names, *name);
        const auto* form = form_of((*items)[1]);
        if (kind == view_names.end() || form == nullptr ||
            (form->first != form::buffer && form->first != form::reference)) {
            return bad_form(form::view);
        }
        TURNTABLE_TRY(JsValue source, read_form(form->first, form->second));
        TURNTABLE_TRY(const std::uint32_t offset, whole_number((*items)[2], form::view));
        TURNTABLE_TRY(const std::uint32_t size, whole_number((*items)[3], form::view));
        return add(JsView{static_cast<JsViewKind>(kind - view_names.begin()), std::move(source),
                          offset, size, items->size() == 5});
    }

    Result<JsValue> boxed(const JsonTree& tree) {
        const std::size_t id = open(JsBoxed{});
        TURNTABLE_TRY(JsValue primitive, value(tree));
        if (primitive.boolean() == nullptr && primitive.number() == nullptr &&
            primitive.big_integer() == nullptr && primitive.text() == nullptr) {
            return bad_form(form::boxed);
        }
        content<JsBoxed>(id).primitive = std::move(primitive);
        return close(id);
    }

    Result<JsValue> array(const JsonTree& tree) {
        const auto* members = tree.as<JsonObject>();
        if (members == nullptr) {
            return bad_form(form::array);
        }
        const std::size_t id = open(JsArray{});
        JsArray result;
        for (const auto& [part, inner] : *members) {
            if (part == "elements" && inner.as<JsonArray>() != nullptr) {
                TURNTABLE_TRY(result.elements, array_elements(*inner.as<JsonArray>()));
            } else if (part == "properties") {
                TURNTABLE_TRY(result.properties, properties(inner, form::array));
            } else if (part == "length") {
                TURNTABLE_TRY(result.length, whole_number(inner, form::array));
            } else {
                return bad_form(form::array);
            }
        }
        content<JsArray>(id) = std::move(result);
        return close(id);
    }

    Result<JsValue> object(const JsonTree& tree) {
        const std::size_t id = open(JsObject{});
        TURNTABLE_TRY(auto all, properties(tree, form::object));
        content<JsObject>(id).properties = std::move(all);
        return close(id);
    }

    Result<JsValue> wtf8(const JsonTree& tree) {
        TURNTABLE_TRY(std::string bytes, base64(tree, form::wtf8));
        if (!codec::is_well_formed(bytes, codec::Utf::wtf8)) {
            return bad_form(form::wtf8);
        }
        return JsValue(std::move(bytes));
    }

    Result<JsValue> reference(const JsonTree& tree) {
        TURNTABLE_TRY(const std::uint32_t id, whole_number(tree, form::reference));
        if (id >= seen_.size()) {
            return codec::json_error("$ref to an object that was not there");
        }
        return seen_[id].open ? JsValue::back_reference(seen_[id].node) : JsValue(seen_[id].node);
    }

    std::size_t depth_ = 0;
    std::vector<Seen> seen_;
};

Result<Value> counter(const JsonTree& tree) {
    const auto* digits = tree.as<std::string>();
    if (digits != nullptr) {
        const auto integer = BigInteger::from_decimal(*digits);
        if (const auto number = integer ? integer->to_uint64() : std::nullopt) {
            return Value::u64(*number);
        }
    }
    return bad_form(form::u64);
}

}  // namespace

Result<JsValue> js_from_json(std::string_view json) {
    TURNTABLE_TRY(const JsonTree tree, codec::parse_json(json, codec::max_json_depth));
    return Reader().value(tree);
}

Result<Value> from_json(std::string_view json) {
    TURNTABLE_TRY(const JsonTree tree, codec::parse_json(json, codec::max_json_depth));
    return codec::stored_value(tree);
}

Result<Value> codec::stored_value(const JsonTree& tree) {
    if (const auto* form = form_of(tree)) {
        const auto& [name, inner] = *form;
        if (name == form::u64) {
            return counter(inner);
        }
        if (name == form::bytes) {
            TURNTABLE_TRY(std::string bytes, base64(inner, form::bytes));
            return Value(std::move(bytes));
        }
        if (name == form::text) {
            const auto* text = inner.as<std::string>();
            return text != nullptr ? Result<Value>(Value(*text)) : bad_form(form::text);
        }
    }
    TURNTABLE_TRY(const JsValue value, Reader().value(tree));
    return Value::js(value);
}

}  // namespace turntable::inline v0::kv
