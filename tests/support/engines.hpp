#pragma once

#include <string>
#include <vector>

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

inline Result<kv::Database> open_engine(const std::string& url) {
    kv::Registry registry;
    TURNTABLE_CHECK(kv::register_memory(registry));
    TURNTABLE_CHECK(kv::register_sqlite(registry));
#ifdef TURNTABLE_TEST_LMDB
    TURNTABLE_CHECK(kv::register_lmdb(registry));
#endif
    if (url.starts_with("chaos:")) {
        TURNTABLE_CHECK(kv::register_layers(registry));
        return registry.open("memory:" + url.substr(6),
                             {.layers = {"retry?max_attempts=1000&base_delay=0&max_delay=1ms",
                                         "chaos?read_errors=0.1&write_errors=0.1&"
                                         "queue_errors=0.1&torn_streams=0.1"}});
    }
    return registry.open(url);
}

}  // namespace turntable::test
