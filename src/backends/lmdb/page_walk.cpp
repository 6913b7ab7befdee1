// The layout of LMDB's pages: a header of 16 bytes (number, flags, where the free space of the page
// begins and ends), the places of the nodes, and the nodes from the end of the page on. A node is
// the size of its data or the number of the page below, flags, the size of its key, key and data.

#include "backends/lmdb/page_walk.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "backends/lmdb/format.hpp"
#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t node_header = 8;
constexpr std::uint16_t branch_flag = 1;
constexpr std::uint16_t leaf_flag = 2;
constexpr std::uint16_t overflow_flag = 4;
/// Flags that only mean something in memory.
constexpr std::uint16_t passing_flags = 0xC010;
constexpr std::uint16_t big_data_flag = 1;

template <class T>
T at(const std::vector<char>& page, std::size_t offset) noexcept {
    T number{};
    std::memcpy(&number, page.data() + offset, sizeof(number));
    return number;
}

std::uint16_t kind_of(const std::vector<char>& page) noexcept {
    return static_cast<std::uint16_t>(at<std::uint16_t>(page, 10) & ~passing_flags);
}

/// The halves of a number lie in the order of the machine's own.
std::uint64_t number_of_node(const std::vector<char>& page, std::size_t node) noexcept {
    const auto first = at<std::uint16_t>(page, node);
    const auto second = at<std::uint16_t>(page, node + 2);
    return std::endian::native == std::endian::little ? first | std::uint64_t{second} << 16U
                                                      : second | std::uint64_t{first} << 16U;
}

std::size_t count_of(const std::vector<char>& page) noexcept {
    return (at<std::uint16_t>(page, 12) - header_size) / 2;
}

/// Whether `a` comes before `b`; the list of free pages has numbers as keys.
bool before(ByteView a, ByteView b, bool numbers) noexcept {
    if (!numbers) {
        return a < b;
    }
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::memcpy(&first, a.data(), std::min(a.size(), sizeof(first)));
    std::memcpy(&second, b.data(), std::min(b.size(), sizeof(second)));
    return first < second;
}

}  // namespace

PageWalk::PageWalk(int file, const FileFacts& facts, const std::string& path)
    : file_(file), facts_(facts), path_(path), claimed_(facts.last_page + 1) {}

Error PageWalk::damaged(std::uint64_t number, std::string_view what) const {
    return corrupt_error(path_,
                         "is damaged: page " + std::to_string(number) + " " + std::string(what));
}

Result<void> PageWalk::run() {
    claimed_[0] = claimed_[1] = true;
    Tree main{.is_free_list = false, .depth = facts_.main_depth};
    TURNTABLE_CHECK(tree(facts_.main_root, main));
    if (main.entries != facts_.main_entries) {
        return corrupt_error(path_, "is damaged: it has " + std::to_string(main.entries) +
                                        " records and says that it has " +
                                        std::to_string(facts_.main_entries));
    }
    Tree free{.is_free_list = true, .depth = facts_.free_depth};
    return tree(facts_.free_root, free);
}

Result<void> PageWalk::tree(std::uint64_t root, Tree& tree) {
    return root == no_page ? Result<void>() : page(root, 1, {}, tree);
}

Result<void> PageWalk::read(std::uint64_t number, Page& page) const {
    page.resize(facts_.page_bytes);
    const auto offset = static_cast<off_t>(number * facts_.page_bytes);
    if (::pread(file_, page.data(), page.size(), offset) != static_cast<ssize_t>(page.size())) {
        return engine_error(EIO, path_, "reading page " + std::to_string(number));
    }
    if (at<std::uint64_t>(page, 0) != number) {
        return damaged(number, "has another number in it");
    }
    return {};
}

Result<void> PageWalk::claim(std::uint64_t number) {
    if (number >= claimed_.size()) {
        return damaged(number, "is used and lies behind the last one");
    }
    if (claimed_[number]) {
        return damaged(number, "is used in two places");
    }
    claimed_[number] = true;
    return {};
}

Result<void> PageWalk::page(std::uint64_t number, std::uint16_t level, const Bounds& bounds,
                            Tree& tree) {
    TURNTABLE_CHECK(claim(number));
    Page page;
    TURNTABLE_CHECK(read(number, page));
    const std::uint16_t expected = level == tree.depth ? leaf_flag : branch_flag;
    if (level > tree.depth || kind_of(page) != expected) {
        return damaged(number, "is not of the kind that belongs there");
    }
    const auto lower = at<std::uint16_t>(page, 12);
    const auto upper = at<std::uint16_t>(page, 14);
    const std::size_t fewest = expected == branch_flag && !tree.is_free_list ? 2 : 1;
    if (lower < header_size || lower % 2 != 0 || lower > upper || upper > page.size() ||
        count_of(page) < fewest) {
        return damaged(number, "has bounds that cannot be");
    }
    return expected == branch_flag ? branch(page, number, level, bounds, tree)
                                   : leaf(page, number, bounds, tree);
}

/// The key of a node, and where the node is.
Result<ByteView> PageWalk::key_of(const Page& page, std::uint64_t number, std::size_t index,
                                  std::size_t& at_node) const {
    at_node = at<std::uint16_t>(page, header_size + 2 * index);
    if (at_node < at<std::uint16_t>(page, 14) || at_node + node_header > page.size()) {
        return damaged(number, "has a node outside itself");
    }
    const std::size_t key_bytes = at<std::uint16_t>(page, at_node + 6);
    if (key_bytes > piece_bytes || at_node + node_header + key_bytes > page.size()) {
        return damaged(number, "has a key that is too long");
    }
    return ByteView(page.data() + at_node + node_header, key_bytes);
}

Result<void> PageWalk::branch(const Page& page, std::uint64_t number, std::uint16_t level,
                              const Bounds& bounds, Tree& tree) {
    const std::size_t count = count_of(page);
    Bounds below{bounds.low, "", false};
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t node = 0;
        TURNTABLE_TRY([[maybe_unused]] const ByteView own, key_of(page, number, i, node));
        below.has_high = i + 1 < count;
        if (below.has_high) {
            std::size_t next_node = 0;
            TURNTABLE_TRY(const ByteView next, key_of(page, number, i + 1, next_node));
            const bool fits = (below.low.empty() || before(below.low, next, tree.is_free_list)) &&
                              (!bounds.has_high || before(next, bounds.high, tree.is_free_list));
            if (!fits || next.empty()) {
                return damaged(number, "has keys out of order");
            }
            below.high = next.to_string();
        } else {
            below.high = bounds.high;
            below.has_high = bounds.has_high;
        }
        const std::uint64_t child =
            number_of_node(page, node) | std::uint64_t{at<std::uint16_t>(page, node + 4)} << 32U;
        TURNTABLE_CHECK(this->page(child, static_cast<std::uint16_t>(level + 1), below, tree));
        below.low = below.high;
    }
    return {};
}

Result<void> PageWalk::leaf(const Page& page, std::uint64_t number, const Bounds& bounds,
                            Tree& tree) {
    const std::size_t count = count_of(page);
    ByteView last;
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t node = 0;
        TURNTABLE_TRY(const ByteView key, key_of(page, number, i, node));
        const bool fits =
            !key.empty() && (!tree.is_free_list || key.size() == 8) &&
            (i == 0 ? bounds.low.empty() || !before(key, bounds.low, tree.is_free_list)
                    : before(last, key, tree.is_free_list)) &&
            (!bounds.has_high || before(key, bounds.high, tree.is_free_list));
        if (!fits) {
            return damaged(number, "has keys out of order");
        }
        TURNTABLE_CHECK(leaf_node(page, number, node, tree));
        last = key;
    }
    tree.entries += count;
    return {};
}

Result<void> PageWalk::leaf_node(const Page& page, std::uint64_t number, std::size_t node,
                                 const Tree& tree) {
    const std::size_t data_at = node + node_header + at<std::uint16_t>(page, node + 6);
    const auto bytes = static_cast<std::size_t>(number_of_node(page, node));
    const auto flags = at<std::uint16_t>(page, node + 4);
    if (flags == big_data_flag) {
        if (data_at + sizeof(std::uint64_t) > page.size()) {
            return damaged(number, "has a node outside itself");
        }
        TURNTABLE_TRY(const std::string data,
                      overflow(at<std::uint64_t>(page, data_at), bytes, tree.is_free_list));
        return tree.is_free_list ? free_pages(data, number) : Result<void>();
    }
    if (flags != 0 || data_at + bytes > page.size()) {
        return damaged(number, "has a node outside itself");
    }
    return tree.is_free_list ? free_pages(ByteView(page.data() + data_at, bytes), number)
                             : Result<void>();
}

/// The pages of a long value, and what is in them where that is asked for.
Result<std::string> PageWalk::overflow(std::uint64_t first, std::size_t bytes, bool with_data) {
    TURNTABLE_CHECK(claim(first));
    Page page;
    TURNTABLE_CHECK(read(first, page));
    const std::uint64_t needed = (header_size - 1 + bytes) / facts_.page_bytes + 1;
    const auto pages = at<std::uint32_t>(page, 12);
    if (kind_of(page) != overflow_flag || pages < needed || pages > facts_.last_page) {
        return damaged(first, "is not the long value that belongs there");
    }
    for (std::uint64_t i = 1; i < pages; ++i) {
        TURNTABLE_CHECK(claim(first + i));
    }
    std::string data;
    if (with_data) {
        data.resize(bytes);
        const auto offset = static_cast<off_t>(first * facts_.page_bytes + header_size);
        if (::pread(file_, data.data(), bytes, offset) != static_cast<ssize_t>(bytes)) {
            return engine_error(EIO, path_, "reading page " + std::to_string(first));
        }
    }
    return data;
}

/// A record of the list: how many, and their numbers, largest first.
Result<void> PageWalk::free_pages(ByteView list, std::uint64_t number) {
    std::uint64_t count = 0;
    if (list.size() >= sizeof(count)) {
        std::memcpy(&count, list.data(), sizeof(count));
    }
    if (list.size() < sizeof(count) || count > list.size() / sizeof(count) - 1) {
        return damaged(number, "has a damaged list of free pages");
    }
    std::uint64_t last = UINT64_MAX;
    for (std::uint64_t i = 1; i <= count; ++i) {
        std::uint64_t free = 0;
        std::memcpy(&free, list.data() + i * sizeof(free), sizeof(free));
        if (free >= last) {
            return damaged(number, "has a damaged list of free pages");
        }
        TURNTABLE_CHECK(claim(free));
        last = free;
    }
    return {};
}

}  // namespace turntable::inline v0::kv::lmdb
