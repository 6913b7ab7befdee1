#pragma once

#include <lmdb.h>

#include <optional>
#include <string>

#include "backends/lmdb/format.hpp"
#include "backends/lmdb/tree.hpp"

namespace turntable::inline v0::kv::lmdb {

/// What is wrong with an entry, as the end of a sentence.
std::string_view text_of(Flaw flaw) noexcept;

/// One walk over a range of keys: along the keys of LMDB, and at each link through the node below.
class Scan {
  public:
    Scan(const Tree& tree, MDB_cursor* cursor, RecordVisitor visit) noexcept
        : tree_(tree), cursor_(cursor), visit_(visit) {}

    Result<void> run(ByteView start, ByteView end, bool reverse);

  private:
    /// The part of a range that lies in one node; keys without what leads to the node. No end: up
    /// to the end of the node.
    struct Part {
        std::string prefix;
        ByteView start;
        std::optional<ByteView> end;
    };

    /// False: the visitor wants no more.
    Result<bool> node(const Part& part);
    Result<bool> visit_entry(ByteView rest);
    Result<bool> visit_link(const Part& part, ByteView rest);
    int first(const Part& part);
    int first_from_above(const Part& part);
    int move(MDB_cursor_op op) noexcept { return mdb_cursor_get(cursor_, &key_, &value_, op); }
    int seek(ByteView at) noexcept;
    ByteView key() const noexcept { return {static_cast<const char*>(key_.mv_data), key_.mv_size}; }

    const Tree& tree_;
    MDB_cursor* cursor_;
    RecordVisitor visit_;
    bool reverse_ = false;
    MDB_val key_{};
    MDB_val value_{};
    /// What leads to the node that the walk is in; the beginning of all its keys.
    std::string above_;
};

}  // namespace turntable::inline v0::kv::lmdb
