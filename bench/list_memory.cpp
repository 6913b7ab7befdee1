// How much memory a list of a million entries takes. `bench_list_memory FOLDER`.

#include <cstdio>
#include <fstream>
#include <string>

#include "harness.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"

namespace {

constexpr int entries = 1'000'000;

/// The peak of the resident set so far, from the kernel's own count.
long peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stol(line.substr(6));
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    namespace kv = turntable::kv;
    const std::string folder = argc > 1 ? argv[1] : ".";
    kv::Registry registry;
    kv::register_sqlite(registry).value();
    auto database = registry.open("sqlite:" + folder + "/million.db?durability=off").value();
    auto write = database.atomic();
    for (int i = 0; i < entries; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        write.set(turntable_bench::key_text(number), turntable_bench::value_text(number));
        if (i % 1000 == 999) {
            write.commit().value();
            write = database.atomic();
        }
    }
    const long before = peak_kib();
    auto list = database.list(kv::everything());
    long rows = 0;
    while (*list.next_view()) {
        ++rows;
    }
    std::printf("{\"name\":\"memory growth of a list of %ld entries, MiB\",\"value\":%.2f}\n", rows,
                static_cast<double>(peak_kib() - before) / 1024);
    return rows == entries ? 0 : 1;
}
