// The program that session_crash_test kills.
//   session_writer URL SEED
// Begins, fills, ends and removes sessions without end, and prints a line for what is done.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "support/engines.hpp"
#include "turntable/tape/session_store.hpp"

namespace {

namespace tape = turntable::tape;
using turntable::Bytes;

template <class T>
T must(turntable::Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "session_writer: %s\n", result.error().to_string().c_str());
        std::_Exit(3);
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

void tell(const char* what, const std::string& id, std::uint64_t count = 0) {
    std::printf("%s %s %llu\n", what, id.c_str(), static_cast<unsigned long long>(count));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        return 2;
    }
    const auto sessions =
        must(tape::SessionStore::create(must(turntable::test::open_engine(arguments[1])),
                                        {.sessions_max = 1'000'000, .frames_max = 6}));
    std::mt19937_64 random(std::strtoull(arguments[2], nullptr, 10));
    for (;;) {
        const std::string id = must(sessions.begin()).id;
        tell("begun", id);
        const std::uint64_t frames = random() % 10;
        for (std::uint64_t number = 1; number <= frames; ++number) {
            must(sessions.append(id, {.payload = Bytes::copy("frame " + std::to_string(number))}));
            tell("frames", id, number);
        }
        if (random() % 2 == 0) {
            must(sessions.end(id));
            tell("ended", id);
        }
        if (random() % 4 == 0) {
            tell("removing", id);
            must(sessions.remove(id));
            tell("removed", id);
        }
    }
}
