// The conformance suite over sockets, against servers of every engine, in both versions of HTTP,
// behind layers, and through a proxy that breaks connections.

#include "support/fault_proxy.hpp"
#include "support/layer_stack.hpp"
#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/conformance/gtest.hpp"
#include "unit/kv_http/served.hpp"

namespace http_test {
namespace {

using kv::conformance::Subject;

/// Each fresh database is a new one, with a server of its own; other handles are further clients.
/// With a plan they reach it through a proxy that breaks their connections so.
Subject over_sockets(const std::string& engine, kv::HttpVersion version,
                     const test::FaultProxy::Plan& plan = nullptr) {
    struct State {
        test::TempFolder folder;
        int number = 0;
        std::unique_ptr<Served> served;
        std::unique_ptr<test::FaultProxy> proxy;
    };
    const auto state = std::make_shared<State>();
    const auto again = [state, version](const std::shared_ptr<Runtime>& runtime) {
        kv::HttpOptions options = state->served->options();
        options.http = version;
        if (state->proxy != nullptr) {
            options.url = state->proxy->url();
            options.retry_for = std::chrono::minutes(5);
        }
        return connected(options, runtime);
    };
    Subject subject;
    subject.name = "http: over " + engine;
    subject.open_fresh = [state, engine, plan, again](
                             const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        state->proxy.reset();
        state->served.reset();
        TURNTABLE_TRY(
            kv::AnyBackend backend,
            open_engine(engine, state->folder.file(std::to_string(++state->number)), runtime));
        state->served = std::make_unique<Served>(std::move(backend), runtime);
        if (plan) {
            state->proxy = std::make_unique<test::FaultProxy>(state->served->port(), plan);
        }
        return again(runtime);
    };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

/// Each engine plays all random histories in tests of its own; over sockets they take many times as
/// long.
template <class MakeSubject>
auto with_few_histories(MakeSubject make_subject) {
    return [make_subject](kv::conformance::Options& options) {
        test::try_less_when_sanitized(options);
        options.model_rounds = std::max(options.model_rounds / 4, 1U);
        return make_subject();
    };
}

Subject memory() { return over_sockets("memory", kv::HttpVersion::http_2); }

/// Three of four connections end after some hundred or thousand bytes of one way or the other.
test::Fault some_fault(int connection) {
    const auto bytes = static_cast<std::size_t>(300 + connection * 613 % 6000);
    switch (connection % 4) {
        case 0:
            return {.cut_replies_after = bytes};
        case 1:
            return {.cut_requests_after = bytes};
        case 2:
            return {.half_close_after = bytes};
        default:
            return {};
    }
}

/// An engine behind a server, and the version of HTTP that its clients speak.
struct ServedEngine {
    std::string engine;
    kv::HttpVersion version;
};

std::vector<ServedEngine> broken_engines() {
    return {{"memory", kv::HttpVersion::http_2},
#ifndef TURNTABLE_TEST_SANITIZED  // sanitizers see nothing further in these
            {"memory", kv::HttpVersion::http_1},
            {"sqlite", kv::HttpVersion::http_2}
#endif
    };
}

class HttpBroken : public testing::TestWithParam<std::tuple<kv::conformance::Case, ServedEngine>> {
};

/// On the clock of the machine: what is tried again waits a little before.
TEST_P(HttpBroken, KeepsThePromise) {
    const auto& [one, served] = GetParam();
    if (one.name == "queue.finishing_what_is_not_there") {
        GTEST_SKIP() << "a finish whose answer was lost, and that is not found then, is "
                        "taken for made";
    }
    if (one.name == "close.writes_in_flight" || one.name == "close.while_writing") {
        GTEST_SKIP() << "a write whose connection breaks is not sent again after close, so it ends "
                        "as commit_unknown";
    }
    turntable::conformance::detail::run_as_gtest<kv::conformance::Options>(
        one, with_few_histories([&engine = served] {
            Subject subject = over_sockets(engine.engine, engine.version, some_fault);
            subject.controllable_clock = false;
            return subject;
        }));
}

TURNTABLE_CONFORMANCE_TEST(HttpMemory, with_few_histories(memory));

std::string name_of(const testing::TestParamInfo<HttpBroken::ParamType>& info) {
    const auto& [one, served] = info.param;
    std::string name = served.engine + (served.version == kv::HttpVersion::http_1 ? "_1_" : "_2_");
    name += one.name;
    std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-' || c == ' '; }, '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Conformance, HttpBroken,
                         testing::Combine(testing::ValuesIn(kv::conformance::all_cases().begin(),
                                                            kv::conformance::all_cases().end()),
                                          testing::ValuesIn(broken_engines())),
                         name_of);

#ifndef TURNTABLE_TEST_SANITIZED  // sanitizers see nothing further in these
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

TURNTABLE_CONFORMANCE_TEST(HttpMemoryHttp1, with_few_histories(memory_http_1));
TURNTABLE_CONFORMANCE_TEST(HttpSqlite, with_few_histories(sqlite));
TURNTABLE_CONFORMANCE_TEST(HttpLmdb, with_few_histories(lmdb));
TURNTABLE_CONFORMANCE_TEST(HttpInLayers, with_few_histories(in_layers));
#endif

}  // namespace
}  // namespace http_test
