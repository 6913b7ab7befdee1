// The fs: backend against POSIX calls that do the same work, with the same durability. `bench_fs
// FOLDER` makes the folder; bench/opendal.mjs has the same measures.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "harness.hpp"
#include "raw_fs.hpp"
#include "turntable/blob.hpp"
#include "turntable/blob/fs.hpp"

namespace turntable_bench {
namespace {

namespace blob = turntable::blob;

constexpr std::size_t small_bytes = 4096;
constexpr std::size_t large_bytes = std::size_t{16} << 20U;
constexpr int files = 10'000;

template <class T>
T must(turntable::Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "bench_fs: %s\n", result.error().to_string().c_str());
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

std::string file_name(std::uint64_t index) { return "file-" + std::to_string(index); }

/// Two folders with the same files: one that we work on, and one for the POSIX calls.
struct Folders {
    explicit Folders(const std::string& path)
        : root(path),
          theirs(path + "/theirs"),
          ours(must(blob::open_fs({.root = path + "/ours"}))),
          as_opendal(must(
              blob::open_fs({.root = path + "/ours", .durability = blob::FsDurability::process}))) {
    }

    /// As quickly as can be: nothing of it is measured.
    void fill(const std::string& folder, std::size_t bytes, int count) const {
        const std::string content(bytes, 'f');
        std::filesystem::create_directories(root + "/" + folder);
        for (int i = 0; i < count; ++i) {
            std::ofstream(root + "/" + folder + "/" + file_name(static_cast<unsigned>(i)))
                << content;
        }
    }

    std::string root;
    std::string theirs;
    blob::Store ours;
    /// OpenDAL syncs what it writes, and nothing when it removes.
    blob::Store as_opendal;
};

void measure_reads(const Folders& folders) {
    constexpr int small_files = 1000;
    constexpr int reads = 10'000;
    folders.fill("ours/small", small_bytes, small_files);
    folders.fill("theirs/small", small_bytes, small_files);
    Sequence sequence(1);
    const auto next = [&] { return "small/" + file_name(sequence.next() % small_files); };
    print(compare_rates(
        "fs read of 4 KiB", "POSIX calls", 0.8, 9,
        [&] {
            for (int i = 0; i < reads; ++i) {
                (void)must(folders.ours.read(next()));
            }
            return reads;
        },
        [&] {
            for (int i = 0; i < reads; ++i) {
                (void)raw_read(folders.theirs + "/" + next());
            }
            return reads;
        }));
    folders.fill("ours/large", large_bytes, 1);
    folders.fill("theirs/large", large_bytes, 1);
    constexpr int large_reads = 10;
    print(compare_rates(
        "fs read of 16 MiB", "POSIX calls", 0.8, 9,
        [&] {
            for (int i = 0; i < large_reads; ++i) {
                (void)must(folders.ours.read("large/file-0"));
            }
            return large_reads;
        },
        [&] {
            for (int i = 0; i < large_reads; ++i) {
                (void)raw_read(folders.theirs + "/large/file-0");
            }
            return large_reads;
        }));
}

void measure_writes(const Folders& folders) {
    std::string bytes(large_bytes, 'w');
    int number = 0;
    const auto change = [&] { bytes[0] = static_cast<char>(++number); };
    print(compare_rates(
        "fs write of 16 MiB", "POSIX calls", 0.8, 21,
        [&] {
            change();
            (void)must(folders.ours.write("large/written", bytes));
            return 1;
        },
        [&] {
            change();
            raw_write(folders.theirs + "/large", "written", bytes);
            return 1;
        }));
}

int list(const blob::Store& store, bool metadata) {
    int count = 0;
    for (const auto& entry : store.list("many/", {.metadata = metadata})) {
        (void)must(entry);
        ++count;
    }
    if (count != files) {
        std::abort();
    }
    return 1;
}

/// A rate.
double timed(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return 1 / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure_lists(const Folders& folders) {
    folders.fill("ours/many", 10, files);
    folders.fill("theirs/many", 10, files);
    print(compare_rates(
        "fs list of 10,000", "POSIX calls", 0.8, 9, [&] { return list(folders.ours, true); },
        [&] {
            if (raw_list(folders.theirs + "/many").size() != files) {
                std::abort();
            }
            return 1;
        }));
    std::vector<double> rates;
    for (int round = 0; round < 9; ++round) {
        rates.push_back(timed([&] { list(folders.ours, false); }));
    }
    std::ranges::sort(rates);
    print_value("fs list of 10,000, names only", rates[rates.size() / 2]);
}

void measure_removals(const Folders& folders) {
    const auto removal = [&](const char* folder, const std::function<void()>& remove) {
        folders.fill(folder, 10, files);
        return timed(remove);
    };
    print(compare_timed(
        "fs remove_all of 10,000", "POSIX calls", 0.8, 3,
        [&] { return removal("ours/many", [&] { must(folders.ours.remove_all("many/")); }); },
        [&] { return removal("theirs/many", [&] { raw_remove_all(folders.theirs, "many"); }); }));
    print_value("fs remove_all of 10,000, not synced",
                removal("ours/many", [&] { must(folders.as_opendal.remove_all("many/")); }));
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    const turntable_bench::Folders folders(argv[1]);
    turntable_bench::measure_reads(folders);
    turntable_bench::measure_writes(folders);
    turntable_bench::measure_lists(folders);
    turntable_bench::measure_removals(folders);
    return 0;
}
