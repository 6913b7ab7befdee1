// The program that the tests of this folder start and kill.
//   crash_program ROLE URL NUMBER THREADS COUNT
// THREADS threads do what ROLE says COUNT times each, or without end if COUNT is 0. A line goes out
// for each time that was acknowledged.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "crash/bank.hpp"
#include "crash/batches.hpp"
#include "support/engines.hpp"
#include "turntable/kv/id_sequence.hpp"
#include "turntable/kv/lock.hpp"

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

/// Puts batches into a map; tells the number of each batch.
void batches(const Work& work) {
    const turntable::test::BatchMap map(work.db, "batches");
    work.repeat([&](std::uint64_t i) -> Result<void> {
        const int number = static_cast<int>(i);
        auto batch = map.batch();
        for (int entry = 0; entry < turntable::test::batch_entries; ++entry) {
            batch.insert({work.worker, number, entry},
                         turntable::test::batch_value(work.worker, number, entry));
        }
        TURNTABLE_TRY(const kv::Versionstamp stamp, batch.commit());
        tell(std::to_string(work.worker) + " " + std::to_string(i + 1) + " " + stamp.to_string());
        return {};
    });
}

/// Takes ids and tells them.
void ids(const Work& work) {
    const kv::IdSequence sequence(work.db, "ids", {.block = 10});
    work.repeat([&](std::uint64_t) -> Result<void> {
        TURNTABLE_TRY(const std::uint64_t id, sequence.next());
        tell(std::to_string(id));
        return {};
    });
}

/// Takes a lock, tells its token and never lets go of it.
void lock(const Work& work) {
    const kv::Locks locks(work.db, "locks");
    work.repeat([&](std::uint64_t) -> Result<void> {
        TURNTABLE_TRY(kv::Lock held, locks.lock("name", {.lease = std::chrono::milliseconds(500)}));
        tell(std::to_string(held.token()));
        while (true) {
            TURNTABLE_CHECK(held.extend());
        }
    });
}

using Role = void (*)(const Work&);

Role role_named(const std::string& name) {
    constexpr std::pair<std::string_view, Role> roles[] = {
        {"bank", &bank}, {"batches", &batches}, {"ids", &ids}, {"lock", &lock}};
    for (const auto& [known, role] : roles) {
        if (known == name) {
            return role;
        }
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
