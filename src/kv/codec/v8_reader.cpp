#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "kv/codec/utf8.hpp"
#include "kv/codec/v8_format.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {

namespace {

using namespace codec::v8;

// A number as the name of a property, as JavaScript writes it in this range.
Result<std::string> property_name(double number) {
    const double magnitude = std::fabs(number);
    if (!(magnitude < 1e21) || (magnitude < 1e-6 && magnitude != 0)) {
        return malformed("a number that cannot name a property");
    }
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                   magnitude == 0 ? 0.0 : number, std::chars_format::fixed)
                         .ptr;
    return std::string(buffer.data(), end);
}

class V8Reader {
  public:
    V8Reader(ByteView input, std::size_t start, bool view_flags)
        : input_(input), at_(start), view_flags_(view_flags) {}

    Result<JsValue> value() {
        if (depth_ == max_js_depth) {
            return too_deep();
        }
        ++depth_;
        auto read = untracked_value();
        --depth_;
        // A view follows the buffer that it is a window on.
        if (read && read->as<JsArrayBuffer>() != nullptr && peek() == tag::view) {
            return view(*read);
        }
        return read;
    }

  private:
    // An object that was met, by the number under which references name it.
    struct Seen {
        std::shared_ptr<JsNode> node;
        bool open;  // its content is being read
    };

    Result<JsValue> untracked_value() {
        TURNTABLE_TRY(const char kind, next_tag());
        switch (kind) {
            case tag::undefined:
                return JsValue();
            case tag::null:
                return JsValue(nullptr);
            case tag::yes:
                return JsValue(true);
            case tag::no:
                return JsValue(false);
            case tag::int32:
            case tag::uint32:
            case tag::number:
                return as_value(number(kind));
            case tag::big_integer:
                return as_value(big_integer());
            case tag::latin1_text:
            case tag::utf16_text:
            case tag::utf8_text:
                return as_value(text(kind));
            case tag::reference:
                return reference();
            case tag::object:
                return object();
            case tag::dense_array:
                return dense_array();
            case tag::sparse_array:
                return sparse_array();
            case tag::map:
                return map();
            case tag::set:
                return set();
            case tag::error:
                return error();
            default:
                return leaf(kind);
        }
    }

    // Objects that hold no other object.
    Result<JsValue> leaf(char kind) {
        switch (kind) {
            case tag::date: {
                TURNTABLE_TRY(const double milliseconds, number(tag::number));
                return add(JsDate{milliseconds});
            }
            case tag::boxed_true:
                return add(JsBoxed{true});
            case tag::boxed_false:
                return add(JsBoxed{false});
            case tag::boxed_number:
                return boxed(number(tag::number));
            case tag::boxed_big_integer:
                return boxed(big_integer());
            case tag::boxed_text:
                return boxed(tagged_text());
            case tag::regexp:
                return regexp();
            case tag::buffer:
            case tag::resizable_buffer:
                return buffer(kind == tag::resizable_buffer);
            case tag::host_object:
            case tag::transferred_buffer:
            case tag::shared_buffer:
            case tag::shared_object:
            case tag::wasm_module:
            case tag::wasm_memory:
                return Error(ErrorCode::unsupported,
                             "V8 value: holds an object that only the program that wrote it can "
                             "read (a host object, shared memory or WebAssembly)");
            default:
                return malformed("unknown tag");
        }
    }

    template <class T>
    static Result<JsValue> as_value(Result<T> part) {
        TURNTABLE_TRY(T content, std::move(part));
        return JsValue(std::move(content));
    }
    template <class T>
    Result<JsValue> boxed(Result<T> part) {
        TURNTABLE_TRY(T content, std::move(part));
        return add(JsBoxed{JsValue(std::move(content))});
    }

    JsValue add(JsNode::Content content) {
        seen_.push_back({std::make_shared<JsNode>(std::move(content)), false});
        return seen_.back().node;
    }
    // Takes a number for an object whose content follows; closed by close().
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

    Result<JsValue> reference() {
        TURNTABLE_TRY(const std::uint32_t id, varint());
        if (id >= seen_.size()) {
            return malformed("a reference to an object that was not there");
        }
        return seen_[id].open ? JsValue::back_reference(seen_[id].node) : JsValue(seen_[id].node);
    }

    Result<JsValue> object() {
        const std::size_t id = open(JsObject{});
        TURNTABLE_TRY(auto properties, properties_until(tag::object_end));
        content<JsObject>(id).properties = std::move(properties);
        return close(id);
    }

    Result<JsValue> dense_array() {
        TURNTABLE_TRY(const std::uint32_t length, varint());
        if (length > input_.size() - at_) {
            return malformed("an array longer than the input");
        }
        const std::size_t id = open(JsArray{});
        std::vector<JsValue> elements;
        elements.reserve(length);
        for (std::uint32_t i = 0; i < length; ++i) {
            if (peek() == tag::hole) {
                TURNTABLE_CHECK(next_tag());
                elements.push_back(JsValue::hole());
                continue;
            }
            TURNTABLE_TRY(JsValue element, value());
            elements.push_back(std::move(element));
        }
        TURNTABLE_TRY(auto properties, properties_until(tag::dense_array_end));
        TURNTABLE_CHECK(expect(length));
        content<JsArray>(id) = {std::move(elements), std::move(properties), length};
        return close(id);
    }

    Result<JsValue> sparse_array() {
        TURNTABLE_TRY(const std::uint32_t length, varint());
        const std::size_t id = open(JsArray{});
        TURNTABLE_TRY(auto properties, properties_until(tag::sparse_array_end));
        TURNTABLE_CHECK(expect(length));
        content<JsArray>(id) = with_elements(std::move(properties), length);
        return close(id);
    }

    // V8 writes every array in this form that ever had a hole, or was only made with room for its
    // elements (as `map` does), so most are not sparse at all.
    static JsArray with_elements(std::vector<JsProperty> properties, std::uint32_t length) {
        std::size_t count = 0;
        std::uint32_t next = 0;  // smallest index that may come
        while (count < properties.size()) {
            const std::uint32_t index = array_index(properties[count].first);
            if (index < next || index >= length) {
                break;
            }
            next = index + 1;
            ++count;
        }
        const auto is_element = [](const JsProperty& property) {
            return array_index(property.first) != not_an_index;
        };
        if (length > 2 * count ||
            std::any_of(properties.begin() + static_cast<std::ptrdiff_t>(count), properties.end(),
                        is_element)) {
            return {{}, std::move(properties), length};
        }
        JsArray array{std::vector<JsValue>(length, JsValue::hole()), {}, 0};
        for (std::size_t i = 0; i < count; ++i) {
            array.elements[array_index(properties[i].first)] = std::move(properties[i].second);
        }
        array.properties.assign(
            std::make_move_iterator(properties.begin() + static_cast<std::ptrdiff_t>(count)),
            std::make_move_iterator(properties.end()));
        return array;
    }

    Result<JsValue> map() {
        const std::size_t id = open(JsMap{});
        std::vector<std::pair<JsValue, JsValue>> entries;
        while (peek() != tag::map_end) {
            TURNTABLE_TRY(JsValue key, value());
            TURNTABLE_TRY(JsValue mapped, value());
            entries.emplace_back(std::move(key), std::move(mapped));
        }
        TURNTABLE_CHECK(next_tag());
        TURNTABLE_CHECK(expect(entries.size() * 2));
        content<JsMap>(id).entries = std::move(entries);
        return close(id);
    }

    Result<JsValue> set() {
        const std::size_t id = open(JsSet{});
        std::vector<JsValue> values;
        while (peek() != tag::set_end) {
            TURNTABLE_TRY(JsValue member, value());
            values.push_back(std::move(member));
        }
        TURNTABLE_CHECK(next_tag());
        TURNTABLE_CHECK(expect(values.size()));
        content<JsSet>(id).values = std::move(values);
        return close(id);
    }

    Result<JsValue> error() {
        const std::size_t id = open(JsError{});
        JsError result;
        while (true) {
            TURNTABLE_TRY(const std::uint32_t number, varint());
            const char part = number < 0x80 ? static_cast<char>(number) : '\0';
            if (part == error_tag::end) {
                break;
            }
            if (part == error_tag::message) {
                TURNTABLE_TRY(result.message, tagged_text());
            } else if (part == error_tag::stack) {
                TURNTABLE_TRY(result.stack, tagged_text());
            } else if (part == error_tag::cause) {
                TURNTABLE_TRY(result.cause, value());
            } else if (const auto kind = error_tag::kinds.find(part);
                       part != '\0' && kind != std::string_view::npos) {
                result.kind = static_cast<JsErrorKind>(kind);
            } else {
                return malformed("unknown part of an error");
            }
        }
        content<JsError>(id) = std::move(result);
        return close(id);
    }

    Result<JsValue> regexp() {
        JsRegExp result;
        TURNTABLE_TRY(result.pattern, tagged_text());
        TURNTABLE_TRY(std::uint32_t bits, varint());
        for (const RegExpFlag& flag : regexp_flags) {
            if ((bits & flag.bit) != 0) {
                result.flags.push_back(flag.letter);
                bits &= ~flag.bit;
            }
        }
        if (bits != 0) {
            return malformed("unknown flags of a regular expression");
        }
        return add(std::move(result));
    }

    Result<JsValue> buffer(bool resizable) {
        TURNTABLE_TRY(const std::uint32_t size, varint());
        JsArrayBuffer result;
        if (resizable) {
            TURNTABLE_TRY(result.max_size, varint());
            if (size > *result.max_size) {
                return malformed("a buffer larger than its bound");
            }
        }
        TURNTABLE_TRY(const ByteView bytes, raw(size));
        result.bytes = bytes.to_string();
        return add(std::move(result));
    }

    Result<JsValue> view(const JsValue& buffer) {
        TURNTABLE_CHECK(next_tag());
        TURNTABLE_TRY(const std::uint32_t name, varint());
        TURNTABLE_TRY(const std::uint32_t offset, varint());
        TURNTABLE_TRY(const std::uint32_t size, varint());
        std::uint32_t flags = 0;
        if (view_flags_) {
            TURNTABLE_TRY(flags, varint());
        }
        const auto facts = std::ranges::find_if(view_facts, [name](const ViewFacts& f) {
            return static_cast<std::uint32_t>(f.tag) == name;
        });
        const auto& source = *buffer.as<JsArrayBuffer>();
        if (facts == view_facts.end() || offset > source.bytes.size() ||
            size > source.bytes.size() - offset || offset % facts->element_size != 0 ||
            size % facts->element_size != 0) {
            return malformed("a view that does not fit its buffer");
        }
        const bool of_resizable = (flags & view_of_resizable) != 0;
        const bool tracks_length = (flags & view_tracks_length) != 0;
        if (source.max_size.has_value() != of_resizable || (tracks_length && !of_resizable)) {
            return malformed("a view whose flags do not fit its buffer");
        }
        return add(JsView{static_cast<JsViewKind>(facts - view_facts.begin()), buffer, offset, size,
                          tracks_length});
    }

    // Reads names and values up to `end`, and the count that follows it.
    Result<std::vector<JsProperty>> properties_until(char end) {
        std::vector<JsProperty> properties;
        if (peek() != end) {
            properties.reserve(4);  // as many as small objects have
        }
        while (peek() != end) {
            TURNTABLE_TRY(const char kind, next_tag());
            std::string name;
            if (kind == tag::int32 || kind == tag::uint32 || kind == tag::number) {
                TURNTABLE_TRY(const double index, number(kind));
                TURNTABLE_TRY(name, property_name(index));
            } else {
                TURNTABLE_TRY(name, text(kind));
            }
            TURNTABLE_TRY(JsValue property, value());
            properties.emplace_back(std::move(name), std::move(property));
        }
        TURNTABLE_CHECK(next_tag());
        TURNTABLE_CHECK(expect(properties.size()));
        return properties;
    }

    Result<void> expect(std::size_t count) {
        TURNTABLE_TRY(const std::uint32_t written, varint());
        if (written != count) {
            return malformed("a count that is not right");
        }
        return {};
    }

    Result<double> number(char kind) {
        if (kind == tag::number) {
            TURNTABLE_TRY(const ByteView bytes, raw(sizeof(double)));
            std::uint64_t bits = 0;
            for (std::size_t i = sizeof bits; i-- > 0;) {
                bits = (bits << 8U) | bytes[i];
            }
            return std::bit_cast<double>(bits);
        }
        TURNTABLE_TRY(const std::uint32_t bits, varint());
        if (kind == tag::uint32) {
            return static_cast<double>(bits);
        }
        // Zig-zag: the lowest bit is the sign.
        const std::uint32_t decoded = (bits >> 1U) ^ (0U - (bits & 1U));
        return static_cast<double>(static_cast<std::int32_t>(decoded));
    }

    Result<BigInteger> big_integer() {
        TURNTABLE_TRY(const std::uint32_t bits, varint());
        if (bits == 1) {
            return malformed("a bigint of -0");
        }
        TURNTABLE_TRY(const ByteView magnitude, raw(bits >> 1U));
        return BigInteger::from_little_endian((bits & 1U) != 0, magnitude);
    }

    Result<std::string> tagged_text() {
        TURNTABLE_TRY(const char kind, next_tag());
        return text(kind);
    }

    Result<std::string> text(char kind) {
        if (kind != tag::latin1_text && kind != tag::utf16_text && kind != tag::utf8_text) {
            return malformed("something else where text must be");
        }
        TURNTABLE_TRY(const std::uint32_t size, varint());
        TURNTABLE_TRY(const ByteView bytes, raw(size));
        if (kind == tag::latin1_text) {
            return codec::from_latin1(bytes);
        }
        if (kind == tag::utf16_text) {
            return size % 2 == 0 ? Result<std::string>(codec::from_utf16(bytes))
                                 : malformed("half a character of text");
        }
        if (!codec::is_well_formed(bytes.text(), codec::Utf::utf8)) {
            return malformed("text that is not UTF-8");
        }
        return bytes.to_string();
    }

    // The next tag without taking it, or padding at the end of the input.
    char peek() const {
        std::size_t at = at_;
        while (at < input_.size() && input_[at] == 0) {
            ++at;
        }
        return at < input_.size() ? static_cast<char>(input_[at]) : tag::padding;
    }

    Result<char> next_tag() {
        while (at_ < input_.size()) {
            const char found = static_cast<char>(input_[at_++]);
            if (found == tag::object_count) {
                TURNTABLE_CHECK(varint());
            } else if (found != tag::padding) {
                return found;
            }
        }
        return malformed("cut short");
    }

    Result<std::uint32_t> varint() {
        std::uint64_t number = 0;
        for (unsigned shift = 0; shift < 35 && at_ < input_.size(); shift += 7) {
            const std::uint64_t byte = input_[at_++];
            number |= (byte & 0x7FU) << shift;
            if (byte < 0x80) {
                if (number > UINT32_MAX) {
                    break;
                }
                return static_cast<std::uint32_t>(number);
            }
        }
        return malformed("a number cut short or too large");
    }

    Result<ByteView> raw(std::size_t size) {
        if (size > input_.size() - at_) {
            return malformed("cut short");
        }
        const ByteView bytes = input_.substr(at_, size);
        at_ += size;
        return bytes;
    }

    ByteView input_;
    std::size_t at_;
    bool view_flags_;
    std::size_t depth_ = 0;
    std::vector<Seen> seen_;
};

}  // namespace

Result<JsValue> decode_v8(ByteView serialized) {
    if (serialized.size() < 2 || serialized.data()[0] != version_tag) {
        return malformed("no header");
    }
    const std::uint32_t version = serialized[1];
    if (version < oldest_version || version > newest_version) {
        return Error(ErrorCode::unsupported, "V8 value: format version " + std::to_string(version) +
                                                 " (13 to 16 can be read)");
    }
    constexpr std::size_t header_size = 2;
    auto value = V8Reader(serialized, header_size, version >= view_flags_version).value();
    if (!value && version == oldest_version && value.error().code() == ErrorCode::serialization) {
        // Some programs wrote views with flags before the version said so.
        if (auto second = V8Reader(serialized, header_size, true).value()) {
            return second;
        }
    }
    return value;
}

}  // namespace turntable::inline v0::kv
