#pragma once

#include <string>

#include "support/chaos.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::test {

/// Opens a file with the sqlite backend; `settings` as in a URL, such as "?profile=deno". In
/// trouble when that is ordered, see chaos.hpp.
inline Result<kv::Database> open_sqlite(const std::string& file, const std::string& settings = "") {
    kv::Registry registry;
    TURNTABLE_CHECK(kv::register_sqlite(registry));
    TURNTABLE_CHECK(kv::register_layers(registry));
    return registry.open("sqlite:" + file + settings, in_chaos());
}

}  // namespace turntable::test
