// lmdb: against the raw C API with the same records, and against our sqlite:. `bench_lmdb FOLDER`
// puts its folders there.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "harness.hpp"
#include "raw_lmdb.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/kv_async.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t gets = 200'000;
constexpr int in_flight = 100;

std::string encoded(const std::string& text) { return kv::Key(text).encoded().to_string(); }

void fill(kv::Database& database) {
    auto write = database.atomic();
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        write.set(key_text(number), value_text(number));
        if (i % 1000 == 999) {
            write.commit().value();
            write = database.atomic();
        }
    }
}

void fill(RawLmdb& raw) {
    raw.begin();
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        raw.set(encoded(key_text(number)), value_text(number));
    }
    raw.commit();
}

std::vector<kv::Key> random_keys() {
    std::vector<kv::Key> keys;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        keys.emplace_back(key_text(random.next() % key_count));
    }
    return keys;
}

Work gets_of(kv::Database& database, const std::vector<kv::Key>& keys) {
    return [&] {
        for (std::uint64_t i = 0; i < gets; ++i) {
            if ((*database.get(keys[i % 4096]))->value.data().size() != value_bytes) {
                std::abort();
            }
        }
        return gets;
    };
}

Work scan_of(kv::Database& database) {
    return [&] {
        auto list = database.list(kv::everything(), {.batch = 1000});
        std::uint64_t rows = 0;
        while (*list.next_view()) {
            ++rows;
        }
        return rows;
    };
}

void compare_reads(kv::Database& ours, RawLmdb& raw, kv::Database& sqlite) {
    const std::vector<kv::Key> keys = random_keys();
    std::string out;
    const Work raw_gets = [&] {
        for (std::uint64_t i = 0; i < gets; ++i) {
            if (raw.get(keys[i % 4096].encoded().text(), out) != value_bytes) {
                std::abort();
            }
        }
        return gets;
    };
    std::string all;
    const Work raw_scan = [&] {
        all.clear();  // without giving its memory back, as our batches keep theirs
        return raw.scan({"\x00", 1}, {"\xff", 1}, all);
    };
    print(compare_rates("lmdb get", "raw LMDB", 0.7, 7, gets_of(ours, keys), raw_gets));
    print(compare_rates("lmdb scan", "raw LMDB", 0.5, 7, scan_of(ours), raw_scan));
    print(compare_rates("lmdb get beside sqlite", "our sqlite", 3, 5, gets_of(ours, keys),
                        gets_of(sqlite, keys)));
    print(compare_rates("lmdb scan beside sqlite", "our sqlite", 2, 5, scan_of(ours),
                        scan_of(sqlite)));
}

void compare_writes(kv::Database& database, RawLmdb& raw) {
    Sequence random(5);
    std::uint64_t written = 0;
    const auto next_key = [&] { return key_text(random.next() % key_count); };
    constexpr std::uint64_t batches = 50;
    const kv::AsyncDatabase async(database);
    const Work our_batches = [&] {
        std::vector<turntable::Async<kv::Versionstamp>> pending;
        for (std::uint64_t batch = 0; batch < batches; ++batch) {
            for (int i = 0; i < in_flight; ++i) {
                pending.push_back(async.set(next_key(), value_text(++written)));
            }
            for (auto& set : pending) {
                std::move(set).wait().value();
            }
            pending.clear();
        }
        return batches * in_flight;
    };
    const Work raw_batches = [&] {
        for (std::uint64_t batch = 0; batch < batches; ++batch) {
            raw.begin();
            for (int i = 0; i < in_flight; ++i) {
                raw.set(encoded(next_key()), value_text(++written));
            }
            raw.commit();
        }
        return batches * in_flight;
    };
    print(compare_rates("lmdb durable set, 100 in flight", "raw LMDB, 100 a transaction", 0.8, 7,
                        our_batches, raw_batches));
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    turntable::kv::Registry registry;
    turntable::kv::register_lmdb(registry).value();
    turntable::kv::register_sqlite(registry).value();
    auto ours = registry.open("lmdb:" + folder + "/ours.lmdb").value();
    auto sqlite = registry.open("sqlite:" + folder + "/beside.db").value();
    std::filesystem::create_directory(folder + "/raw.lmdb");
    turntable_bench::RawLmdb raw(folder + "/raw.lmdb");
    turntable_bench::fill(ours);
    turntable_bench::fill(sqlite);
    turntable_bench::fill(raw);
    turntable_bench::compare_reads(ours, raw, sqlite);
    turntable_bench::compare_writes(ours, raw);
    return 0;
}
