#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/lmdb/file_check.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::lmdb {

/// Walks over the trees of data.mdb page by page, through the file and not through the map, and
/// says what LMDB itself would stumble over: pages outside the file, in two places, of the wrong
/// kind, nodes outside their page, keys out of order, pages both free and in use.
class PageWalk {
  public:
    /// `file` stays open during the walk; the commit that `facts` tell of must not be overwritten
    /// meanwhile, which a read transaction sees to.
    PageWalk(int file, const FileFacts& facts, const std::string& path);

    Result<void> run();

  private:
    struct Tree {
        bool is_free_list;
        std::uint16_t depth;
        std::uint64_t entries = 0;
    };
    /// What a page may hold: keys from `low` on and, unless it is the last one, below `high`.
    struct Bounds {
        std::string low;
        std::string high;
        bool has_high = false;
    };
    using Page = std::vector<char>;

    Result<void> tree(std::uint64_t root, Tree& tree);
    Result<void> page(std::uint64_t number, std::uint16_t level, const Bounds& bounds, Tree& tree);
    Result<void> branch(const Page& page, std::uint64_t number, std::uint16_t level,
                        const Bounds& bounds, Tree& tree);
    Result<void> leaf(const Page& page, std::uint64_t number, const Bounds& bounds, Tree& tree);
    Result<void> leaf_node(const Page& page, std::uint64_t number, std::size_t at,
                           const Tree& tree);
    Result<ByteView> key_of(const Page& page, std::uint64_t number, std::size_t index,
                            std::size_t& at) const;
    Result<std::string> overflow(std::uint64_t first, std::size_t bytes, bool with_data);
    Result<void> free_pages(ByteView list, std::uint64_t number);
    Result<void> read(std::uint64_t number, Page& page) const;
    Result<void> claim(std::uint64_t number);
    Error damaged(std::uint64_t number, std::string_view what) const;

    int file_;
    const FileFacts& facts_;
    const std::string& path_;
    std::vector<bool> claimed_;
};

}  // namespace turntable::inline v0::kv::lmdb
