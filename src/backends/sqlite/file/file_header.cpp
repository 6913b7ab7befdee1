#include "backends/sqlite/file/file_header.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <bit>

#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::sql {

namespace {

constexpr std::string_view magic("SQLite format 3\0", 16);

struct Header {
    std::array<unsigned char, 100> bytes{};

    std::uint32_t big_endian(std::size_t at, std::size_t size) const noexcept {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value = value << 8U | bytes[at + i];
        }
        return value;
    }
    std::uint32_t page_bytes() const noexcept {
        const std::uint32_t stored = big_endian(16, 2);
        return stored == 1 ? 65536 : stored;
    }
    bool has_magic() const noexcept {
        return ByteView(std::span<const unsigned char>(bytes)).starts_with(magic);
    }
    bool is_plausible() const noexcept {
        const std::uint32_t page = page_bytes();
        return page >= 512 && std::has_single_bit(page) && bytes[18] >= 1 && bytes[19] >= 1 &&
               bytes[21] == 64 && bytes[22] == 32 && bytes[23] == 32;
    }
    /// 0 when the header does not say.
    std::uint32_t page_count() const noexcept {
        return big_endian(24, 4) == big_endian(92, 4) ? big_endian(28, 4) : 0;
    }
};

/// Whether a log that may complete the file lies beside it.
bool has_log(const std::string& path) {
    for (const char* suffix : {"-wal", "-journal"}) {
        struct stat status{};
        if (::stat((path + suffix).c_str(), &status) == 0 && status.st_size > 0) {
            return true;
        }
    }
    return false;
}

Error truncated(const Connection& connection, std::int64_t size, std::uint64_t expected) {
    return corrupt_error(connection.path(), "is cut short: it has " + std::to_string(size) +
                                                " bytes and says that it has " +
                                                std::to_string(expected));
}

/// What is wrong with the start of a file that has `size` bytes.
Result<void> check_start(const Connection& connection, const Header& header, std::int64_t size,
                         bool complete_by_log) {
    if (!header.has_magic()) {
        return corrupt_error(connection.path(),
                             "is no SQLite database, or its start was overwritten");
    }
    if (!header.is_plausible()) {
        return corrupt_error(connection.path(), "has a damaged file header");
    }
    const std::uint64_t expected =
        std::uint64_t{header.page_count()} * std::uint64_t{header.page_bytes()};
    if (complete_by_log || static_cast<std::uint64_t>(size) >= expected) {
        return {};
    }
    return truncated(connection, size, expected);
}

}  // namespace

Result<void> check_header(const Connection& connection) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER,
                             static_cast<void*>(&file)) != SQLITE_OK ||
        file == nullptr || file->pMethods == nullptr) {
        return connection.error("reading the file");
    }
    // Somebody may write between the reads, also the first page of a new file; damage is what
    // stays.
    constexpr int rounds = 3;
    for (int round = 1;; ++round) {
        Header header;
        const int code = file->pMethods->xRead(file, header.bytes.data(), 100, 0);
        if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) {
            return engine_error(code, "", connection.path(), "reading the file");
        }
        const bool complete_by_log = has_log(connection.path());
        sqlite3_int64 size = 0;
        if (const int failed = file->pMethods->xFileSize(file, &size); failed != SQLITE_OK) {
            return engine_error(failed, "", connection.path(), "reading the file");
        }
        if (size == 0) {
            return {};
        }
        Result<void> sound = check_start(connection, header, size, complete_by_log);
        if (sound || round == rounds) {
            return sound;
        }
    }
}

}  // namespace turntable::inline v0::sql
