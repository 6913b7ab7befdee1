#include "harness.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace turntable_bench {

namespace {

double rate_of(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t operations = work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return static_cast<double>(operations) / took.count();
}

}  // namespace

Row compare_timed(const std::string& name, const std::string& peer, double target, int rounds,
                  const TimedWork& ours, const TimedWork& theirs) {
    std::vector<Row> pairs;
    for (int round = 0; round < rounds; ++round) {
        const double our_rate = ours();
        pairs.push_back({name, peer, "op/s", our_rate, theirs(), true, target});
    }
    std::ranges::sort(pairs, {}, &Row::ratio);
    return pairs[pairs.size() / 2];
}

Row compare_rates(const std::string& name, const std::string& peer, double target, int rounds,
                  const Work& ours, const Work& theirs) {
    (void)ours();  // warm both before anything counts
    (void)theirs();
    return compare_timed(
        name, peer, target, rounds, [&] { return rate_of(ours); }, [&] { return rate_of(theirs); });
}

void print(const Row& row) {
    std::printf(
        "{\"name\":\"%s\",\"peer\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,\"theirs\":%.6g,"
        "\"ratio\":%.4g,\"larger_is_better\":%s,\"target\":%.4g}\n",
        row.name.c_str(), row.peer.c_str(), row.unit.c_str(), row.ours, row.theirs, row.ratio(),
        row.larger_is_better ? "true" : "false", row.target);
    std::fflush(stdout);
}

void print_value(const std::string& name, double value) {
    std::printf("{\"name\":\"%s\",\"value\":%.6g}\n", name.c_str(), value);
    std::fflush(stdout);
}

std::uint64_t Sequence::next() {
    // splitmix64: small, and the same everywhere.
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return z ^ z >> 31U;
}

std::string key_text(std::uint64_t index) {
    char text[32];
    std::snprintf(text, sizeof text, "bench/key/%014llu", static_cast<unsigned long long>(index));
    return text;
}

std::string value_text(std::uint64_t number) {
    std::string value = std::to_string(number) + '/';
    value.resize(value_bytes, 'v');
    return value;
}

}  // namespace turntable_bench
