// The program that tape_library_crash_test kills.
//   tape_library_writer URL SEED
// Saves, tags, records and removes tapes without end, and prints a line for what is done.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "crash/tape_frames.hpp"
#include "support/providers.hpp"
#include "turntable/tape/writer.hpp"

namespace {

namespace tape = turntable::tape;
using turntable::Bytes;
using turntable::Result;

template <class T>
T must(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "tape_library_writer: %s\n", result.error().to_string().c_str());
        std::_Exit(3);
    }
    return *std::move(result);
}
void must(const Result<void>& result) {
    if (!result) {
        std::fprintf(stderr, "tape_library_writer: %s\n", result.error().to_string().c_str());
        std::_Exit(3);
    }
}

void tell(const char* what, const std::string& id, std::uint64_t count = 0) {
    std::printf("%s %s %llu\n", what, id.c_str(), static_cast<unsigned long long>(count));
    std::fflush(stdout);
}

tape::Head head_of(const std::string& id) {
    tape::Head head;
    head.id = id;
    return head;
}

void write_frames(tape::Writer& writer, std::uint64_t count, const std::string& told) {
    for (std::uint64_t number = 1; number <= count; ++number) {
        must(writer.frame({.payload = Bytes::copy(turntable::test::frame_bytes(number))}));
        if (!told.empty()) {
            tell("frames", told, number);
        }
    }
    must(writer.end({}));
}

void save(const tape::Library& library, const std::string& id) {
    std::string text;
    auto writer = must(tape::Writer::create(std::make_unique<tape::MemorySink>(text), head_of(id)));
    write_frames(writer, 3, {});
    must(library.save(std::make_unique<tape::MemorySource>(Bytes::copy(text))));
    tell("saved", id);
}

void record(const tape::Library& library, const std::string& id) {
    auto writer = must(tape::Writer::create(must(library.sink(id)), head_of(id)));
    write_frames(writer, 8, id);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        return 2;
    }
    const tape::Library library = must(turntable::test::provider_registry().open(arguments[1]));
    std::mt19937_64 random(std::strtoull(arguments[2], nullptr, 10));
    for (;;) {
        const std::string id = tape::new_tape_id(library.runtime());
        save(library, id);
        must(library.tag(id, {"kept"}));
        tell("tagged", id);
        record(library, tape::new_tape_id(library.runtime()));
        if (random() % 3 == 0) {
            tell("removing", id);
            must(library.remove(id));
            tell("removed", id);
        }
    }
}
