// One get through each kind of dispatch. `bench_dispatch KIND COUNT` makes COUNT gets, for
// instruction counts (two counts subtract the start); without arguments it prints times and
// allocations as JSON lines.

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include "dispatch_backend.hpp"
#include "harness.hpp"
#include "turntable/core/coroutine.hpp"

namespace {

std::uint64_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace turntable_bench {
namespace {

const std::vector<std::string>& keys() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> out;
        Sequence random(7);
        for (int i = 0; i < 4096; ++i) {
            out.push_back(key_text(random.next() % key_count));
        }
        return out;
    }();
    return all;
}

constexpr std::string_view trivial_key = "key00001";

/// Sums value sizes, so that no get can be optimised away.
template <class B>
Async<std::uint64_t> awaited(B& backend, std::uint64_t count) {
    const Context context;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto answer = backend.get(context, keys()[i % 4096]);
        auto& entry = co_await answer;
        sum += (*entry)->value.data().size();
    }
    co_return sum;
}

Async<std::uint64_t> trivial_lvalue(kv::AnyBackend& backend, std::uint64_t count) {
    const Context context;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto answer = backend.get(context, trivial_key);
        auto& entry = co_await answer;
        sum += (*entry)->value.data().size();
    }
    co_return sum;
}

Async<std::uint64_t> trivial_by_value(kv::AnyBackend& backend, std::uint64_t count) {
    const Context context;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto entry = co_await backend.get(context, trivial_key);
        sum += (*entry)->value.data().size();
    }
    co_return sum;
}

std::uint64_t trivial_virtual(VirtualGet& backend, std::uint64_t count) {
    const Context context;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto entry = backend.get(context, trivial_key);
        sum += entry->value.data().size();
    }
    return sum;
}

kv::AnyBackend three_layers() {
    kv::AnyBackend backend = MapBackend();
    for (int i = 0; i < 3; ++i) {
        backend = PassThrough(std::move(backend));
    }
    return backend;
}

std::uint64_t run(std::string_view kind, std::uint64_t count) {
    if (kind == "map_concrete") {
        MapBackend backend;
        return *awaited(backend, count).wait();
    }
    if (kind == "map_erased") {
        kv::AnyBackend backend = MapBackend();
        return *awaited(backend, count).wait();
    }
    if (kind == "map_layers") {
        kv::AnyBackend backend = three_layers();
        return *awaited(backend, count).wait();
    }
    kv::AnyBackend trivial = TrivialBackend();
    if (kind == "trivial_lvalue") {
        return *trivial_lvalue(trivial, count).wait();
    }
    if (kind == "trivial_by_value") {
        return *trivial_by_value(trivial, count).wait();
    }
    return trivial_virtual(*make_virtual_get(), count);
}

void print_times() {
    constexpr std::uint64_t count = 100'000;
    MapBackend concrete;
    kv::AnyBackend erased = MapBackend();
    kv::AnyBackend layered = three_layers();
    const Work by_concrete = [&] { return *awaited(concrete, count).wait(), count; };
    const Work by_erased = [&] { return *awaited(erased, count).wait(), count; };
    const Work by_layers = [&] { return *awaited(layered, count).wait(), count; };
    // Rates: 1/1.05 and 1/1.10 of the concrete type are the cost ratios 1.05 and 1.10.
    print(compare_rates("get on a map, erased", "concrete type", 1 / 1.05, 41, by_erased,
                        by_concrete));
    print(compare_rates("get on a map, erased, 3 layers", "concrete type", 1 / 1.10, 41, by_layers,
                        by_concrete));
    const std::uint64_t before = allocations;
    (void)*awaited(layered, count).wait();
    const auto made = static_cast<double>(allocations - before) / static_cast<double>(count);
    std::printf("{\"name\":\"allocations of a get through 3 layers\",\"value\":%.6f}\n", made);
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    (void)turntable_bench::keys();
    if (argc == 3) {
        const auto count = static_cast<std::uint64_t>(std::atoll(argv[2]));
        std::printf("%llu\n",
                    static_cast<unsigned long long>(turntable_bench::run(argv[1], count)));
    } else {
        turntable_bench::print_times();
    }
    return 0;
}
