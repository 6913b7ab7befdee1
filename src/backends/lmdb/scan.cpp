#include "backends/lmdb/scan.hpp"

#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

/// Longer than all keys of an engine, also those that it makes of a user's.
constexpr std::size_t path_bytes_max = 4096;

std::string cut(const std::string& prefix, ByteView rest) {
    std::string out = prefix;
    const ByteView part = rest.substr(0, piece_bytes - prefix.size());
    out.append(part.data(), part.size());
    return out;
}

/// After the keys of a node.
std::string after_node(const std::string& prefix) {
    const std::uint64_t node = node_of(prefix);
    return node == UINT64_MAX ? std::string(after_nodes) : node_prefix(node + 1);
}

}  // namespace

std::string_view text_of(Flaw flaw) noexcept {
    return flaw == Flaw::checksum ? "does not match its checksum" : "has no form of this format";
}

int Scan::seek(ByteView at) noexcept {
    if (at.empty()) {
        return move(MDB_FIRST);
    }
    key_ = {at.size(), const_cast<char*>(at.data())};
    return move(MDB_SET_RANGE);
}

int Scan::first(const Part& part) { return seek(cut(part.prefix, part.start)); }

/// The last key of LMDB that may hold something of the part.
int Scan::first_from_above(const Part& part) {
    const std::string limit = part.end ? cut(part.prefix, *part.end) : after_node(part.prefix);
    const int code = seek(limit);
    if (code == MDB_NOTFOUND) {
        return move(MDB_LAST);
    }
    if (code != 0) {
        return code;
    }
    const bool ends_inside =
        part.end && part.prefix.size() + part.end->size() > piece_bytes && key() == ByteView(limit);
    return ends_inside ? 0 : move(MDB_PREV);
}

Result<void> Scan::run(ByteView start, ByteView end, bool reverse) {
    reverse_ = reverse;
    TURNTABLE_TRY([[maybe_unused]] const bool more, node({"", start, end}));
    return {};
}

Result<bool> Scan::node(const Part& part) {
    int code = reverse_ ? first_from_above(part) : first(part);
    for (; code == 0; code = move(reverse_ ? MDB_PREV : MDB_NEXT)) {
        if (!key().starts_with(part.prefix)) {
            return true;
        }
        const ByteView rest = key().substr(part.prefix.size());
        const bool is_link = key_.mv_size == piece_bytes;
        if (reverse_ ? rest < part.start && !(is_link && part.start.starts_with(rest))
                     : part.end && !(rest < *part.end)) {
            return true;
        }
        TURNTABLE_TRY(const bool more, is_link ? visit_link(part, rest) : visit_entry(rest));
        if (!more) {
            return false;
        }
    }
    if (code != MDB_NOTFOUND) {
        return tree_.error(code, "scan");
    }
    return true;
}

Result<bool> Scan::visit_entry(ByteView rest) {
    TURNTABLE_TRY(const ByteView stored, tree_.checked(value_));
    ByteView key = rest;
    std::string whole;
    if (!above_.empty()) [[unlikely]] {
        whole = above_ + rest.to_string();
        key = whole;
    }
    Record record;
    if (const Flaw flaw = decode_entry(key, stored, record); flaw != Flaw::none) [[unlikely]] {
        return tree_.damaged(key, text_of(flaw));
    }
    return visit_(key, record);
}

Result<bool> Scan::visit_link(const Part& part, ByteView rest) {
    TURNTABLE_TRY(const ByteView stored, tree_.checked(value_));
    const std::string link = key().to_string();
    const ByteView inside = ByteView(link).substr(part.prefix.size());
    const std::optional<std::uint64_t> number = decode_link(link, stored);
    const std::size_t above_bytes = above_.size();
    above_.append(rest.data(), rest.size());
    if (!number) {
        return tree_.damaged(above_, "is a damaged link");
    }
    // A new node gets a number above that of the node which its link is in, so a walk ends.
    if (*number <= node_of(part.prefix)) {
        return tree_.damaged(above_, "is a link that leads back to where the walk came from");
    }
    if (above_.size() > path_bytes_max) {
        return tree_.damaged(above_.substr(0, piece_bytes), "leads to keys longer than any");
    }
    Part below{node_prefix(*number), {}, std::nullopt};
    if (part.start.starts_with(inside)) {
        below.start = part.start.substr(inside.size());
    }
    if (part.end && part.end->starts_with(inside)) {
        below.end = part.end->substr(inside.size());
    }
    TURNTABLE_TRY(const bool more, node(below));
    above_.resize(above_bytes);
    // Back to the link, from where the walk goes on.
    if (const int code = seek(link); more && (code != 0 || key() != ByteView(link))) {
        return tree_.damaged(link, "was there a moment ago");
    }
    return more;
}

}  // namespace turntable::inline v0::kv::lmdb
