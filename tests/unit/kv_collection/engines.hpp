#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/chaos.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"
#ifdef TURNTABLE_TEST_LMDB
#include "turntable/kv/lmdb.hpp"
#endif

namespace turntable::test {

/// An engine to try collections on; `url` with `{}` for an empty folder.
struct EngineUrl {
    const char* name;
    const char* url;

    friend std::ostream& operator<<(std::ostream& out, const EngineUrl& engine) {
        return out << engine.name;
    }
};

inline const EngineUrl engine_urls[] = {
    {"memory", "memory:"},
    {"sqlite", "sqlite:{}/kv.db?durability=off"},
    {"sqlite_as_deno", "sqlite:{}/kv.db?durability=off&profile=deno"},
#ifdef TURNTABLE_TEST_LMDB
    {"lmdb", "lmdb:{}/lmdb?durability=off"},
#endif
};

/// A test that runs on each engine, with a database of its own.
class OnEachEngine : public testing::TestWithParam<EngineUrl> {
  protected:
    kv::Database open(const kv::OpenOptions& options = {}) const {
        std::string url = GetParam().url;
        if (const std::size_t at = url.find("{}"); at != std::string::npos) {
            url.replace(at, 2, folder_.path().string());
        }
        return registry_.open(url, in_chaos(options)).value();
    }

    TempFolder folder_;
    kv::Registry registry_ = engines();
    kv::Database db_ = open();

  private:
    static kv::Registry engines() {
        kv::Registry registry;
        EXPECT_TRUE(kv::register_layers(registry));
        EXPECT_TRUE(kv::register_memory(registry));
        EXPECT_TRUE(kv::register_sqlite(registry));
#ifdef TURNTABLE_TEST_LMDB
        EXPECT_TRUE(kv::register_lmdb(registry));
#endif
        return registry;
    }
};

inline std::string engine_name(const testing::TestParamInfo<EngineUrl>& info) {
    return info.param.name;
}

}  // namespace turntable::test
