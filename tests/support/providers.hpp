#pragma once

#include <cstdlib>
#include <memory>

#include "turntable/blob/fs.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/tape/registry.hpp"
#include "turntable/tape/sqlite.hpp"

/// \file
/// The providers of tapes that are built, and their layers.
namespace turntable::test {

inline tape::Registry provider_registry() {
    auto blobs = std::make_shared<blob::Registry>();
    auto indexes = std::make_shared<kv::Registry>();
    tape::Registry registry;
    if (!blob::register_memory(*blobs) || !blob::register_fs(*blobs) ||
        !kv::register_memory(*indexes) || !kv::register_sqlite(*indexes) ||
        !tape::register_stock(registry, blobs, indexes) || !tape::register_sqlite(registry) ||
        !tape::register_layers(registry)) {
        std::abort();
    }
    return registry;
}

}  // namespace turntable::test
