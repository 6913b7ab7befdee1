// The entry of a blob in a database: whatever is read is written back as it was.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "backends/kv/manifest.hpp"
#include "turntable/core/crc32c.hpp"

namespace chunked = turntable::blob::chunked;

namespace {

/// With the checksum that it needs to be looked at.
std::string sealed(std::string bytes) {
    const std::uint32_t sum = turntable::crc32c(0, turntable::ByteView(bytes));
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<char>(sum >> shift));
    }
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    (void)chunked::decode_manifest(turntable::ByteView(input));
    (void)chunked::decode_pending(turntable::ByteView(input));
    (void)chunked::open_chunk(turntable::ByteView(input));
    const std::string with_sum = sealed(input);
    if (const auto manifest = chunked::decode_manifest(turntable::ByteView(with_sum))) {
        const auto again = chunked::decode_manifest(turntable::ByteView(encode(*manifest)));
        if (!again || encode(*again) != encode(*manifest)) {
            std::abort();
        }
    }
    if (const auto pending = chunked::decode_pending(turntable::ByteView(with_sum))) {
        if (encode(*pending) != with_sum) {
            std::abort();
        }
    }
    return 0;
}
