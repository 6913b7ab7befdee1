#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "turntable/core/byte_view.hpp"
#include "turntable/kv/ordered_engine.hpp"

/// \file
/// The bytes of keys and values as docs/formats/lmdb.md has them: no I/O here.
namespace turntable::inline v0::kv::lmdb {

inline constexpr std::uint32_t format_version = 1;
/// The longest key of LMDB. A key of ours that is as long or longer is kept in pieces.
inline constexpr std::size_t piece_bytes = 511;
/// Before the data of an entry: checksum, encoding, three zeros, version, expiry time.
inline constexpr std::size_t entry_header_bytes = 24;
inline constexpr std::size_t link_bytes = 16;

/// The key of the record that says whose database this is.
inline constexpr std::string_view header_key("\xFF\x00", 2);
/// Before the number of a node, in the keys of what is below a link.
inline constexpr std::string_view node_space("\xFFL", 2);
/// After the keys of all nodes.
inline constexpr std::string_view after_nodes("\xFFM", 2);

std::string encode_header();
/// The format version, or none: no header of ours.
std::optional<std::uint32_t> decode_header(ByteView stored) noexcept;

/// Fills in the first entry_header_bytes of an entry; the data is already behind them.
void seal_entry(ByteView key, const Record& record, char* stored) noexcept;
/// What is wrong with a stored entry.
enum class Flaw : std::uint8_t { none, checksum, form };
/// Reads a stored entry; the data borrows from it.
Flaw decode_entry(ByteView key, ByteView stored, Record& record) noexcept;

std::array<char, link_bytes> encode_link(ByteView piece, std::uint64_t node) noexcept;
/// The node that a link leads to; none: damaged. `piece` is the key as LMDB has it.
std::optional<std::uint64_t> decode_link(ByteView piece, ByteView stored) noexcept;

/// The beginning of the keys of everything in a node.
std::string node_prefix(std::uint64_t node);
/// The number of the node that a key in the node space belongs to.
std::uint64_t node_of(ByteView key) noexcept;

}  // namespace turntable::inline v0::kv::lmdb
