// The conformance suite over files, with a second handle as another process has it, and over
// temporary databases.

#include "support/layer_stack.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/gtest.hpp"
#include "turntable/kv/sqlite.hpp"
#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

using kv::conformance::Subject;
using turntable::Result;
using turntable::Runtime;

Result<kv::AnyBackend> open(const kv::SqliteOptions& options,
                            const std::shared_ptr<Runtime>& runtime) {
    TURNTABLE_TRY(kv::SqliteBackend backend, kv::open_sqlite(options, runtime));
    return kv::AnyBackend(std::move(backend));
}

/// Each fresh database is a new file in a folder that goes with the subject.
Subject files() {
    struct State {
        Folder folder;
        int number = 0;
        kv::SqliteOptions options;
    };
    const auto state = std::make_shared<State>();
    const auto again = [state](const std::shared_ptr<Runtime>& runtime) {
        return open(state->options, runtime);
    };
    Subject subject;
    subject.name = "sqlite:";
    subject.open_fresh = [state](const std::shared_ptr<Runtime>& runtime) {
        state->options = options_for(state->folder / std::to_string(++state->number));
        state->options.busy_timeout = std::chrono::seconds(30);
        return open(state->options, runtime);
    };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

Subject temporary() {
    Subject subject;
    subject.name = "sqlite::memory:";
    subject.open_fresh = [](const std::shared_ptr<Runtime>& runtime) {
        kv::SqliteOptions options = options_for(":memory:");
        options.reads = kv::ReadMode::on_pool;
        return open(options, runtime);
    };
    return subject;
}

Subject files_in_layers() {
    Subject subject = files();
    subject.name = "sqlite: in layers";
    for (Subject::Open* open : {&subject.open_fresh, &subject.reopen, &subject.open_second}) {
        *open = turntable::test::stacked(std::move(*open), turntable::test::tall_stack());
    }
    return subject;
}

TURNTABLE_CONFORMANCE_TEST(SqliteFiles, turntable::test::less_when_sanitized(files));
TURNTABLE_CONFORMANCE_TEST(SqliteInLayers, turntable::test::less_when_sanitized(files_in_layers));
TURNTABLE_CONFORMANCE_TEST(SqliteTemporary, turntable::test::less_when_sanitized(temporary));

}  // namespace
}  // namespace sqlite_test
