// The program that crash_test kills.
//   crash_writer URL SEED FIRST_WRITER WRITERS CALLS
// WRITERS threads write without end, or only open the file when there are none. A line
// "writer number versionstamp" goes out for each acknowledged write. With CALLS above zero it kills
// itself at that call of the engine into the system that changes a file or makes it durable.
#include <dlfcn.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "crash/content.hpp"
#include "support/engines.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::test::Written;

std::atomic<long> calls_left{0};

void count_call() {
    if (calls_left.load(std::memory_order_relaxed) > 0 && calls_left.fetch_sub(1) == 1) {
        ::kill(::getpid(), SIGKILL);
    }
}

/// The system's own function behind one of those below.
template <class Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Calls the system's own function, with a chance to die before and after.
template <class Result, class... Arguments>
Result counted(const char* name, Arguments... arguments) {
    count_call();
    const Result result = real<Result (*)(Arguments...)>(name)(arguments...);
    count_call();
    return result;
}

void tell(const Written& written, kv::Versionstamp stamp) {
    const std::string line = std::to_string(written.writer) + " " + std::to_string(written.number) +
                             " " + stamp.to_string() + "\n";
    // One write of so few bytes goes into a pipe whole.
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
        std::_Exit(0);
    }
}

turntable::Result<kv::CommitResult> write(const kv::Database& db, const Written& written) {
    using namespace std::chrono_literals;
    auto atomic = db.atomic();
    for (int part = 0; part < written.parts(); ++part) {
        kv::SetOptions options;
        if (written.expires()) {
            options.expire_in = 24h;
        }
        atomic.set(written.key(part), written.value(part), options);
    }
    atomic.sum("total", 1).sum(written.counter(), 1);
    atomic.remove(written.place_before()).set(written.place(), "here");
    if (written.has_message()) {
        atomic.enqueue(written.message(), {.delay = 24h});
    }
    return atomic.commit();
}

void write_without_end(const kv::Database& db, std::uint64_t seed, int writer) {
    for (int number = 0;; ++number) {
        const Written written{seed, writer, number};
        const auto result = write(db, written);
        if (!result || !result->committed) {
            std::fprintf(stderr, "crash_writer: %s\n",
                         result ? "not committed" : result.error().to_string().c_str());
            std::_Exit(3);
        }
        tell(written, result->versionstamp);
    }
}

}  // namespace

// The engines' libraries find these instead of the system's.
#pragma GCC visibility push(default)
extern "C" {
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
    return counted<ssize_t>("pwrite", file, from, size, at);
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
    return counted<ssize_t>("pwrite64", file, from, size, at);
}
ssize_t writev(int file, const iovec* parts, int count) {
    return counted<ssize_t>("writev", file, parts, count);
}
int ftruncate(int file, off_t size) noexcept { return counted<int>("ftruncate", file, size); }
int ftruncate64(int file, off64_t size) noexcept { return counted<int>("ftruncate64", file, size); }
int fdatasync(int file) { return counted<int>("fdatasync", file); }
int unlink(const char* path) noexcept { return counted<int>("unlink", path); }
}
#pragma GCC visibility pop

int main(int count, char** arguments) {
    if (count != 6) {
        return 2;
    }
    calls_left = std::strtol(arguments[5], nullptr, 10);
    const auto db = turntable::test::open_engine(arguments[1]);
    if (!db) {
        std::fprintf(stderr, "crash_writer: %s\n", db.error().to_string().c_str());
        return 3;
    }
    const auto seed = std::strtoull(arguments[2], nullptr, 10);
    const int first = static_cast<int>(std::strtol(arguments[3], nullptr, 10));
    const int writers = static_cast<int>(std::strtol(arguments[4], nullptr, 10));
    if (writers == 0) {
        // Opened, used once, closed.
        return db->set("opened", "yes") && db->close() ? 0 : 3;
    }
    std::vector<std::jthread> threads;
    for (int writer = first; writer < first + writers; ++writer) {
        threads.emplace_back([&db, seed, writer] { write_without_end(*db, seed, writer); });
    }
    return 0;
}
