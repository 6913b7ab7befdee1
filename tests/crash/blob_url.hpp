#pragma once

#include <memory>
#include <string>

#include "turntable/blob/fs.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::test {

/// Stores whose blobs survive the process.
inline Result<blob::Store> open_blobs(const std::string& url) {
    const auto databases = std::make_shared<kv::Registry>();
    TURNTABLE_CHECK(kv::register_sqlite(*databases));
    blob::Registry registry;
    TURNTABLE_CHECK(blob::register_fs(registry));
    TURNTABLE_CHECK(blob::register_sqlite(registry));
    TURNTABLE_CHECK(blob::register_kv(registry, databases));
    return registry.open(url);
}

}  // namespace turntable::test
