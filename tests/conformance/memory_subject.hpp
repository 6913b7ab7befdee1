#pragma once

#include <memory>
#include <utility>

#include "turntable/conformance/subject.hpp"
#include "turntable/kv/memory.hpp"

namespace turntable::conformance_test {

/// Opens a database in memory and puts something around it.
///
/// Purpose: the one factory of all subjects over memory. Ownership: keeps `around`, which takes a
/// MemoryBackend and gives a backend. Threads: as `around`. Errors: none.
template <class Around>
kv::conformance::Subject::Open open_memory(kv::MemoryOptions options, Around around) {
    return [options = std::move(options),
            around](const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        kv::MemoryOptions with = options;
        with.runtime = runtime;
        return kv::AnyBackend(around(kv::MemoryBackend(std::move(with))));
    };
}

inline kv::conformance::Subject::Open open_memory(kv::MemoryOptions options = {}) {
    return open_memory(std::move(options), [](kv::MemoryBackend memory) { return memory; });
}

}  // namespace turntable::conformance_test
