// The conformance suite over sockets, against servers of every engine, in both versions of HTTP,
// and behind layers.

#include "support/layer_stack.hpp"
#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/conformance/gtest.hpp"
#include "unit/kv_http/served.hpp"

namespace http_test {
namespace {

using kv::conformance::Subject;

/// Each fresh database is a new one, with a server of its own; other handles are further clients.
Subject over_sockets(const std::string& engine, kv::HttpVersion version) {
    struct State {
        test::TempFolder folder;
        int number = 0;
        std::unique_ptr<Served> served;
    };
    const auto state = std::make_shared<State>();
    const auto again = [state, version](const std::shared_ptr<Runtime>& runtime) {
        kv::HttpOptions options = state->served->options();
        options.http = version;
        return connected(options, runtime);
    };
    Subject subject;
    subject.name = "http: over " + engine;
    subject.open_fresh =
        [state, engine, again](const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        state->served.reset();
        TURNTABLE_TRY(
            kv::AnyBackend backend,
            open_engine(engine, state->folder.file(std::to_string(++state->number)), runtime));
        state->served = std::make_unique<Served>(std::move(backend), runtime);
        return again(runtime);
    };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

Subject memory() { return over_sockets("memory", kv::HttpVersion::http_2); }
Subject memory_http_1() { return over_sockets("memory", kv::HttpVersion::http_1); }
Subject sqlite() { return over_sockets("sqlite", kv::HttpVersion::http_2); }
Subject lmdb() { return over_sockets("lmdb", kv::HttpVersion::http_2); }

Subject in_layers() {
    Subject subject = memory();
    subject.name = "http: in layers";
    for (Subject::Open* open : {&subject.open_fresh, &subject.reopen, &subject.open_second}) {
        *open = test::stacked(std::move(*open), test::tall_stack());
    }
    return subject;
}

TURNTABLE_CONFORMANCE_TEST(HttpMemory, test::less_when_sanitized(memory));
TURNTABLE_CONFORMANCE_TEST(HttpMemoryHttp1, test::less_when_sanitized(memory_http_1));
TURNTABLE_CONFORMANCE_TEST(HttpSqlite, test::less_when_sanitized(sqlite));
TURNTABLE_CONFORMANCE_TEST(HttpLmdb, test::less_when_sanitized(lmdb));
TURNTABLE_CONFORMANCE_TEST(HttpInLayers, test::less_when_sanitized(in_layers));

}  // namespace
}  // namespace http_test
