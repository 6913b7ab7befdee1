#include "backends/lmdb/tree.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "backends/lmdb/format.hpp"
#include "backends/lmdb/lmdb_error.hpp"
#include "backends/lmdb/scan.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

MDB_val as_val(ByteView bytes) noexcept { return {bytes.size(), const_cast<char*>(bytes.data())}; }

ByteView as_view(const MDB_val& value) noexcept {
    return {static_cast<const char*>(value.mv_data), value.mv_size};
}

struct CloseCursor {
    void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

Cursor open_cursor(MDB_txn* transaction, MDB_dbi database, int& code) {
    MDB_cursor* cursor = nullptr;
    code = mdb_cursor_open(transaction, database, &cursor);
    return Cursor(code == 0 ? cursor : nullptr);
}

/// A key, cut where LMDB's keys end: what is left of it at one node.
struct Piece {
    std::string prefix;
    ByteView rest;

    bool is_last() const noexcept { return prefix.size() + rest.size() < piece_bytes; }
    std::string text() const {
        std::string out = prefix;
        const ByteView part = rest.substr(0, piece_bytes - prefix.size());
        out.append(part.data(), part.size());
        return out;
    }
    Piece below(std::uint64_t node) const {
        return {node_prefix(node), rest.substr(piece_bytes - prefix.size())};
    }
};

}  // namespace

Error Tree::error(int code, std::string_view doing) const {
    return engine_error(code, *path_, doing);
}

Error Tree::damaged(ByteView key, std::string_view what) const {
    return corrupt_error(*path_, "holds an entry under the key " + print_key(key) + " that " +
                                     std::string(what))
        .with("key", print_key(key));
}

Result<ByteView> Tree::checked(const MDB_val& value) const {
    if (!map_->holds(value)) [[unlikely]] {
        return corrupt_error(*path_, "has a page that says an entry is longer than the file");
    }
    return as_view(value);
}

Result<std::optional<ByteView>> Tree::raw(ByteView piece) const {
    MDB_val key = as_val(piece);
    MDB_val value{};
    const int code = mdb_get(transaction_, database_, &key, &value);
    if (code == MDB_NOTFOUND) {
        return std::optional<ByteView>();
    }
    if (code != 0) [[unlikely]] {
        return error(code, "get");
    }
    TURNTABLE_TRY(const ByteView stored, checked(value));
    return std::optional(stored);
}

Result<std::optional<Record>> Tree::get(ByteView key) const {
    ByteView piece = key;
    std::string built;
    if (key.size() >= piece_bytes) [[unlikely]] {
        Piece at{"", key};
        while (!at.is_last()) {
            const std::string link = at.text();
            TURNTABLE_TRY(const std::optional<ByteView> stored, raw(link));
            if (!stored) {
                return std::optional<Record>();
            }
            const std::optional<std::uint64_t> node = decode_link(link, *stored);
            if (!node) {
                return damaged(key, "is reached through a damaged link");
            }
            at = at.below(*node);
        }
        built = at.text();
        piece = built;
    } else if (key.empty()) {
        return std::optional<Record>();
    }
    TURNTABLE_TRY(const std::optional<ByteView> stored, raw(piece));
    if (!stored) {
        return std::optional<Record>();
    }
    Result<std::optional<Record>> out{std::optional<Record>(Record())};
    if (const Flaw flaw = decode_entry(key, *stored, **out); flaw != Flaw::none) [[unlikely]] {
        return damaged(key, text_of(flaw));
    }
    return out;
}

Result<void> Tree::scan(MDB_cursor* cursor, ByteView start, ByteView end, bool reverse,
                        RecordVisitor visit) const {
    if (!(start < end)) {
        return {};
    }
    return Scan(*this, cursor, visit).run(start, end, reverse);
}

Result<void> Tree::write(ByteView piece, ByteView key, const Record& record) {
    MDB_val lmdb_key = as_val(piece);
    MDB_val space{entry_header_bytes + record.data.size(), nullptr};
    if (const int code = mdb_put(transaction_, database_, &lmdb_key, &space, MDB_RESERVE);
        code != 0) {
        return error(code, "put");
    }
    auto* stored = static_cast<char*>(space.mv_data);
    std::copy(record.data.view().begin(), record.data.view().end(), stored + entry_header_bytes);
    seal_entry(key, record, stored);
    return {};
}

Result<void> Tree::put(ByteView key, const Record& record) {
    if (key.empty()) {
        return Error(ErrorCode::invalid_argument, "a key has at least one byte");
    }
    if (key.size() < piece_bytes) [[likely]] {
        return write(key, key, record);
    }
    Piece at{"", key};
    std::uint64_t node = 0;
    while (!at.is_last()) {
        TURNTABLE_TRY(node, node_below(at.text(), node));
        at = at.below(node);
    }
    return write(at.text(), key, record);
}

/// The node that a link leads to; makes both when they are not there, with a number above `above`.
Result<std::uint64_t> Tree::node_below(const std::string& piece, std::uint64_t above) {
    TURNTABLE_TRY(const std::optional<ByteView> stored, raw(piece));
    if (stored) {
        const std::optional<std::uint64_t> node = decode_link(piece, *stored);
        if (!node) {
            return damaged(piece, "is a damaged link");
        }
        return *node;
    }
    TURNTABLE_TRY(const std::uint64_t node, new_node(above));
    const auto link = encode_link(piece, node);
    MDB_val key = as_val(piece);
    MDB_val value = as_val(ByteView(link.data(), link.size()));
    if (const int code = mdb_put(transaction_, database_, &key, &value, 0); code != 0) {
        return error(code, "put");
    }
    return node;
}

/// One above the largest number in use, and above `above`, whose node may still be empty.
Result<std::uint64_t> Tree::new_node(std::uint64_t above) {
    int code = 0;
    const Cursor cursor = open_cursor(transaction_, database_, code);
    if (cursor == nullptr) {
        return error(code, "put");
    }
    MDB_val key = as_val(after_nodes);
    MDB_val value{};
    code = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
    code = mdb_cursor_get(cursor.get(), &key, &value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    if (code != 0 && code != MDB_NOTFOUND) {
        return error(code, "put");
    }
    const bool found = code == 0 && as_view(key).starts_with(node_space);
    return std::max(found ? node_of(as_view(key)) : 0, above) + 1;
}

Result<bool> Tree::is_empty(std::uint64_t node) const {
    int code = 0;
    const Cursor cursor = open_cursor(transaction_, database_, code);
    if (cursor == nullptr) {
        return error(code, "remove");
    }
    const std::string prefix = node_prefix(node);
    MDB_val key = as_val(prefix);
    MDB_val value{};
    code = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
    if (code != 0 && code != MDB_NOTFOUND) {
        return error(code, "remove");
    }
    return code == MDB_NOTFOUND || !as_view(key).starts_with(prefix);
}

Result<void> Tree::remove(ByteView key) {
    struct Link {
        std::string piece;
        std::uint64_t node;
    };
    std::vector<Link> links;
    Piece at{"", key};
    while (!at.is_last()) {
        Link link{at.text(), 0};
        TURNTABLE_TRY(const std::optional<ByteView> stored, raw(link.piece));
        if (!stored) {
            return {};
        }
        const std::optional<std::uint64_t> node = decode_link(link.piece, *stored);
        if (!node) {
            return damaged(key, "is reached through a damaged link");
        }
        link.node = *node;
        at = at.below(*node);
        links.push_back(std::move(link));
    }
    std::string piece = at.text();
    while (true) {
        MDB_val lmdb_key = as_val(piece);
        const int code =
            piece.empty() ? MDB_NOTFOUND : mdb_del(transaction_, database_, &lmdb_key, nullptr);
        if (code != 0 && code != MDB_NOTFOUND) {
            return error(code, "remove");
        }
        if (links.empty()) {
            return {};
        }
        // The link goes with the last entry below it.
        TURNTABLE_TRY(const bool empty, is_empty(links.back().node));
        if (!empty) {
            return {};
        }
        piece = std::move(links.back().piece);
        links.pop_back();
    }
}

}  // namespace turntable::inline v0::kv::lmdb
