// A store in layers: counted, and repeated where that is safe, over an engine that fails now and
// then.
#include <cstdio>

#include "turntable/core/metrics.hpp"
#include "turntable/kv.hpp"

using namespace turntable;

int main() {
    const kv::Registry registry = kv::Registry::from_environment();
    const auto db = kv::open(registry, "memory:",
                             {.layers = {"metrics", "retry?max_attempts=20&base_delay=1ms",
                                         "chaos?seed=7&read_errors=0.3&write_errors=0.3"}});
    if (!db) {
        std::fprintf(stderr, "%s\n", db.error().to_string().c_str());
        return 1;
    }
    for (int i = 0; i < 100; ++i) {
        if (const auto written = db->set(kv::Key{"number", i}, "x"); !written) {
            std::fprintf(stderr, "%s\n", written.error().to_string().c_str());
            return 1;
        }
    }
    std::printf("%s", db->runtime().metrics()->prometheus_text().c_str());
    return 0;
}
