#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "turntable/kv/key.hpp"

// Bytes that decode are the one encoding of their parts; the parts order as the bytes do; the text
// that people see reads back as the same key. Any other bytes give an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace kv = turntable::kv;
    const turntable::ByteView bytes(reinterpret_cast<const char*>(data), size);
    const auto parts = kv::decode_key(bytes);
    const std::string text = kv::print_key(bytes);
    const auto read_back = kv::parse_key(text);
    if (!parts) {
        if (read_back || kv::Key::from_encoded(bytes)) {
            std::abort();
        }
        return 0;
    }
    std::string again;
    if (!kv::encode_key(*parts, again) || again != bytes.text() || kv::is_reserved(bytes) ||
        !read_back || read_back->encoded() != bytes) {
        std::abort();
    }
    for (std::size_t i = 1; i < parts->size(); ++i) {
        const auto& a = (*parts)[i - 1];
        const auto& b = (*parts)[i];
        if ((a <=> b) != (kv::Key{a} <=> kv::Key{b})) {
            std::abort();
        }
    }
    return 0;
}
