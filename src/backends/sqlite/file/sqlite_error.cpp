#include "backends/sqlite/file/sqlite_error.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

namespace turntable::inline v0::sql {

namespace {

constexpr std::string_view rescue =
    "; restore it from a backup, or save what can be read with: sqlite3 FILE .recover";

struct Meaning {
    ErrorCode code;
    std::string_view text;
};

Meaning meaning_of_cantopen(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    if (::eaccess(path.c_str(), F_OK) != 0 &&
        ::eaccess(folder.empty() ? "." : folder.c_str(), W_OK) == 0) {
        return {ErrorCode::not_found, "the file is not there"};
    }
    return {ErrorCode::permission_denied,
            "the file, or -wal and -shm beside it, cannot be opened or made; check the "
            "permissions of the file and of its folder"};
}

Meaning meaning_of(int code, const std::string& path) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return {ErrorCode::no_space, "the disk or the quota is full"};
        case SQLITE_IOERR:
            if (code == SQLITE_IOERR_NOMEM) {
                return {ErrorCode::backend, "out of memory"};
            }
            if (code == SQLITE_IOERR_CORRUPTFS) {
                return {ErrorCode::corrupt, "the file system is damaged"};
            }
            return {ErrorCode::io, "the system failed to read or write the file"};
        case SQLITE_CORRUPT:
            return {ErrorCode::corrupt, "the file is damaged"};
        case SQLITE_NOTADB:
            return {ErrorCode::corrupt, "the file is no SQLite database, or its start is damaged"};
        case SQLITE_FORMAT:
        case SQLITE_MISMATCH:
            return {ErrorCode::corrupt, "the file has an unexpected form"};
        case SQLITE_ERROR:
        case SQLITE_SCHEMA:
            // Our statements are fixed, so one that does not compile has met other tables.
            return {ErrorCode::corrupt, "the tables are not of the form that this program makes"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return {ErrorCode::busy,
                    "the file is locked by another connection; try again, or give it more time "
                    "with busy_timeout"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {ErrorCode::permission_denied,
                    "the file or its folder cannot be written; make it writable, or open it with "
                    "read_only=true"};
        case SQLITE_CANTOPEN:
            return meaning_of_cantopen(path);
        case SQLITE_TOOBIG:
            return {ErrorCode::limit_exceeded, "larger than SQLite can hold"};
        case SQLITE_NOMEM:
            return {ErrorCode::backend, "out of memory"};
        case SQLITE_INTERRUPT:
            return {ErrorCode::cancelled, "interrupted"};
        default:
            return {ErrorCode::backend, "SQLite failed"};
    }
}

Error make_error(Meaning meaning, int code, std::string_view engine_text, const std::string& path,
                 std::string_view doing) {
    std::string message = path;
    message.append(": ").append(doing).append(" failed: ").append(meaning.text);
    if (meaning.code == ErrorCode::corrupt) {
        message.append(rescue);
    }
    Error error(meaning.code, std::move(message));
    if (!engine_text.empty()) {
        error.with("sqlite", std::string(engine_text));
    }
    if (meaning.code == ErrorCode::no_space) {
        error.with_retry(Retry::temporary);
    }
    return std::move(error).with_backend_code(code);
}

}  // namespace

Error engine_error(int extended_code, std::string_view engine_text, const std::string& path,
                   std::string_view doing) {
    return make_error(meaning_of(extended_code, path), extended_code, engine_text, path, doing);
}

Error commit_error(int extended_code, std::string_view engine_text, const std::string& path) {
    Meaning meaning = meaning_of(extended_code, path);
    if (meaning.code == ErrorCode::io) {
        meaning = {ErrorCode::commit_unknown,
                   "the system failed to put the commit on disk, so it may be there or not after "
                   "the next start"};
    }
    return make_error(meaning, extended_code, engine_text, path, "commit");
}

Error corrupt_error(const std::string& path, std::string_view what) {
    std::string message = path;
    message.append(" ").append(what).append(rescue);
    return Error(ErrorCode::corrupt, std::move(message));
}

}  // namespace turntable::inline v0::sql
