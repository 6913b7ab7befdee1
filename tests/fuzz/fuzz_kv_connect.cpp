// What arrives over KV Connect: whatever is read is written, and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "kv_connect/messages.hpp"
#include "kv_connect/metadata.hpp"
#include "kv_connect/server_facts.hpp"
#include "kv_connect/watch_frames.hpp"

namespace connect = turntable::kv::connect;
using turntable::ByteView;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void requests(ByteView input) {
    if (const auto read = connect::decode_read(input)) {
        const std::string bytes = connect::encode_read(*read);
        require(connect::encode_read(connect::decode_read(bytes).value()) == bytes);
    }
    if (const auto write = connect::decode_write(input)) {
        const std::string bytes = connect::encode_write(write->view()).value();
        const auto again = connect::decode_write(bytes);
        require(again && connect::encode_write(again->view()).value() == bytes);
    }
    if (const auto watch = connect::decode_watch(input)) {
        const std::string bytes = connect::encode_watch(*watch).value();
        require(connect::encode_watch(connect::decode_watch(bytes).value()).value() == bytes);
    }
}

void replies(ByteView input) {
    if (const auto reply = connect::decode_read_output(input)) {
        const std::string bytes = connect::encode_read_output(reply->output);
        const auto again = connect::decode_read_output(bytes);
        require(again && connect::encode_read_output(again->output) == bytes);
    }
    (void)connect::decode_write_output(input);
    (void)connect::decode_watch_output(input);
}

void texts(ByteView input) {
    (void)connect::choose_version(input.text());
    if (const auto metadata = connect::decode_metadata(input.text())) {
        const auto again = connect::decode_metadata(connect::encode_metadata(*metadata));
        require(again && *again == *metadata);
    }
    if (const auto facts = connect::decode_server_facts(input.text())) {
        require(connect::decode_server_facts(connect::encode_server_facts(*facts)).value() ==
                *facts);
    }
    if (const auto key = connect::decode_write_key(input.text())) {
        require(connect::decode_write_key(connect::encode_write_key(*key)).value() == *key);
    }
    connect::WatchFrames frames;
    for (std::size_t at = 0; at < input.size(); at += 3) {
        frames.add(input.substr(at, 3));
        while (true) {
            const auto frame = frames.next();
            if (!frame || !*frame) {
                break;
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    requests(input);
    replies(input);
    texts(input);
    return 0;
}
