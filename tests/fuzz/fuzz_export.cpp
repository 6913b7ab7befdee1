#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/kv.hpp"
#include "turntable/kv/export.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/transfer.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::Result;

kv::ExportSource source_of(std::string_view text) {
    return [text](char* buffer, std::size_t size) mutable -> Result<std::size_t> {
        const std::size_t given = text.copy(buffer, size);
        text.remove_prefix(given);
        return given;
    };
}

kv::Database database() { return kv::Database(kv::MemoryBackend()); }

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

/// Takes some bytes off the input, as many as its next byte says.
std::string_view take(std::string_view& input) {
    if (input.empty()) {
        return {};
    }
    const std::size_t size = static_cast<unsigned char>(input[0]) % 64;
    const std::string_view taken = input.substr(1, size);
    input.remove_prefix(1 + taken.size());
    return taken;
}

/// Stores any bytes under any keys; what is exported comes back the same.
void write_and_read(std::string_view input) {
    const kv::Database from = database();
    while (!input.empty()) {
        const std::string_view key = take(input);
        const std::string_view data = take(input);
        const std::string_view rest = take(input);
        kv::Mutation mutation{kv::MutationKind::set, key, data, kv::ValueEncoding::bytes};
        if (!rest.empty()) {
            mutation.encoding = static_cast<kv::ValueEncoding>(1 + rest[0] % 3);
        }
        if (rest.size() > 1) {
            mutation.expire_at_ms = INT64_MAX - static_cast<unsigned char>(rest[1]);
        }
        // Keys that no store takes are left out.
        (void)from.backend().atomic_write({}, {.mutations = std::span(&mutation, 1)}).wait();
    }
    std::string text;
    const auto written = kv::export_entries(from, [&text](std::string_view bytes) -> Result<void> {
        text += bytes;
        return {};
    });
    if (!written && written.error().code() == turntable::ErrorCode::conflict) {
        const auto mark = from.get(kv::Key("$turntable.unfinished-transfer"));
        require(mark && mark->has_value(), "only a store with an unfinished transfer is refused");
        return;
    }
    require(written.has_value(), "an export of a store succeeds");
    const kv::Database to = database();
    const auto read = kv::import_entries(source_of(text), to);
    require(read.has_value(), read ? "" : read.error().to_string().c_str());
    const auto verified = kv::verify(from, to);
    require(verified && verified->equal(), "what was exported comes back the same");
    require(verified->first_checksum == read->checksum, "the checksums agree");
}

/// Lines between a first and a last one that fit, so that the checksums hold.
void read_lines(std::string_view lines) {
    std::string text = "{\"turntable\":\"kv-export\",\"version\":1,\"range\":[\"00\",\"ff\"]}\n";
    text += lines;
    if (!text.ends_with('\n')) {
        text += '\n';
    }
    std::uint64_t crc = UINT64_MAX;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xC96C5795D7870F42U : crc >> 1U;
        }
    }
    text += "{\"end\":{\"entries\":1,\"content\":\"\",\"crc64\":\"" + kv::checksum_text(~crc) +
            "\"}}\n";
    (void)kv::check_export(source_of(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.starts_with('{')) {
        (void)kv::check_export(source_of(input));
        read_lines(input);
    } else {
        write_and_read(input);
    }
    return 0;
}
