#include "turntable/kv/value.hpp"

#include <array>

namespace turntable::inline v0::kv {

namespace {

constexpr std::size_t counter_size = sizeof(std::uint64_t);

Error not_of_kind(std::string_view wanted, ValueEncoding found) {
    return Error(ErrorCode::type_mismatch, "the value is not " + std::string(wanted))
        .with("encoding", std::string(to_string(found)));
}

}  // namespace

std::string_view to_string(ValueEncoding encoding) noexcept {
    switch (encoding) {
        case ValueEncoding::v8:
            return "v8";
        case ValueEncoding::le64:
            return "le64";
        case ValueEncoding::bytes:
            return "bytes";
    }
    return "unknown";
}

Result<ValueEncoding> value_encoding_from(std::int64_t number) {
    if (number < 1 || number > 3) {
        return Error(ErrorCode::serialization, "unknown value encoding " + std::to_string(number));
    }
    return static_cast<ValueEncoding>(number);
}

Value Value::u64(std::uint64_t number) {
    std::array<char, counter_size> bytes;
    for (char& byte : bytes) {
        byte = static_cast<char>(number & 0xFFU);
        number >>= 8U;
    }
    return {Bytes::copy(ByteView(bytes.data(), bytes.size())), ValueEncoding::le64};
}

Result<Bytes> Value::as_bytes() const {
    if (encoding_ != ValueEncoding::bytes) {
        return not_of_kind("plain bytes", encoding_);
    }
    return data_;
}

Result<std::uint64_t> Value::as_u64() const {
    if (encoding_ != ValueEncoding::le64) {
        return not_of_kind("a counter", encoding_);
    }
    if (data_.size() != counter_size) {
        return Error(ErrorCode::serialization, "a counter must have 8 bytes")
            .with("size", std::to_string(data_.size()));
    }
    std::uint64_t number = 0;
    for (std::size_t i = counter_size; i-- > 0;) {
        number = (number << 8U) | data_.view()[i];
    }
    return number;
}

}  // namespace turntable::inline v0::kv
