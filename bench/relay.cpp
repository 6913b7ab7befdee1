// What a recorder costs whoever talks through it. `bench_relay TURNTABLE FOLDER` puts its tapes
// there.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"
#include "support/child_process.hpp"
#include "turntable/tape/recorder.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable_bench {
namespace {

namespace tape = turntable::tape;
using turntable::test::ChildProcess;
using Microseconds = std::vector<double>;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "bench_relay: %s\n", what);
        std::abort();
    }
}

/// How long the answers to small calls took.
Microseconds round_trips(ChildProcess& server, int count) {
    const std::string call =
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","arguments":)"
        R"({"path":"/srv/project/src/main.cpp","encoding":"utf-8"},"_meta":{"progressToken":1}}})";
    Microseconds took;
    for (int i = 0; i < count; ++i) {
        const auto start = std::chrono::steady_clock::now();
        server.write_line(call);
        require(server.read_line() == call, "another answer");
        took.push_back(
            std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
                .count());
    }
    std::ranges::sort(took);
    return took;
}

double at(const Microseconds& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// One way to talk to `cat`, which says what it hears; figures of each round.
struct Way {
    std::vector<std::string> command;
    std::vector<double> p50 = {};
    std::vector<double> p99 = {};
};

void measure_round_trips(const std::string& turntable, const std::string& folder) {
    constexpr int rounds = 9;
    constexpr int calls = 2000;
    Way direct{{"cat"}};
    Way pipes{{"sh", "-c", "cat | cat | cat"}};  // one each way
    Way recorded{{turntable, "record", "-q", "--dir", folder + "/tapes", "--", "cat"}};
    for (int round = 0; round < rounds; ++round) {
        for (Way* way : {&direct, &pipes, &recorded}) {
            ChildProcess server(way->command);
            (void)round_trips(server, calls / 10);
            const Microseconds took = round_trips(server, calls);
            way->p50.push_back(at(took, 0.5));
            way->p99.push_back(at(took, 0.99));
            (void)server.wait();
        }
    }
    const double more50 = median(recorded.p50) - median(direct.p50);
    const double more99 = median(recorded.p99) - median(direct.p99);
    print({"a call through a recorder, p50, beyond direct", "the target", "us", more50, 60, false,
           1});
    print({"a call through a recorder, p99, beyond direct", "three times that", "us", more99, 180,
           false, 1});
    print({"a call through a recorder, p50", "cat each way", "us", median(recorded.p50),
           median(pipes.p50), false, 1.5});
    print({"a call through a recorder, p99", "cat each way", "us", median(recorded.p99),
           median(pipes.p99), false, 1.5});
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    constexpr double page_bytes = 4096;
    return resident * page_bytes;
}

void measure_many(const std::string& folder) {
    constexpr int recordings = 100;
    constexpr int frames = 1000;
    const std::string message(350, 'x');
    const double before = resident_bytes();
    std::vector<tape::Recorder> recorders;
    for (int i = 0; i < recordings; ++i) {
        const std::string path = folder + "/many" + std::to_string(i) + ".tape";
        recorders.push_back(
            tape::Recorder::create(tape::FileSink::create(path).value(), {.id = "b"}).value());
    }
    double most = 0;
    for (int i = 0; i < frames; ++i) {
        for (tape::Recorder& recorder : recorders) {
            recorder.frame(tape::Direction::client_to_server, message);
        }
        most = std::max(most, resident_bytes());
    }
    std::uint64_t dropped = 0;
    for (tape::Recorder& recorder : recorders) {
        require(recorder.close().has_value(), "a tape has no end");
        dropped += recorder.status().dropped_frames;
    }
    require(dropped == 0, "frames were dropped");
    print({"100 recordings at a time, memory of each, none drops", "the target", "bytes",
           (most - before) / recordings, 1 << 20, false, 1});
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    if (argc != 3) {
        return 2;
    }
    turntable_bench::measure_round_trips(argv[1], argv[2]);
    turntable_bench::measure_many(argv[2]);
    return 0;
}
