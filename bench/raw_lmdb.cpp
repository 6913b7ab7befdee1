#include "raw_lmdb.hpp"

#include <cstdlib>
#include <cstring>

#include "turntable/core/crc32c.hpp"

namespace turntable_bench {

namespace {

using turntable::crc32c;

constexpr std::size_t header_bytes = 24;

void check(int code) {
    if (code != 0) {
        std::abort();
    }
}

MDB_val as_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

std::uint32_t checksum(const MDB_val& key, const MDB_val& stored) {
    const auto* data = static_cast<const char*>(stored.mv_data);
    return crc32c(crc32c(0, {static_cast<const char*>(key.mv_data), key.mv_size}),
                  {data + 4, stored.mv_size - 4});
}

/// The value behind the header.
std::string_view value_of(const MDB_val& key, const MDB_val& stored) {
    const auto* data = static_cast<const char*>(stored.mv_data);
    std::uint32_t expected = 0;
    std::memcpy(&expected, data, sizeof(expected));
    if (expected != checksum(key, stored)) {
        std::abort();
    }
    return {data + header_bytes, stored.mv_size - header_bytes};
}

}  // namespace

RawLmdb::RawLmdb(const std::string& folder) {
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, std::size_t{1} << 30U));
    check(mdb_env_open(environment_, folder.c_str(), MDB_NOTLS, 0644));
    check(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reader_));
    check(mdb_dbi_open(reader_, nullptr, 0, &database_));
    check(mdb_cursor_open(reader_, database_, &cursor_));
    mdb_txn_reset(reader_);
}

RawLmdb::~RawLmdb() {
    mdb_cursor_close(cursor_);
    mdb_txn_abort(reader_);
    mdb_env_close(environment_);
}

void RawLmdb::begin() { check(mdb_txn_begin(environment_, nullptr, 0, &writer_)); }

void RawLmdb::commit() {
    const std::string counter(reinterpret_cast<const char*>(&version_), sizeof(version_));
    put("\xFFv", counter);
    check(mdb_txn_commit(writer_));
}

void RawLmdb::set(std::string_view key, std::string_view value) {
    ++version_;
    put(key, value);
}

void RawLmdb::put(std::string_view key, std::string_view value) {
    MDB_val raw_key = as_val(key);
    MDB_val space{header_bytes + value.size(), nullptr};
    check(mdb_put(writer_, database_, &raw_key, &space, MDB_RESERVE));
    auto* data = static_cast<char*>(space.mv_data);
    std::memset(data, 0, header_bytes);
    std::memcpy(data + 8, &version_, sizeof(version_));
    std::memset(data + 16, 0xFF, 8);
    std::memcpy(data + header_bytes, value.data(), value.size());
    const std::uint32_t crc = checksum(raw_key, space);
    std::memcpy(data, &crc, sizeof(crc));
}

std::size_t RawLmdb::get(std::string_view key, std::string& out) {
    check(mdb_txn_renew(reader_));
    MDB_val raw_key = as_val(key);
    MDB_val stored{};
    check(mdb_get(reader_, database_, &raw_key, &stored));
    out = value_of(raw_key, stored);
    mdb_txn_reset(reader_);
    return out.size();
}

std::size_t RawLmdb::scan(std::string_view start, std::string_view end, std::string& out) {
    check(mdb_txn_renew(reader_));
    check(mdb_cursor_renew(reader_, cursor_));
    MDB_val key = as_val(start);
    MDB_val stored{};
    std::size_t rows = 0;
    int code = mdb_cursor_get(cursor_, &key, &stored, MDB_SET_RANGE);
    for (; code == 0; code = mdb_cursor_get(cursor_, &key, &stored, MDB_NEXT)) {
        const std::string_view text(static_cast<const char*>(key.mv_data), key.mv_size);
        if (text >= end) {
            break;
        }
        out += text;
        out += value_of(key, stored);
        ++rows;
    }
    mdb_txn_reset(reader_);
    return rows;
}

}  // namespace turntable_bench
