#pragma once

#include <lmdb.h>

#include <optional>
#include <string>

#include "backends/lmdb/map_view.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::lmdb {

/// Entries under keys of any length, in the order of their bytes, inside one transaction of LMDB.
///
/// A key that LMDB takes is stored as it is. Of a longer one (511 bytes or more) the first 511
/// bytes are the key of a link: the number of a node, in which the rest of the key is stored in the
/// same way, with the number before it. docs/formats/lmdb.md shows it.
class Tree {
  public:
    Tree(MDB_txn* transaction, MDB_dbi database, const MapView& map,
         const std::string& path) noexcept
        : transaction_(transaction), database_(database), map_(&map), path_(&path) {}

    /// The data of a record borrows from the transaction.
    Result<std::optional<Record>> get(ByteView key) const;
    /// Calls `visit` for start <= key < end in order until it returns false.
    Result<void> scan(MDB_cursor* cursor, ByteView start, ByteView end, bool reverse,
                      RecordVisitor visit) const;
    Result<void> put(ByteView key, const Record& record);
    Result<void> remove(ByteView key);

    /// The record that LMDB has under a key of at most 511 bytes, bounds checked.
    Result<std::optional<ByteView>> raw(ByteView piece) const;

  private:
    friend class Scan;
    Result<ByteView> checked(const MDB_val& value) const;
    Result<void> write(ByteView piece, ByteView key, const Record& record);
    Result<std::uint64_t> node_below(const std::string& piece, std::uint64_t above);
    Result<std::uint64_t> new_node(std::uint64_t above);
    Result<bool> is_empty(std::uint64_t node) const;
    Error error(int code, std::string_view doing) const;
    Error damaged(ByteView key, std::string_view what) const;

    MDB_txn* transaction_;
    MDB_dbi database_;
    const MapView* map_;
    const std::string* path_;
};

}  // namespace turntable::inline v0::kv::lmdb
