#pragma once

#include <string>
#include <vector>

#include "support/chaos.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/sqlite.hpp"
#ifdef TURNTABLE_TEST_LMDB
#include "turntable/kv/lmdb.hpp"
#endif

/// \file
/// The engines that are built, by the schemes of their URLs, for tests that run on each.
namespace turntable::test {

/// Those that keep their data in a folder.
inline std::vector<std::string> file_engines() {
    return {"sqlite",
#ifdef TURNTABLE_TEST_LMDB
            "lmdb"
#endif
    };
}

inline std::vector<std::string> all_engines() {
    std::vector<std::string> engines = file_engines();
    engines.insert(engines.begin(), "memory");
    engines.emplace_back("chaos");
    return engines;
}

/// Whether the data is there when the same URL is opened again.
inline bool keeps_data(const std::string& engine) {
    return engine != "memory" && engine != "chaos";
}

/// The URL of a database named `name` in `folder`; memory: is a named one. chaos: is the same one
/// behind a layer that breaks calls at random, and one that repeats them.
inline std::string engine_url(const std::string& engine, const std::string& folder,
                              const std::string& name = "db") {
    return engine + ":" + folder + "/" + name;
}
/// The same for tests that lose no power.
inline std::string quick_url(const std::string& engine, const std::string& folder,
                             const std::string& name = "db") {
    return engine_url(engine, folder, name) + (keeps_data(engine) ? "?durability=off" : "");
}

/// In trouble when that is ordered, see chaos.hpp.
inline Result<kv::Database> open_engine(const std::string& url,
                                        const kv::OpenOptions& options = in_chaos()) {
    kv::Registry registry;
    TURNTABLE_CHECK(kv::register_memory(registry));
    TURNTABLE_CHECK(kv::register_sqlite(registry));
#ifdef TURNTABLE_TEST_LMDB
    TURNTABLE_CHECK(kv::register_lmdb(registry));
#endif
    TURNTABLE_CHECK(kv::register_layers(registry));
    if (url.starts_with("chaos:")) {
        return registry.open("memory:" + url.substr(6), {.layers = chaos_layers("0")});
    }
    return registry.open(url, options);
}

}  // namespace turntable::test
