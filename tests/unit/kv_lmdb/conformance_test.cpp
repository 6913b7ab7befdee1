// The conformance suite over folders, with a second handle on each, behind layers, and with a map
// that has to grow all the time.

#include "support/layer_stack.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/gtest.hpp"
#include "turntable/kv/lmdb.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

using kv::conformance::Subject;
using turntable::Result;
using turntable::Runtime;

Result<kv::AnyBackend> open(const kv::LmdbOptions& options,
                            const std::shared_ptr<Runtime>& runtime) {
    TURNTABLE_TRY(kv::LmdbBackend backend, kv::open_lmdb(options, runtime));
    return kv::AnyBackend(std::move(backend));
}

/// Each fresh database is a new folder in one that goes with the subject.
Subject folders(const std::string& name, kv::LmdbOptions options) {
    struct State {
        TempFolder folder;
        int number = 0;
        kv::LmdbOptions options;
    };
    const auto state = std::make_shared<State>();
    state->options = std::move(options);
    const auto again = [state](const std::shared_ptr<Runtime>& runtime) {
        return open(state->options, runtime);
    };
    Subject subject;
    subject.name = name;
    subject.open_fresh = [state](const std::shared_ptr<Runtime>& runtime) {
        state->options.path = state->folder.file(std::to_string(++state->number));
        return open(state->options, runtime);
    };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

Subject usual() { return folders("lmdb:", options_for("")); }

Subject growing() {
    kv::LmdbOptions options = options_for("");
    options.map_size = {256U << 10U};
    options.reads = kv::ReadMode::on_pool;
    return folders("lmdb: growing", options);
}

Subject in_layers() {
    Subject subject = usual();
    subject.name = "lmdb: in layers";
    for (Subject::Open* open : {&subject.open_fresh, &subject.reopen, &subject.open_second}) {
        *open = turntable::test::stacked(std::move(*open), turntable::test::tall_stack());
    }
    return subject;
}

TURNTABLE_CONFORMANCE_TEST(LmdbFolders, turntable::test::less_when_sanitized(usual));
TURNTABLE_CONFORMANCE_TEST(LmdbInLayers, turntable::test::less_when_sanitized(in_layers));
TURNTABLE_CONFORMANCE_TEST(LmdbGrowing, turntable::test::less_when_sanitized(growing));

}  // namespace
}  // namespace lmdb_test
