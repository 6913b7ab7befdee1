#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/layer_stack.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/memory.hpp"

namespace turntable::test {

/// A database of its own in memory, for tests of what stands on a database.
///
/// With TURNTABLE_TEST_CHAOS=SEED in the environment it is behind a layer that breaks calls at
/// random and one that makes them again: what a test asserts has to hold all the same.
/// Purpose: one place to put trouble under many tests. Ownership: a value. Threads: any.
/// Errors: ends the program when the layers cannot be made.
inline kv::Database memory_database(const std::shared_ptr<Runtime>& runtime = Runtime::shared(),
                                    kv::Limits limits = {}) {
    kv::MemoryOptions options;
    options.runtime = runtime;
    options.limits = limits;
    kv::MemoryBackend memory(options);
    const char* seed = std::getenv("TURNTABLE_TEST_CHAOS");
    if (seed == nullptr) {
        return kv::Database(std::move(memory), runtime, "memory:");
    }
    const std::vector<std::string> layers{
        "retry?base_delay=0&max_delay=0&max_attempts=1000",
        "chaos?read_errors=0.1&write_errors=0.1&torn_streams=0.1&seed=" + std::string(seed)};
    return kv::Database(stacked(kv::AnyBackend(std::move(memory)), layers, runtime).value(),
                        runtime, "memory:");
}

}  // namespace turntable::test
