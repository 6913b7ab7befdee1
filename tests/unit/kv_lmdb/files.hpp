#pragma once

/// \file
/// Engines, raw files and raw LMDB for the tests of the lmdb backend.

#include <gtest/gtest.h>
#include <lmdb.h>

#include <fstream>
#include <memory>
#include <string>

#include "backends/lmdb/engine.hpp"
#include "support/read_file.hpp"
#include "support/temp_folder.hpp"

namespace lmdb_test {

namespace kv = turntable::kv;
using turntable::Bytes;
using turntable::ByteView;
using turntable::ErrorCode;
using turntable::test::read_file;
using turntable::test::TempFolder;

inline void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline kv::LmdbOptions options_for(const std::string& path) {
    kv::LmdbOptions options;
    options.path = path;
    options.durability = kv::LmdbDurability::off;  // nothing here is about loss of power
    return options;
}

/// With a map that is soon full.
inline kv::LmdbOptions small_map(const std::string& path) {
    kv::LmdbOptions options = options_for(path);
    options.map_size = {1U << 20U};
    return options;
}

/// An engine that is not yet connected.
inline std::unique_ptr<kv::lmdb::Engine> make_engine(kv::LmdbOptions options) {
    return std::make_unique<kv::lmdb::Engine>(std::move(options));
}
inline std::unique_ptr<kv::lmdb::Engine> make_engine(const std::string& path) {
    return make_engine(options_for(path));
}

inline kv::Record record(const std::string& data, std::uint64_t version = 1,
                         std::int64_t expire_at_ms = kv::never_expires) {
    return {Bytes::take(data), kv::ValueEncoding::bytes, version, expire_at_ms};
}

/// Puts in a transaction of its own.
inline turntable::Result<void> put(kv::lmdb::Engine& engine, ByteView key,
                                   const kv::Record& record) {
    TURNTABLE_TRY(auto transaction, engine.begin_write());
    TURNTABLE_CHECK(transaction.put(key, record));
    return transaction.commit();
}

/// The text under a key, "-" for none, "!" and the error code for an error.
inline std::string get_text(kv::lmdb::Engine& engine, ByteView key) {
    auto found = engine.get(key);
    if (!found) {
        return "!" + std::string(to_string(found.error().code()));
    }
    return *found ? (*found)->data.to_string() : "-";
}

/// `key=data` of every record in a range, separated by spaces; "!" and the code for an error.
template <class Transaction>
std::string scan_text(Transaction& transaction, ByteView start, ByteView end,
                      bool reverse = false) {
    std::string out;
    auto visit = [&](ByteView key, const kv::Record& record) {
        out += (out.empty() ? "" : " ") + key.to_string() + "=" + record.data.to_string();
        return true;
    };
    const auto done = transaction.scan(start, end, reverse, visit);
    return done ? out : "!" + std::string(to_string(done.error().code()));
}

/// LMDB itself, as another program would use it: one write to the unnamed database.
inline void raw_put(const std::string& folder, std::string key, std::string value) {
    MDB_env* environment = nullptr;
    MDB_txn* transaction = nullptr;
    MDB_dbi database = 0;
    ASSERT_EQ(mdb_env_create(&environment), 0);
    ASSERT_EQ(mdb_env_open(environment, folder.c_str(), 0, 0644), 0);
    ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
    ASSERT_EQ(mdb_dbi_open(transaction, nullptr, 0, &database), 0);
    MDB_val raw_key{key.size(), key.data()};
    MDB_val raw_value{value.size(), value.data()};
    ASSERT_EQ(mdb_put(transaction, database, &raw_key, &raw_value, 0), 0);
    ASSERT_EQ(mdb_txn_commit(transaction), 0);
    mdb_env_close(environment);
}

}  // namespace lmdb_test
