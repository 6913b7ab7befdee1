#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/tape/reader.hpp"
#include "turntable/tape/writer.hpp"

namespace {

namespace tape = turntable::tape;
using turntable::Bytes;
using turntable::ByteView;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

std::unique_ptr<tape::Source> source_of(std::string_view bytes) {
    return std::make_unique<tape::MemorySource>(Bytes::unowned(bytes));
}

/// Any bytes are a tape or an error, whoever looks at them.
void read(std::string_view bytes) {
    for (const bool checksums : {true, false}) {
        auto reader = tape::Reader::open(source_of(bytes), {.checksums = checksums});
        if (!reader) {
            continue;
        }
        for (int errors = 0; errors < 50;) {
            const auto record = reader->next();
            errors += record ? 0 : 1;
            if (record && !*record) {
                break;
            }
        }
        (void)reader->seek_frame(3);
        (void)reader->next();
        (void)reader->seek_time(tape::TapeTime(1000));
        (void)reader->seek_percent(50);
        (void)reader->summary();
    }
    (void)tape::verify(source_of(bytes));
    std::string plain;
    if (tape::convert(source_of(bytes), std::make_unique<tape::MemorySink>(plain), {})) {
        std::string again;
        require(tape::convert(source_of(plain), std::make_unique<tape::MemorySink>(again), {})
                    .has_value(),
                "what was converted is converted again");
        require(plain == again, "a plain tape is converted into itself");
    }
    // A tape that can be gone on with is whole then.
    std::string resumed(bytes);
    tape::ResumeOptions how;
    how.cut_torn_end = true;
    auto writer =
        tape::Writer::resume(source_of(bytes), std::make_unique<tape::MemorySink>(resumed), how);
    if (writer && tape::convert(source_of(bytes), std::make_unique<tape::MemorySink>(plain), {})) {
        require(writer->end({}).has_value(), "a resumed tape is ended");
        require(tape::verify(source_of(resumed)).has_value(), "a resumed tape is a tape");
    }
}

/// Any bytes are a frame that comes back, in both forms.
void write(std::string_view bytes) {
    for (const auto form : {tape::Compression::none, tape::Compression::zstd}) {
        std::string text;
        tape::WriterOptions options;
        options.compression = form;
        options.check_bytes = 64;
        auto writer = tape::Writer::create(std::make_unique<tape::MemorySink>(text), {}, options);
        if (!writer) {
            continue;  // a build without zstd
        }
        tape::Frame frame;
        frame.payload = Bytes::unowned(bytes);
        require(writer->frame(frame).has_value(), "a frame is written");
        auto reader = tape::Reader::open(source_of(text));
        require(reader.has_value(), "a tape that was written opens");
        require(reader->seek_frame(1).has_value(), "the frame is there");
        const auto record = reader->next();
        require(record && *record, "and can be read");
        require(std::get<tape::Frame>(**record).payload.text() == bytes, "byte for byte");
        require(tape::verify(source_of(text))->problems.empty(), "and nothing is wrong");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    read(input);
    // Lines behind a head that fits.
    read("{\"kind\":\"head\",\"format\":\"turntable-tape\",\"version\":\"1.0\",\"id\":\"\"}\n" +
         std::string(input));
    write(input);
    return 0;
}
