#include <turntable/tape/reader.hpp>
#include <turntable/tape/writer.hpp>

int main() {
    namespace tape = turntable::tape;
    std::string text;
    tape::WriterOptions options;
    options.compression = tape::Compression::zstd;
    auto writer = tape::Writer::create(std::make_unique<tape::MemorySink>(text), {}, options);
    if (!writer || !writer->end({})) {
        return 1;
    }
    const auto bytes = turntable::Bytes::copy(text);
    return tape::Reader::open(std::make_unique<tape::MemorySource>(bytes)) ? 0 : 1;
}
