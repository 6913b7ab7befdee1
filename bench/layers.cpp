// What layers cost and what a cache saves. `bench_layers KIND COUNT` makes COUNT gets on memory:,
// bare or through a stack, for instruction counts (two counts subtract the start);
// `bench_layers FOLDER` compares cache hits over sqlite with bare sqlite gets.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t stack_keys = 10'000;

kv::Database opened(const std::string& url, std::vector<std::string> layers) {
    kv::Registry registry = kv::Registry::from_environment(turntable::lookup_in({}));
    kv::register_sqlite(registry).value();
    return registry.open(url, {.layers = std::move(layers)}).value();
}

void fill(const kv::Database& database, std::uint64_t count) {
    auto write = database.atomic();
    for (std::uint64_t i = 0; i < count; ++i) {
        write.set(key_text(i), value_text(i));
        if (i % 1000 == 999) {
            write.commit().value();
            write = database.atomic();
        }
    }
}

std::vector<kv::Key> chosen(std::uint64_t count) {
    std::vector<kv::Key> keys;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        keys.emplace_back(key_text(random.next() % count));
    }
    return keys;
}

std::uint64_t get_all(const kv::Database& database, const std::vector<kv::Key>& keys,
                      std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if ((*database.get(keys[i % 4096]))->value.data().size() != value_bytes) {
            std::abort();
        }
    }
    return count;
}

void run_on_memory(std::string_view kind, std::uint64_t count) {
    const bool bare = kind == "memory_bare";
    const kv::Database database =
        opened("memory:", bare ? std::vector<std::string>{}
                               : std::vector<std::string>{"metrics", "retry", "timeout"});
    fill(database, stack_keys);
    get_all(database, chosen(stack_keys), count);
}

void compare_cache(const std::string& folder) {
    const std::string url = "sqlite:" + folder + "/cache.db";
    const kv::Database bare = opened(url, {});
    fill(bare, key_count);
    const kv::Database cached = opened(url, {"cache?ttl=1h"});
    const std::vector<kv::Key> keys = chosen(key_count);
    get_all(cached, keys, 4096);
    constexpr std::uint64_t count = 100'000;
    print(compare_rates(
        "cache hit over sqlite", "bare sqlite get", 4, 7,
        [&] { return get_all(cached, keys, count); }, [&] { return get_all(bare, keys, count); }));
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    if (argc == 3) {
        turntable_bench::run_on_memory(argv[1], static_cast<std::uint64_t>(std::atoll(argv[2])));
    } else if (argc == 2) {
        turntable_bench::compare_cache(argv[1]);
    }
    return 0;
}
