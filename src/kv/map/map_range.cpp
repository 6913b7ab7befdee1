#include "turntable/kv/map_range.hpp"

namespace turntable::inline v0::kv::detail {

Result<Key> map_key(const Key& prefix, std::span<const KeyPart> parts) {
    if (parts.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "a key of a map has no parts; its KeyCodec must write at least one");
    }
    if (!prefix.is_valid()) {
        return check_user_key(prefix.encoded()).error();
    }
    std::string encoded = prefix.encoded().to_string();
    TURNTABLE_CHECK(encode_key(parts, encoded));
    return Key::from_stored(encoded);
}

Result<KeyReader> read_map_key(const Key& prefix, ByteView encoded) {
    const std::size_t shared = prefix.encoded().size();
    auto parts = decode_key(encoded.substr(shared, encoded.size() - shared));
    if (!parts) {
        return not_of_map(std::move(parts).error(), encoded);
    }
    return KeyReader(*std::move(parts));
}

Error not_of_map(Error error, ByteView encoded) {
    return std::move(error).with("key", print_key(encoded));
}

KeyRange map_text_range(const Key& prefix, std::string_view text) {
    KeyRange range = text_prefix_range(text);
    range.start.insert(0, prefix.encoded().text());
    range.end.insert(0, prefix.encoded().text());
    return range;
}

Selector map_selector(const KeyRange& range) {
    if (is_reserved(range.end)) {  // of a map that has the whole database
        return everything().from(Key::from_stored(range.start));
    }
    return kv::range(Key::from_stored(range.start), Key::from_stored(range.end));
}

}  // namespace turntable::inline v0::kv::detail
