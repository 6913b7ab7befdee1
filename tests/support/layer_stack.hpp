#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "turntable/conformance/subject.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::test {

/// Puts layers around a backend, outermost first, as the registry does.
inline Result<kv::AnyBackend> stacked(kv::AnyBackend backend,
                                      const std::vector<std::string>& layers,
                                      const std::shared_ptr<Runtime>& runtime) {
    static const kv::Registry registry = [] {
        kv::Registry made;
        kv::register_layers(made).value();
        return made;
    }();
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        TURNTABLE_TRY(kv::LayerItem item, registry.read_layer(*layer));
        TURNTABLE_TRY(backend, item.factory(std::move(backend), item.config,
                                            {.runtime = runtime, .backend = "test", .url = ""}));
    }
    return backend;
}

inline kv::conformance::Subject::Open stacked(kv::conformance::Subject::Open open,
                                              std::vector<std::string> layers) {
    return [open = std::move(open), layers = std::move(layers)](
               const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        TURNTABLE_TRY(kv::AnyBackend backend, open(runtime));
        return stacked(std::move(backend), layers, runtime);
    };
}

/// A stack of all layers that change nothing for a caller who waits. Delays of zero still make
/// every answer pending; the suite moves the clock, so longer ones would wait for it.
inline std::vector<std::string> tall_stack() {
    return {"logging",
            "metrics",
            "check",
            "prefix?parts=a/b",
            "timeout?read=1d&write=1d&health=1d",
            "retry?base_delay=0&max_delay=0&max_attempts=100",
            "concurrency?limit=3",
            "throttle?operations=1000000000&operations_burst=1000000000",
            "chaos?seed=5&read_errors=0.05&write_errors=0.05&torn_streams=0.05&delays=0.05"};
}

}  // namespace turntable::test
