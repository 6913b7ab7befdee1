#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "turntable/kv/json.hpp"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// What decodes is written in one canonical form, which decodes to itself, and survives its JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace kv = turntable::kv;
    const auto value = kv::decode_v8({reinterpret_cast<const char*>(data), size});
    if (!value) {
        (void)value.error().to_string();
        return 0;
    }
    const auto written = kv::encode_v8(*value);
    require(written.has_value());
    const auto again = kv::decode_v8(*written);
    require(again.has_value());
    const auto rewritten = kv::encode_v8(*again);
    require(rewritten.has_value() && *rewritten == *written);

    const auto json = kv::to_json(kv::Value::v8(*written));
    if (!json) {
        require(json.error().code() == turntable::ErrorCode::limit_exceeded);
        return 0;
    }
    const auto from_json = kv::from_json(*json);
    require(from_json.has_value());
    const auto json_again = kv::to_json(*from_json);
    require(json_again.has_value() && *json_again == *json);
    return 0;
}
