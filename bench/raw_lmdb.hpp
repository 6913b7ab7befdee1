#pragma once

#include <lmdb.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace turntable_bench {

/// The peer of the lmdb: backend: the C API by hand, with the same records (checksum, version,
/// expiry) and the same commit counter, synced at each commit.
class RawLmdb {
  public:
    explicit RawLmdb(const std::string& folder);
    RawLmdb(const RawLmdb&) = delete;
    RawLmdb& operator=(const RawLmdb&) = delete;
    ~RawLmdb();

    void begin();
    void commit();
    void set(std::string_view key, std::string_view value);
    /// Copies the value out, its checksum compared; gives its size.
    std::size_t get(std::string_view key, std::string& out);
    /// Copies every key and value of the range out; gives the number of rows.
    std::size_t scan(std::string_view start, std::string_view end, std::string& out);

  private:
    void put(std::string_view key, std::string_view value);

    MDB_env* environment_ = nullptr;
    MDB_txn* reader_ = nullptr;
    MDB_cursor* cursor_ = nullptr;
    MDB_txn* writer_ = nullptr;
    MDB_dbi database_ = 0;
    std::uint64_t version_ = 0;
};

}  // namespace turntable_bench
