#include "turntable/kv/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "turntable/core/file_error.hpp"
#include "turntable/core/new_file.hpp"

namespace turntable::inline v0::kv {

namespace {

Context waiting_context(const Database& database, std::stop_token stop) {
    return CallOptions(std::move(stop)).context(database.runtime(), true);
}

Result<BackupReport> native_backup(const Database& from, const std::string& path,
                                   const BackupOptions& options) {
    const turntable::detail::HandleCore& core = from.state()->core;
    TURNTABLE_CHECK(
        detail::named(backend_backup_to(from.backend(), waiting_context(from, options.stop), path,
                                        options.replace)
                          .wait(),
                      "backup", core));
    return BackupReport{BackupForm::native, {}};
}

/// Whether a file begins as an export does.
Result<bool> looks_like_export(const std::string& path) {
    constexpr std::string_view begins = "{\"turntable\":";
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return file_error(errno, "opening", path);
    }
    std::array<char, begins.size()> buffer{};
    const ssize_t got = ::read(file, buffer.data(), buffer.size());
    const int number = errno;
    ::close(file);
    if (got < 0) {
        return file_error(number, "reading", path);
    }
    return std::string_view(buffer.data(), static_cast<std::size_t>(got)) == begins;
}

}  // namespace

std::string_view to_string(BackupForm form) noexcept {
    switch (form) {
        case BackupForm::automatic:
            return "automatic";
        case BackupForm::native:
            return "native";
        case BackupForm::portable:
            return "portable";
    }
    return "unknown";
}

Result<BackupReport> backup(const Database& from, const std::string& path,
                            const BackupOptions& options) {
    const bool has_native = from.capabilities().native_backup;
    if (options.form == BackupForm::native && !has_native) {
        return Error(ErrorCode::unsupported,
                     "this engine has no native backup; make a portable one")
            .during("backup")
            .on(from.url());
    }
    if (has_native && options.form != BackupForm::portable) {
        return native_backup(from, path, options);
    }
    TransferOptions transfer;
    transfer.existing = options.replace ? Existing::replace : Existing::refuse;
    transfer.count_first = options.count_first;
    transfer.stop = options.stop;
    transfer.on_progress = options.on_progress;
    TURNTABLE_TRY(const TransferReport report, export_file(from, path, transfer));
    return BackupReport{BackupForm::portable, report};
}

Result<BackupReport> restore(const std::string& path, const Database& to,
                             const TransferOptions& options) {
    TURNTABLE_TRY(const bool portable, looks_like_export(path));
    if (portable) {
        TURNTABLE_TRY(const TransferReport report, import_file(path, to, options));
        return BackupReport{BackupForm::portable, report};
    }
    const auto refuse = [&](const char* why) {
        return Error(ErrorCode::unsupported, path + why).during("restore").on(to.url());
    };
    if (!to.capabilities().native_backup) {
        return refuse(
            " is no export, and this engine takes no other files; if it is a store, open it and "
            "copy from it");
    }
    if (options.existing != Existing::refuse) {
        return refuse(
            " is no export; such a backup goes into a new store, or open it and copy from it");
    }
    TURNTABLE_CHECK(detail::named(
        backend_restore_from(to.backend(), waiting_context(to, options.stop), path).wait(),
        "restore", to.state()->core));
    return BackupReport{BackupForm::native, {}};
}

}  // namespace turntable::inline v0::kv
