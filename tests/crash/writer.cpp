// The program that crash_test kills.
//   crash_writer FILE SETTINGS SEED FIRST_WRITER WRITERS CALLS
// WRITERS threads write without end, or only open the file when there are none. A line
// "writer number versionstamp" goes out for each acknowledged write. With CALLS above zero it kills
// itself at that call of SQLite into the system that changes a file.
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "crash/content.hpp"
#include "crash/kill_at_call.hpp"
#include "support/open_sqlite.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::test::Written;

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

int main(int count, char** arguments) {
    if (count != 7) {
        return 2;
    }
    if (const long call = std::strtol(arguments[6], nullptr, 10); call > 0) {
        turntable::test::kill_at_call(call);
    }
    const auto db = turntable::test::open_sqlite(arguments[1], arguments[2]);
    if (!db) {
        std::fprintf(stderr, "crash_writer: %s\n", db.error().to_string().c_str());
        return 3;
    }
    const auto seed = std::strtoull(arguments[3], nullptr, 10);
    const int first = static_cast<int>(std::strtol(arguments[4], nullptr, 10));
    const int writers = static_cast<int>(std::strtol(arguments[5], nullptr, 10));
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
