#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "turntable/kv/json.hpp"

// JSON that reads as a value is printed in a canonical form, which reads as a value that is printed
// so too. The bytes may differ: V8 has two forms for an array with few holes, and one is printed.
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
    if (!again) {
        std::abort();
    }
    const auto json_again = kv::to_json(*again);
    if (!json_again || *json_again != *json) {
        std::abort();
    }
    return 0;
}
