#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "turntable/kv/json.hpp"

// JSON that reads as a value is printed in a canonical form that reads as the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace kv = turntable::kv;
    const auto value = kv::from_json({reinterpret_cast<const char*>(data), size});
    if (!value) {
        (void)value.error().to_string();
        return 0;
    }
    const auto json = kv::to_json(*value);
    if (!json) {
        std::abort();
    }
    const auto again = kv::from_json(*json);
    if (!again || *again != *value) {
        std::abort();
    }
    return 0;
}
