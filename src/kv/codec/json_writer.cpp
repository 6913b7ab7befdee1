#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "kv/codec/json_format.hpp"
#include "kv/codec/json_tree.hpp"
#include "kv/codec/number_text.hpp"
#include "kv/codec/utf8.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/kv/json.hpp"

namespace turntable::inline v0::kv {

namespace {

using namespace codec::json;

void append_json_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    while (!text.empty()) {
        const auto point = codec::read_code_point(text, codec::Utf::utf8);
        const char c = text[0];
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out.append("\\n");
        } else if (point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0)) {
            out.append("\\u00");
            out.push_back(digits[point.value >> 4U]);
            out.push_back(digits[point.value & 15U]);
        } else {
            out.append(text.substr(0, point.size));
        }
        text.remove_prefix(point.size);
    }
    out.push_back('"');
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    out.append(width - std::min(width, digits.size()), '0').append(digits);
}

// A date in the years 0 to 9999 as JavaScript's toISOString writes it; empty for others.
std::string iso_date(double milliseconds) {
    constexpr double first = -62167219200000;  // 0000-01-01T00:00:00.000Z
    constexpr double last = 253402300799999;  // 9999-12-31T23:59:59.999Z
    if (!(milliseconds >= first && milliseconds <= last) ||
        milliseconds != std::trunc(milliseconds) ||
        (milliseconds == 0 && std::signbit(milliseconds))) {
        return {};
    }
    const std::chrono::sys_time<std::chrono::milliseconds> time(
        std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text;
    append_padded(text, static_cast<int>(date.year()), 4);
    append_padded(text += '-', static_cast<unsigned>(date.month()), 2);
    append_padded(text += '-', static_cast<unsigned>(date.day()), 2);
    append_padded(text += 'T', clock.hours().count(), 2);
    append_padded(text += ':', clock.minutes().count(), 2);
    append_padded(text += ':', clock.seconds().count(), 2);
    append_padded(text += '.', clock.subseconds().count(), 3);
    return text += 'Z';
}

class Writer {
  public:
    /// With `outermost_bytes` a Uint8Array may be `$bytes` at the outermost place too.
    explicit Writer(bool outermost_bytes) : outermost_bytes_(outermost_bytes) {}

    std::string finish() && { return std::move(out_); }

    Result<void> value(const JsValue& value) {
        if (depth_ == max_js_depth) {
            return codec::json_too_deep();
        }
        ++depth_;
        auto written = untracked_value(value);
        --depth_;
        return written;
    }

  private:
    Result<void> untracked_value(const JsValue& value) {
        if (value.is_undefined()) {
            form(form::undefined, "true");
        } else if (value.is_hole()) {
            form(form::hole, "true");
        } else if (value.is_null()) {
            out_.append("null");
        } else if (const bool* boolean = value.boolean()) {
            out_.append(*boolean ? "true" : "false");
        } else if (const double* found = value.number()) {
            number(*found);
        } else if (const BigInteger* integer = value.big_integer()) {
            form(form::big_integer, '"' + integer->to_decimal() + '"');
        } else if (const std::string* found_text = value.text()) {
            return text(*found_text);
        } else if (const std::shared_ptr<JsNode> object = value.node()) {
            return node(*object);
        } else {
            return codec::json_error("a back reference whose object is gone");
        }
        return {};
    }

    Result<void> node(const JsNode& object) {
        if (const auto known = ids_.find(&object); known != ids_.end()) {
            form(form::reference, std::to_string(known->second));
            return {};
        }
        if (const auto* window = std::get_if<JsView>(&object.content)) {
            return view(object, *window);
        }
        number_node(object);
        return std::visit([this](const auto& c) { return content(c); }, object.content);
    }
    void number_node(const JsNode& object) { ids_.emplace(&object, ids_.size()); }

    void open(std::string_view name) { out_.append("{\"").append(name).append("\":"); }
    void form(std::string_view name, std::string_view raw) {
        open(name);
        out_.append(raw).push_back('}');
    }

    // Writes the elements of `range` between brackets.
    template <class Range, class Write>
    Result<void> list(const Range& range, const Write& write) {
        out_.push_back('[');
        bool first = true;
        for (const auto& element : range) {
            if (!first) {
                out_.push_back(',');
            }
            first = false;
            TURNTABLE_CHECK(write(element));
        }
        out_.push_back(']');
        return {};
    }
    Result<void> values(const std::vector<JsValue>& all) {
        return list(all, [this](const JsValue& element) { return value(element); });
    }
    Result<void> entries(const std::vector<JsProperty>& properties) {
        return list(properties, [this](const JsProperty& property) -> Result<void> {
            out_.push_back('[');
            TURNTABLE_CHECK(text(property.first));
            out_.push_back(',');
            TURNTABLE_CHECK(value(property.second));
            out_.push_back(']');
            return {};
        });
    }

    // Whether an object reads back from plain members.
    static bool is_plain(const std::vector<JsProperty>& properties) {
        if (properties.size() == 1 && properties[0].first.starts_with('$')) {
            return false;
        }
        std::unordered_set<std::string_view> names;
        return std::ranges::all_of(properties, [&names](const JsProperty& property) {
            return names.insert(property.first).second &&
                   codec::is_well_formed(property.first, codec::Utf::utf8);
        });
    }

    Result<void> content(const JsObject& object) {
        if (!is_plain(object.properties)) {
            open(form::object);
            TURNTABLE_CHECK(entries(object.properties));
            out_.push_back('}');
            return {};
        }
        out_.push_back('{');
        for (const JsProperty& property : object.properties) {
            if (&property != object.properties.data()) {
                out_.push_back(',');
            }
            append_json_text(out_, property.first);
            out_.push_back(':');
            TURNTABLE_CHECK(value(property.second));
        }
        out_.push_back('}');
        return {};
    }

    Result<void> content(const JsArray& array) {
        const bool sparse = array.length > array.elements.size();
        if (!sparse && array.properties.empty()) {
            return values(array.elements);
        }
        open(form::array);
        out_.append("{\"elements\":");
        TURNTABLE_CHECK(values(array.elements));
        if (sparse) {
            out_.append(",\"length\":").append(std::to_string(array.length));
        }
        if (!array.properties.empty()) {
            out_.append(",\"properties\":");
            TURNTABLE_CHECK(entries(array.properties));
        }
        out_.append("}}");
        return {};
    }

    Result<void> content(const JsMap& map) {
        open(form::map);
        const auto pair = [this](const auto& entry) -> Result<void> {
            out_.push_back('[');
            TURNTABLE_CHECK(value(entry.first));
            out_.push_back(',');
            TURNTABLE_CHECK(value(entry.second));
            out_.push_back(']');
            return {};
        };
        TURNTABLE_CHECK(list(map.entries, pair));
        out_.push_back('}');
        return {};
    }

    Result<void> content(const JsSet& set) {
        open(form::set);
        TURNTABLE_CHECK(values(set.values));
        out_.push_back('}');
        return {};
    }

    Result<void> content(const JsDate& date) {
        open(form::date);
        const double milliseconds = date.milliseconds_since_1970;
        if (const std::string iso = iso_date(milliseconds); !iso.empty()) {
            append_json_text(out_, iso);
        } else if (std::isnan(milliseconds)) {
            out_.append("null");
        } else {
            number(milliseconds);
        }
        out_.push_back('}');
        return {};
    }

    Result<void> content(const JsRegExp& regexp) {
        open(form::regexp);
        out_.push_back('[');
        TURNTABLE_CHECK(text(regexp.pattern));
        out_.push_back(',');
        TURNTABLE_CHECK(text(regexp.flags));
        out_.append("]}");
        return {};
    }

    Result<void> content(const JsError& error) {
        open(form::error);
        out_.append("{\"kind\":");
        append_json_text(out_, error_names[static_cast<std::size_t>(error.kind)]);
        if (error.message) {
            out_.append(",\"message\":");
            TURNTABLE_CHECK(text(*error.message));
        }
        if (error.stack) {
            out_.append(",\"stack\":");
            TURNTABLE_CHECK(text(*error.stack));
        }
        if (error.cause) {
            out_.append(",\"cause\":");
            TURNTABLE_CHECK(value(*error.cause));
        }
        out_.append("}}");
        return {};
    }

    Result<void> content(const JsArrayBuffer& buffer) {
        const std::string bytes = '"' + to_base64(buffer.bytes) + '"';
        form(form::buffer,
             buffer.max_size ? '[' + bytes + ',' + std::to_string(*buffer.max_size) + ']' : bytes);
        return {};
    }

    Result<void> content(const JsBoxed& boxed) {
        if (boxed.primitive.node() != nullptr) {
            return codec::json_error("a boxed value that is no primitive");
        }
        open(form::boxed);
        TURNTABLE_CHECK(value(boxed.primitive));
        out_.push_back('}');
        return {};
    }

    // node() has views written by view().
    Result<void> content(const JsView& /*view*/) { return {}; }

    Result<void> view(const JsNode& object, const JsView& view) {
        const std::shared_ptr<JsNode> source = view.buffer.node();
        const auto* buffer = view.buffer.as<JsArrayBuffer>();
        if (buffer == nullptr) {
            return codec::json_error("a view without a buffer");
        }
        const bool whole = view.offset == 0 && view.size == buffer->bytes.size();
        const bool short_form = view.kind == JsViewKind::uint8 && whole && !buffer->max_size &&
                                !ids_.contains(source.get()) && (depth_ > 1 || outermost_bytes_);
        if (short_form) {
            number_node(*source);
            number_node(object);
            form(form::bytes, '"' + to_base64(buffer->bytes) + '"');
            return {};
        }
        open(form::view);
        out_.push_back('[');
        append_json_text(out_, view_names[static_cast<std::size_t>(view.kind)]);
        out_.push_back(',');
        TURNTABLE_CHECK(node(*source));
        number_node(object);
        out_.append("," + std::to_string(view.offset) + "," + std::to_string(view.size));
        out_.append(view.tracks_length ? ",true]}" : "]}");
        return {};
    }

    void number(double number) {
        if (std::isnan(number)) {
            form(form::number, "\"NaN\"");
        } else if (std::isinf(number)) {
            form(form::number, number < 0 ? "\"-Infinity\"" : "\"Infinity\"");
        } else if (number == 0 && std::signbit(number)) {
            out_.append("-0.0");
        } else {
            out_.append(codec::number_text(number));
        }
    }

    Result<void> text(std::string_view text) {
        if (codec::is_well_formed(text, codec::Utf::utf8)) {
            append_json_text(out_, text);
        } else if (codec::is_well_formed(text, codec::Utf::wtf8)) {
            form(form::wtf8, '"' + to_base64(text) + '"');
        } else {
            return codec::json_error("text that is not UTF-8");
        }
        return {};
    }

    bool outermost_bytes_;
    std::string out_;
    std::size_t depth_ = 0;
    std::unordered_map<const JsNode*, std::size_t> ids_;
};

Result<std::string> write(const JsValue& value, bool outermost_bytes) {
    Writer writer(outermost_bytes);
    TURNTABLE_CHECK(writer.value(value));
    return std::move(writer).finish();
}

}  // namespace

Result<std::string> js_to_json(const JsValue& value) { return write(value, true); }

Result<std::string> to_json(const Value& value) {
    std::string json = "{\"";
    switch (value.encoding()) {
        case ValueEncoding::v8: {
            TURNTABLE_TRY(const JsValue js, value.as_js());
            return write(js, false);
        }
        case ValueEncoding::le64: {
            TURNTABLE_TRY(const std::uint64_t counter, value.as_u64());
            json.append(form::u64).append("\":\"").append(std::to_string(counter)).append("\"}");
            return json;
        }
        case ValueEncoding::bytes:
            break;
    }
    const bool is_text = codec::is_well_formed(value.data().text(), codec::Utf::utf8);
    json.append(is_text ? form::text : form::bytes).append("\":");
    append_json_text(json, is_text ? value.data().to_string() : to_base64(value.data()));
    return json += '}';
}

}  // namespace turntable::inline v0::kv
