// sqlite: against the raw C API on the same schema. `bench_sqlite FOLDER` puts its files there.

#include <cstdlib>
#include <string>
#include <vector>

#include "harness.hpp"
#include "raw_sqlite.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/kv_async.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t gets = 100'000;
constexpr int in_flight = 100;

std::string encoded(const std::string& text) { return kv::Key(text).encoded().to_string(); }

void fill(kv::Database& database, RawSqlite& raw) {
    raw.begin();
    auto write = database.atomic();
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        raw.set(encoded(key_text(number)), value_text(number));
        write.set(key_text(number), value_text(number));
        if (i % 1000 == 999) {
            write.commit().value();
            write = database.atomic();
        }
    }
    raw.commit();
}

void compare_reads(kv::Database& database, RawSqlite& raw) {
    std::vector<kv::Key> keys;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        keys.emplace_back(key_text(random.next() % key_count));
    }
    const Work our_gets = [&] {
        for (std::uint64_t i = 0; i < gets; ++i) {
            if ((*database.get(keys[i % 4096]))->value.data().size() != value_bytes) {
                std::abort();
            }
        }
        return gets;
    };
    std::string out;
    const Work raw_gets = [&] {
        for (std::uint64_t i = 0; i < gets; ++i) {
            if (raw.get(keys[i % 4096].encoded().text(), out) != value_bytes) {
                std::abort();
            }
        }
        return gets;
    };
    print(compare_rates("sqlite get", "raw SQLite", 0.8, 7, our_gets, raw_gets));

    const Work our_scan = [&] {
        auto list = database.list(kv::everything(), {.batch = 1000});
        std::uint64_t rows = 0;
        while (*list.next_view()) {
            ++rows;
        }
        return rows;
    };
    const Work raw_scan = [&] {
        std::string all;
        return raw.scan({"\x00", 1}, {"\xff", 1}, all);
    };
    print(compare_rates("sqlite scan", "raw SQLite", 0.7, 7, our_scan, raw_scan));
}

void compare_writes(kv::Database& database, RawSqlite& raw) {
    Sequence random(5);
    std::uint64_t written = 0;
    const auto next_key = [&] { return key_text(random.next() % key_count); };
    constexpr std::uint64_t single_sets = 1500;
    const Work our_sets = [&] {
        for (std::uint64_t i = 0; i < single_sets; ++i) {
            database.set(next_key(), value_text(++written)).value();
        }
        return single_sets;
    };
    const Work raw_sets = [&] {
        for (std::uint64_t i = 0; i < single_sets; ++i) {
            raw.begin();
            raw.set(encoded(next_key()), value_text(++written));
            raw.commit();
        }
        return single_sets;
    };
    print(
        compare_rates("sqlite durable set, 1 in flight", "raw SQLite", 0.8, 7, our_sets, raw_sets));

    constexpr std::uint64_t batches = 100;
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
    print(compare_rates("sqlite durable set, 100 in flight", "raw SQLite, 100 a transaction", 0.7,
                        7, our_batches, raw_batches));
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    turntable::kv::Registry registry;
    turntable::kv::register_sqlite(registry).value();
    auto database = registry.open("sqlite:" + folder + "/ours.db").value();
    turntable_bench::RawSqlite raw(folder + "/raw.db");
    turntable_bench::fill(database, raw);
    turntable_bench::compare_reads(database, raw);
    turntable_bench::compare_writes(database, raw);
    return 0;
}
