// memory: against an ordered map behind a shared mutex.

#include <cstdlib>

#include "harness.hpp"
#include "raw_map.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t gets = 400'000;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

template <class Database>
void fill(Database& database, RawMap& raw) {
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        database.set(key_text(number), value_text(number)).value();
        raw.set(kv::Key(key_text(number)).encoded().text(), value_text(number));
    }
}

template <class Database>
void run(Database database) {
    RawMap raw;
    fill(database, raw);
    std::vector<kv::Key> keys;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        keys.emplace_back(key_text(random.next() % key_count));
    }
    const Work our_gets = [&] {
        std::uint64_t bytes = 0;
        for (std::uint64_t i = 0; i < gets; ++i) {
            bytes += (*database.get(keys[i % 4096]))->value.data().size();
        }
        require(bytes == gets * value_bytes);
        return gets;
    };
    std::string out;
    const Work raw_gets = [&] {
        std::uint64_t bytes = 0;
        for (std::uint64_t i = 0; i < gets; ++i) {
            bytes += raw.get(keys[i % 4096].encoded().text(), out);
        }
        require(bytes == gets * value_bytes);
        return gets;
    };
    print(compare_rates("memory get", "map behind a shared mutex", 0.8, 9, our_gets, raw_gets));

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
    print(compare_rates("memory scan", "map behind a shared mutex", 0.7, 9, our_scan, raw_scan));
}

}  // namespace
}  // namespace turntable_bench

int main() {
    turntable::kv::Registry registry;
    turntable::kv::register_memory(registry).value();
    turntable_bench::run(registry.open("memory:").value());
    return 0;
}
