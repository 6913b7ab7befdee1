#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "kv/codec/utf8.hpp"
#include "kv/codec/v8_format.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {

namespace {

using namespace codec::v8;

// The longest string that V8 can hold on all platforms, in characters.
constexpr std::size_t max_text_size = 0x1FFFFFE8;

Error part_too_large() {
    return Error(ErrorCode::limit_exceeded, "V8 value: a part is too large for the format");
}

class V8Writer {
  public:
    V8Writer() {
        put(version_tag);
        varint(written_version);
    }

    Result<Bytes> finish() { return Bytes::take(std::move(out_)); }

    Result<void> value(const JsValue& value) {
        if (depth_ == max_js_depth) {
            return too_deep();
        }
        ++depth_;
        auto written = untracked_value(value);
        --depth_;
        return written;
    }

  private:
    Result<void> untracked_value(const JsValue& value) {
        if (value.is_undefined()) {
            put(tag::undefined);
        } else if (value.is_null()) {
            put(tag::null);
        } else if (const bool* boolean = value.boolean()) {
            put(*boolean ? tag::yes : tag::no);
        } else if (const double* found = value.number()) {
            number(*found);
        } else if (const BigInteger* integer = value.big_integer()) {
            return big_integer(tag::big_integer, *integer);
        } else if (const std::string* found_text = value.text()) {
            return text(*found_text);
        } else if (const std::shared_ptr<JsNode> object = value.node()) {
            return node(*object);
        } else {
            return malformed(value.is_hole() ? "a hole outside an array"
                                             : "a back reference whose object is gone");
        }
        return {};
    }

    Result<void> node(const JsNode& object) {
        if (const auto known = ids_.find(&object); known != ids_.end()) {
            put(tag::reference);
            varint(known->second);
            return {};
        }
        if (const auto* window = std::get_if<JsView>(&object.content)) {
            // Its buffer comes first, in the text and in the numbering.
            TURNTABLE_CHECK(check_view(*window));
            TURNTABLE_CHECK(node(*window->buffer.node()));
        }
        ids_.emplace(&object, static_cast<std::uint32_t>(ids_.size()));
        return std::visit([this](const auto& c) { return content(c); }, object.content);
    }

    Result<void> content(const JsObject& object) {
        put(tag::object);
        TURNTABLE_CHECK(properties(object.properties));
        put(tag::object_end);
        varint(object.properties.size());
        return {};
    }

    Result<void> content(const JsArray& array) {
        if (array.elements.size() >= not_an_index) {
            return part_too_large();
        }
        if (array.length > array.elements.size()) {
            return sparse_array(array);
        }
        put(tag::dense_array);
        varint(array.elements.size());
        for (const JsValue& element : array.elements) {
            if (element.is_hole()) {
                put(tag::hole);
            } else {
                TURNTABLE_CHECK(value(element));
            }
        }
        TURNTABLE_CHECK(properties(array.properties));
        put(tag::dense_array_end);
        varint(array.properties.size());
        varint(array.elements.size());
        return {};
    }

    Result<void> sparse_array(const JsArray& array) {
        put(tag::sparse_array);
        varint(array.length);
        std::size_t count = array.properties.size();
        for (std::size_t i = 0; i < array.elements.size(); ++i) {
            if (!array.elements[i].is_hole()) {
                number(static_cast<double>(i));
                TURNTABLE_CHECK(value(array.elements[i]));
                ++count;
            }
        }
        TURNTABLE_CHECK(properties(array.properties));
        put(tag::sparse_array_end);
        varint(count);
        varint(array.length);
        return {};
    }

    Result<void> content(const JsMap& map) {
        put(tag::map);
        for (const auto& [key, mapped] : map.entries) {
            TURNTABLE_CHECK(value(key));
            TURNTABLE_CHECK(value(mapped));
        }
        put(tag::map_end);
        varint(map.entries.size() * 2);
        return {};
    }

    Result<void> content(const JsSet& set) {
        put(tag::set);
        for (const JsValue& member : set.values) {
            TURNTABLE_CHECK(value(member));
        }
        put(tag::set_end);
        varint(set.values.size());
        return {};
    }

    Result<void> content(const JsDate& date) {
        put(tag::date);
        raw_number(date.milliseconds_since_1970);
        return {};
    }

    Result<void> content(const JsRegExp& regexp) {
        put(tag::regexp);
        TURNTABLE_CHECK(text(regexp.pattern));
        std::uint32_t bits = 0;
        for (const char letter : regexp.flags) {
            const auto* flag = std::ranges::find(regexp_flags, letter, &RegExpFlag::letter);
            if (flag == regexp_flags.end() || (bits & flag->bit) != 0) {
                return malformed("unknown or repeated flag of a regular expression");
            }
            bits |= flag->bit;
        }
        varint(bits);
        return {};
    }

    // The cause is last: that is the order which old and new readers both take.
    Result<void> content(const JsError& error) {
        put(tag::error);
        if (const auto kind = static_cast<std::size_t>(error.kind); kind != 0) {
            put(error_tag::kinds[kind]);
        }
        if (error.message) {
            put(error_tag::message);
            TURNTABLE_CHECK(text(*error.message));
        }
        if (error.stack) {
            put(error_tag::stack);
            TURNTABLE_CHECK(text(*error.stack));
        }
        if (error.cause) {
            put(error_tag::cause);
            TURNTABLE_CHECK(value(*error.cause));
        }
        put(error_tag::end);
        return {};
    }

    Result<void> content(const JsArrayBuffer& buffer) {
        if (buffer.bytes.size() > buffer.max_size.value_or(std::numeric_limits<uint32_t>::max())) {
            return malformed("a buffer larger than its bound");
        }
        put(buffer.max_size ? tag::resizable_buffer : tag::buffer);
        varint(buffer.bytes.size());
        if (buffer.max_size) {
            varint(*buffer.max_size);
        }
        out_.append(buffer.bytes);
        return {};
    }

    static Result<void> check_view(const JsView& view) {
        const auto* buffer = view.buffer.as<JsArrayBuffer>();
        const std::uint32_t element = view_facts[static_cast<std::size_t>(view.kind)].element_size;
        if (buffer == nullptr || view.offset > buffer->bytes.size() ||
            view.size > buffer->bytes.size() - view.offset || view.offset % element != 0 ||
            view.size % element != 0 || (view.tracks_length && !buffer->max_size)) {
            return malformed("a view that does not fit its buffer");
        }
        return {};
    }

    Result<void> content(const JsView& view) {
        put(tag::view);
        put(view_facts[static_cast<std::size_t>(view.kind)].tag);
        varint(view.offset);
        varint(view.size);
        varint((view.tracks_length ? view_tracks_length : 0U) |
               (view.buffer.as<JsArrayBuffer>()->max_size ? view_of_resizable : 0U));
        return {};
    }

    Result<void> content(const JsBoxed& boxed) {
        const JsValue& primitive = boxed.primitive;
        if (const bool* boolean = primitive.boolean()) {
            put(*boolean ? tag::boxed_true : tag::boxed_false);
        } else if (const double* found = primitive.number()) {
            put(tag::boxed_number);
            raw_number(*found);
        } else if (const BigInteger* integer = primitive.big_integer()) {
            return big_integer(tag::boxed_big_integer, *integer);
        } else if (const std::string* found_text = primitive.text()) {
            put(tag::boxed_text);
            return text(*found_text);
        } else {
            return malformed("a boxed value that is no boolean, number, bigint or text");
        }
        return {};
    }

    Result<void> properties(const std::vector<JsProperty>& all) {
        for (const auto& [name, property] : all) {
            if (const std::uint32_t index = array_index(name); index != not_an_index) {
                number(index);
            } else {
                TURNTABLE_CHECK(text(name));
            }
            TURNTABLE_CHECK(value(property));
        }
        return {};
    }

    void number(double number) {
        const bool small = number >= std::numeric_limits<std::int32_t>::min() &&
                           number <= std::numeric_limits<std::int32_t>::max();
        if (!small || number != std::trunc(number) || (number == 0 && std::signbit(number))) {
            put(tag::number);
            raw_number(number);
            return;
        }
        const auto integer = static_cast<std::int32_t>(number);
        const auto sign = integer < 0 ? ~std::uint32_t{0} : 0U;
        put(tag::int32);
        varint((static_cast<std::uint32_t>(integer) << 1U) ^ sign);
    }

    void raw_number(double number) {
        auto bits = std::bit_cast<std::uint64_t>(number);
        for (std::size_t i = 0; i < sizeof bits; ++i, bits >>= 8U) {
            put(static_cast<char>(bits & 0xFFU));
        }
    }

    // V8 writes whole digits of 8 bytes.
    Result<void> big_integer(char kind, const BigInteger& integer) {
        const ByteView magnitude = integer.little_endian();
        const std::size_t size = (magnitude.size() + 7) / 8 * 8;
        if (size > std::numeric_limits<std::int32_t>::max()) {
            return part_too_large();
        }
        put(kind);
        varint((size << 1U) | (integer.is_negative() ? 1U : 0U));
        out_.append(magnitude.text());
        out_.append(size - magnitude.size(), '\0');
        return {};
    }

    Result<void> text(std::string_view text) {
        if (text.size() > max_text_size) {
            return part_too_large();
        }
        if (codec::ascii_prefix(text) == text.size()) {
            put(tag::latin1_text);
            varint(text.size());
            out_.append(text);
            return {};
        }
        if (!codec::is_well_formed(text, codec::Utf::wtf8)) {
            return malformed("text that is not UTF-8");
        }
        // All that is below U+0100 starts with a byte below C4.
        const bool narrow =
            std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0xC4; });
        std::string units;
        units.reserve(text.size() * 2);
        while (!text.empty()) {
            const auto point = codec::read_code_point(text, codec::Utf::wtf8);
            append_units(units, point.value, narrow);
            text.remove_prefix(point.size);
        }
        if (narrow) {
            put(tag::latin1_text);
        } else {
            put_utf16_tag(units.size());
        }
        varint(units.size());
        out_.append(units);
        return {};
    }

    static void append_units(std::string& units, std::uint32_t point, bool narrow) {
        const auto append = [&units](std::uint32_t unit) {
            units.push_back(static_cast<char>(unit & 0xFFU));
            units.push_back(static_cast<char>(unit >> 8U));
        };
        if (narrow) {
            units.push_back(static_cast<char>(point));
        } else if (point < 0x10000) {
            append(point);
        } else {
            append(0xD800 + ((point - 0x10000) >> 10U));
            append(0xDC00 + ((point - 0x10000) & 0x3FFU));
        }
    }

    // Two-byte characters start at an even offset, so that V8 may read them in place.
    void put_utf16_tag(std::size_t size) {
        std::size_t length_size = 1;
        for (std::size_t rest = size >> 7U; rest != 0; rest >>= 7U) {
            ++length_size;
        }
        if ((out_.size() + 1 + length_size) % 2 != 0) {
            put(tag::padding);
        }
        put(tag::utf16_text);
    }

    void put(char byte) { out_.push_back(byte); }

    void varint(std::uint64_t number) {
        for (; number >= 0x80; number >>= 7U) {
            put(static_cast<char>((number & 0x7FU) | 0x80U));
        }
        put(static_cast<char>(number));
    }

    std::string out_;
    std::size_t depth_ = 0;
    std::unordered_map<const JsNode*, std::uint32_t> ids_;
};

}  // namespace

Result<Bytes> encode_v8(const JsValue& value) {
    V8Writer writer;
    TURNTABLE_CHECK(writer.value(value));
    return writer.finish();
}

}  // namespace turntable::inline v0::kv
