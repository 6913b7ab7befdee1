#pragma once

#include <memory>
#include <utility>

#include "support/chaos.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/memory.hpp"

namespace turntable::test {

/// A database of its own in memory, for tests of what stands on a database; in trouble when that is
/// ordered, see chaos.hpp.
inline kv::Database memory_database(const std::shared_ptr<Runtime>& runtime = Runtime::shared(),
                                    kv::Limits limits = {}) {
    kv::MemoryOptions options;
    options.runtime = runtime;
    options.limits = limits;
    return kv::Database(in_chaos(kv::AnyBackend(kv::MemoryBackend(options)), runtime), runtime,
                        "memory:");
}

}  // namespace turntable::test
