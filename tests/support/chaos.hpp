#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/layer_stack.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/registry.hpp"

/// \file
/// Trouble under any test.
///
/// With TURNTABLE_TEST_CHAOS=SEED in the environment, the databases that tests open through the
/// helpers of this folder are behind a layer that breaks calls at random and one that makes them
/// again: what a test asserts has to hold all the same. More settings of the layer may follow, as
/// in "7&lost_replies=0.01". tests/chaos says which tests run so, and which cannot.
namespace turntable::test {

/// What the environment orders: a seed and perhaps more settings; none: no trouble.
inline std::optional<std::string> ordered_chaos() {
    const char* settings = std::getenv("TURNTABLE_TEST_CHAOS");
    return settings == nullptr ? std::nullopt : std::optional<std::string>(settings);
}

/// Errors that are made again at once, and answers that come later. Delays of zero still make an
/// answer pending; a longer one would wait for ever in a test that stops the clock.
inline std::vector<std::string> chaos_layers(const std::string& settings) {
    return {"retry?base_delay=0&max_delay=0&max_attempts=1000",
            "chaos?read_errors=0.1&write_errors=0.1&queue_errors=0.1&torn_streams=0.1&delays=0.1&"
            "seed=" +
                settings};
}

/// The backend, in the trouble that the environment orders.
inline kv::AnyBackend in_chaos(kv::AnyBackend backend, const std::shared_ptr<Runtime>& runtime) {
    const std::optional<std::string> settings = ordered_chaos();
    return settings ? stacked(std::move(backend), chaos_layers(*settings), runtime).value()
                    : std::move(backend);
}

/// The same for what a registry opens, which has to know the layers: innermost, below those of the
/// test itself.
inline kv::OpenOptions in_chaos(kv::OpenOptions options = {}) {
    if (const std::optional<std::string> settings = ordered_chaos()) {
        for (std::string& layer : chaos_layers(*settings)) {
            options.layers.push_back(std::move(layer));
        }
    }
    return options;
}

}  // namespace turntable::test
