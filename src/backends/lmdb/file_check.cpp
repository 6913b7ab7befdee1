#include "backends/lmdb/file_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t data_version = 1;
constexpr std::uint16_t meta_flag = 0x08;
constexpr std::size_t meta_bytes = 152;
constexpr std::uint16_t depth_max = 32;

class File {
  public:
    explicit File(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (is_open()) {
            ::close(descriptor_);
        }
    }
    bool is_open() const noexcept { return descriptor_ >= 0; }
    int descriptor() const noexcept { return descriptor_; }

  private:
    int descriptor_;
};

/// A meta page; LMDB writes it in the byte order of the machine, at these places.
struct MetaPage {
    std::array<char, meta_bytes> bytes{};

    template <class T>
    T at(std::size_t offset) const noexcept {
        T number{};
        std::memcpy(&number, bytes.data() + offset, sizeof(number));
        return number;
    }
    std::uint64_t number() const noexcept { return at<std::uint64_t>(0); }
    bool is_meta() const noexcept {
        return (at<std::uint16_t>(10) & meta_flag) != 0 && at<std::uint32_t>(16) == magic;
    }
    std::uint32_t version() const noexcept { return at<std::uint32_t>(20); }
    std::uint32_t page_bytes() const noexcept { return at<std::uint32_t>(40); }
    std::uint16_t free_depth() const noexcept { return at<std::uint16_t>(46); }
    std::uint64_t free_root() const noexcept { return at<std::uint64_t>(80); }
    std::uint16_t main_flags() const noexcept { return at<std::uint16_t>(92); }
    std::uint16_t main_depth() const noexcept { return at<std::uint16_t>(94); }
    std::uint64_t main_entries() const noexcept { return at<std::uint64_t>(120); }
    std::uint64_t main_root() const noexcept { return at<std::uint64_t>(128); }
    std::uint64_t last_page() const noexcept { return at<std::uint64_t>(136); }
    std::uint64_t transaction() const noexcept { return at<std::uint64_t>(144); }

    bool is_plausible(std::uint64_t expected_number) const noexcept {
        return number() == expected_number && page_bytes() >= 512 && page_bytes() <= 65536 &&
               std::has_single_bit(page_bytes()) && last_page() >= 1 && main_flags() == 0 &&
               main_depth() <= depth_max && free_depth() <= depth_max &&
               (main_root() == no_page) == (main_depth() == 0) &&
               (free_root() == no_page) == (free_depth() == 0) &&
               (main_root() == no_page) == (main_entries() == 0);
    }
    bool has_roots_up_to(std::uint64_t page) const noexcept {
        const auto fits = [&](std::uint64_t root) {
            return root == no_page || (root > 1 && root <= page);
        };
        return fits(main_root()) && fits(free_root());
    }
};

bool read_at(int descriptor, std::uint64_t offset, MetaPage& page) noexcept {
    const ssize_t got =
        ::pread(descriptor, page.bytes.data(), page.bytes.size(), static_cast<off_t>(offset));
    return got == static_cast<ssize_t>(page.bytes.size());
}

Error damaged_meta_page(const std::string& folder, bool is_first) {
    return corrupt_error(
        folder, is_first ? "has a damaged first meta page" : "has a damaged second meta page");
}

/// LMDB alternates: commit number n is in page n % 2, and the other page has the one before.
bool are_a_pair(const MetaPage& even, const MetaPage& odd) noexcept {
    const std::uint64_t a = even.transaction();
    const std::uint64_t b = odd.transaction();
    if (a == 0 && b == 0) {
        return true;
    }
    return a % 2 == 0 && b % 2 == 1 && (a + 1 == b || b + 1 == a);
}

Result<FileFacts> facts_of(const std::string& folder, std::uint64_t file_bytes,
                           const MetaPage& even, const MetaPage& odd,
                           std::optional<std::uint64_t> transaction) {
    const bool odd_is_newest = odd.transaction() > even.transaction();
    const MetaPage& older = odd_is_newest ? even : odd;
    const MetaPage& told =
        transaction == older.transaction() ? older : (odd_is_newest ? odd : even);
    if (!told.has_roots_up_to(told.last_page())) {
        return damaged_meta_page(folder, &told == &even);
    }
    FileFacts facts;
    facts.exists = true;
    facts.file_bytes = file_bytes;
    facts.page_bytes = told.page_bytes();
    facts.last_page = told.last_page();
    facts.transaction = told.transaction();
    facts.main_root = told.main_root();
    facts.free_root = told.free_root();
    facts.free_depth = told.free_depth();
    facts.main_depth = told.main_depth();
    facts.main_entries = told.main_entries();
    if (facts.last_page >= file_bytes / facts.page_bytes) {
        return corrupt_error(folder, "is cut short: data.mdb has " + std::to_string(file_bytes) +
                                         " bytes and says that it has at least " +
                                         std::to_string(facts.last_page + 1) + " pages of " +
                                         std::to_string(facts.page_bytes));
    }
    // When the disk refuses a meta page, LMDB writes the numbers of the commit before last over it
    // and leaves the roots of the commit that failed, which may be above the last page.
    const MetaPage& other = &told == &even ? odd : even;
    if (!other.has_roots_up_to(file_bytes / facts.page_bytes - 1)) {
        return damaged_meta_page(folder, &other == &even);
    }
    return facts;
}

Result<FileFacts> read_facts(const std::string& folder, int descriptor,
                             std::optional<std::uint64_t> transaction) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) {
        return engine_error(errno, folder, "looking at data.mdb");
    }
    const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
    if (file_bytes == 0) {
        return FileFacts();
    }
    MetaPage even;
    if (!read_at(descriptor, 0, even) || !even.is_meta()) {
        return corrupt_error(folder,
                             "holds a data.mdb that is no LMDB database, or its start was "
                             "overwritten");
    }
    if (even.version() != data_version) {
        return Error(ErrorCode::unsupported,
                     folder + " was made by another version of LMDB (data version " +
                         std::to_string(even.version()) + ", this program reads 1)");
    }
    if (!even.is_plausible(0)) {
        return damaged_meta_page(folder, true);
    }
    MetaPage odd;
    if (file_bytes < std::uint64_t{2} * even.page_bytes()) {
        return corrupt_error(folder, "is cut short: data.mdb has " + std::to_string(file_bytes) +
                                         " bytes, less than two pages");
    }
    if (!read_at(descriptor, even.page_bytes(), odd) || !odd.is_meta() ||
        odd.version() != data_version || odd.page_bytes() != even.page_bytes() ||
        !odd.is_plausible(1)) {
        return damaged_meta_page(folder, false);
    }
    if (!are_a_pair(even, odd)) {
        return corrupt_error(folder, "has meta pages that do not belong together");
    }
    return facts_of(folder, file_bytes, even, odd, transaction);
}

}  // namespace

Result<FileFacts> check_file(const std::string& folder, std::optional<std::uint64_t> transaction) {
    const std::string path = folder + "/data.mdb";
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<FileFacts>(FileFacts())
                               : engine_error(errno, folder, "looking at data.mdb");
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(ErrorCode::invalid_config,
                     path + " is not a file; name another folder for the database");
    }
    const File file(path);
    if (!file.is_open()) {
        return engine_error(errno, folder, "opening data.mdb");
    }
    // Another process may write a meta page between the two reads; damage is what stays.
    constexpr int rounds = 5;
    for (int round = 1;; ++round) {
        Result<FileFacts> facts = read_facts(folder, file.descriptor(), transaction);
        if (facts || round == rounds) {
            return facts;
        }
    }
}

}  // namespace turntable::inline v0::kv::lmdb
