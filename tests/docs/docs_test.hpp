#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "support/chaos.hpp"
#include "turntable/blob/fs.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"

// Examples name things that they do not use further.
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"

/// What the blocks of the docs run in: an empty folder, a registry with the engines and layers
/// that are built in, an empty database, in trouble when that is ordered, and an empty store of
/// blobs.
class Docs : public ::testing::Test {
  protected:
    Docs() : before_(std::filesystem::current_path()) {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "turntable-docs-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
        std::filesystem::current_path(folder_);
        turntable::kv::register_memory(registry_).value();
        turntable::kv::register_sqlite(registry_).value();
        turntable::kv::register_layers(registry_).value();
        turntable::blob::register_memory(blob_registry_).value();
        turntable::blob::register_fs(blob_registry_).value();
    }
    ~Docs() override {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(folder_);
    }
    turntable::kv::Registry& registry() { return registry_; }
    turntable::kv::Database database() {
        return registry_.open("memory:", turntable::test::in_chaos()).value();
    }
    turntable::blob::Registry& blob_registry() { return blob_registry_; }
    turntable::blob::Store blob_store() { return blob_registry_.open("fs:store").value(); }
    static void expect_ok(const turntable::Result<void>& result) {
        EXPECT_TRUE(result.has_value()) << result.error().to_string();
    }

  private:
    std::filesystem::path before_;
    std::filesystem::path folder_;
    turntable::kv::Registry registry_;
    turntable::blob::Registry blob_registry_;
};
