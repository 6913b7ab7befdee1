#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "turntable/kv/key.hpp"

// Text that reads as a key is printed in a form that reads as the same key; any other text gives
// an error that names a position inside it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace kv = turntable::kv;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto key = kv::parse_key(text);
    if (!key) {
        const auto& context = key.error().context();
        if (context.size() != 1 || std::stoull(context[0].second) > size) {
            std::abort();
        }
        return 0;
    }
    const auto again = kv::parse_key(kv::print_key(key->encoded()));
    if (!again || *again != *key || !kv::decode_key(key->encoded())) {
        std::abort();
    }
    return 0;
}
