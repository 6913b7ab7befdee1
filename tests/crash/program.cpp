// The program that the tests of this folder start and kill.
//   crash_program ROLE URL NUMBER THREADS COUNT
// THREADS threads do what ROLE says COUNT times each, or without end if COUNT is 0. A line goes out
// for each time that was acknowledged.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "crash/bank.hpp"
#include "support/engines.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::Result;

void tell(const std::string& line) {
    // One write of so few bytes goes into a pipe whole.
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) {
        std::_Exit(0);
    }
}

struct Work {
    const kv::Database& db;
    int worker;
    std::uint64_t count;

    template <class Step>
    void repeat(const Step& step) const {
        for (std::uint64_t i = 0; count == 0 || i < count; ++i) {
            if (const Result<void> done = step(i); !done) {
                std::fprintf(stderr, "crash_program: %s\n", done.error().to_string().c_str());
                std::_Exit(3);
            }
        }
    }
};

/// Moves money; tells the number of each move.
void bank(const Work& work) {
    std::mt19937_64 random(static_cast<std::uint64_t>(work.worker));
    work.repeat([&](std::uint64_t i) -> Result<void> {
        TURNTABLE_CHECK(turntable::test::move_money(work.db, work.worker, random));
        tell(std::to_string(work.worker) + " " + std::to_string(i + 1));
        return {};
    });
}

using Role = void (*)(const Work&);

Role role_named(const std::string& name) {
    if (name == "bank") {
        return &bank;
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const Role role = argc == 6 ? role_named(argv[1]) : nullptr;
    if (role == nullptr) {
        return 2;
    }
    const auto db = turntable::test::open_engine(argv[2]);
    if (!db) {
        std::fprintf(stderr, "crash_program: %s\n", db.error().to_string().c_str());
        return 3;
    }
    const int number = static_cast<int>(std::strtol(argv[3], nullptr, 10));
    const int threads = static_cast<int>(std::strtol(argv[4], nullptr, 10));
    const auto count = std::strtoull(argv[5], nullptr, 10);
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back(
            [&db, role, count, worker = number * threads + i] { role({*db, worker, count}); });
    }
    return 0;
}
