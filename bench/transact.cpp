// transact without other writers, against the same get and set by hand.
// `bench_transact FOLDER` puts its file there.

#include <cstdlib>
#include <string>
#include <vector>

#include "harness.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

void fill(const kv::Database& database) {
    auto write = database.atomic();
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        write.set(key_text(number), value_text(number));
        if (i % 1000 == 999) {
            (void)write.commit().value();
            write = database.atomic();
        }
    }
}

/// Prints what one of ours costs beside one of theirs.
void compare_costs(const std::string& name, const std::string& peer, double target,
                   const Work& ours, const Work& theirs) {
    Row row = compare_rates(name, peer, target, 11, ours, theirs);
    row.unit = "us";
    row.ours = 1e6 / row.ours;
    row.theirs = 1e6 / row.theirs;
    row.larger_is_better = false;
    print(row);
}

void compare(const kv::Database& database, const std::string& engine, double target,
             std::uint64_t count) {
    fill(database);
    std::vector<kv::Key> keys;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        keys.emplace_back(key_text(random.next() % key_count));
    }
    std::uint64_t written = 0;
    const Work transact = [&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            const kv::Key& key = keys[i % 4096];
            const auto done = database.transact([&](kv::Transaction& tx) -> turntable::Result<int> {
                TURNTABLE_TRY(const auto entry, tx.get(key));
                tx.set(key, value_text(entry->value.data().size() + ++written));
                return 0;
            });
            if (!done) {
                std::abort();
            }
        }
        return count;
    };
    const Work by_hand = [&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            const kv::Key& key = keys[i % 4096];
            const auto entry = *database.get(key);
            const auto done = database.atomic()
                                  .check(key, entry)
                                  .set(key, value_text(entry->value.data().size() + ++written))
                                  .commit();
            if (!done || !done->committed) {
                std::abort();
            }
        }
        return count;
    };
    compare_costs(engine + " transact, uncontended", "get, then check and set", target, transact,
                  by_hand);
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    turntable::kv::Registry registry;
    turntable::kv::register_memory(registry).value();
    turntable::kv::register_sqlite(registry).value();
    turntable_bench::compare(registry.open("memory:").value(), "memory", 1.3, 30'000);
    turntable_bench::compare(registry.open("sqlite:" + folder + "/transact.db").value(), "sqlite",
                             1.2, 300);
    return 0;
}
