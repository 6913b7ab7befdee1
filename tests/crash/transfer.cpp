// The program that transfer_crash_test kills.
//   crash_transfer WHAT FROM TO CALLS STEPS
// WHAT is copy, import, restore, backup_native or backup_portable. With CALLS above zero it kills
// itself at that call of SQLite into the system that changes a file, with STEPS above zero when
// progress is told for that time.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "crash/kill_at_call.hpp"
#include "support/open_sqlite.hpp"
#include "turntable/kv/backup.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::Result;
using turntable::test::open_sqlite;

Result<void> run(const std::string& what, const std::string& from, const std::string& to,
                 long steps) {
    const auto on_progress = [left = steps](const kv::TransferProgress&) mutable {
        if (--left == 0) {
            ::kill(::getpid(), SIGKILL);
        }
    };
    if (what.starts_with("backup")) {
        TURNTABLE_TRY(const kv::Database db, open_sqlite(from));
        kv::BackupOptions options;
        options.form = what == "backup_native" ? kv::BackupForm::native : kv::BackupForm::portable;
        options.on_progress = on_progress;
        TURNTABLE_CHECK(kv::backup(db, to, options));
        return {};
    }
    kv::TransferOptions options;
    options.on_progress = on_progress;
    TURNTABLE_TRY(const kv::Database db, open_sqlite(to));
    if (what == "copy") {
        TURNTABLE_TRY(const kv::Database source, open_sqlite(from));
        TURNTABLE_CHECK(kv::copy(source, db, options));
    } else if (what == "import") {
        TURNTABLE_CHECK(kv::import_file(from, db, options));
    } else {
        TURNTABLE_CHECK(kv::restore(from, db, options));
    }
    return db.close();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        return 2;
    }
    if (const long call = std::strtol(arguments[4], nullptr, 10); call > 0) {
        turntable::test::kill_at_call(call);
    }
    const Result<void> done =
        run(arguments[1], arguments[2], arguments[3], std::strtol(arguments[5], nullptr, 10));
    if (!done) {
        std::fprintf(stderr, "crash_transfer: %s\n", done.error().to_string().c_str());
    }
    return done ? 0 : 3;
}
