#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "support/asked_service.hpp"
#include "turntable/kv/memory.hpp"

namespace {

using namespace turntable;
using namespace turntable::kv;
using test::AskedService;

constexpr int threads_count = 4;
constexpr int rounds = 50;

/// A service over one database whose reads are done elsewhere, by the clock of the machine.
struct BusyService {
    BusyService() {
        MemoryOptions options;
        options.runtime = runtime;
        options.reads = ReadMode::on_pool;
        service = server::Service::create(
                      {.runtime = runtime,
                       .databases = {{.name = "main",
                                      .database = Database(AnyBackend(MemoryBackend(options)),
                                                           runtime, "memory:")}},
                       .access = live})
                      .value();
    }
    static std::vector<server::AccessToken> tokens() {
        return {{.name = "all", .secret = std::string(AskedService::secret)}};
    }
    test::Answer ask(net::http::Request request) {
        return test::answer_of(service->handle(std::move(request), {}));
    }
    connect::DatabaseMetadata metadata() {
        return connect::decode_metadata(
                   ask(test::request_of(
                           "POST", "/",
                           {{"authorization", "Bearer " + std::string(AskedService::secret)}},
                           connect::encode_metadata_request()))
                       .text())
            .value();
    }

    std::shared_ptr<Runtime> runtime = Runtime::create();
    std::shared_ptr<server::LiveAccess> live = std::make_shared<server::LiveAccess>(tokens());
    std::shared_ptr<server::Service> service;
};

std::string add_one(const Key& key) {
    const std::string one("\x01\0\0\0\0\0\0\0", 8);
    const Mutation mutation{MutationKind::sum, key.encoded(), one, ValueEncoding::le64};
    return connect::encode_write({.mutations = std::span(&mutation, 1)}).value();
}

std::string read_of(const Key& key) {
    const std::string end = key.encoded().to_string() + '\0';
    const ReadRange range{key.encoded(), end, 1, false};
    return connect::encode_read(std::span(&range, 1));
}

std::uint64_t number_in(ByteView data) {
    std::uint64_t number = 0;
    for (std::size_t i = data.size(); i-- > 0;) {
        number = number << 8U | data[i];
    }
    return number;
}

TEST(ServiceThreads, ManyAskAtOnceWhileTokensAreReplacedAndWatchesSeeTheLastState) {
    BusyService busy;
    const auto metadata = busy.metadata();
    const Key key("count");
    const WatchTarget target{key.encoded()};
    test::Answer watch = busy.ask(AskedService::call(
        metadata, "watch", connect::encode_watch(std::span(&target, 1)).value()));
    ASSERT_EQ(watch.status, 200);
    std::atomic<int> refused = 0;
    const auto work = [&] {
        for (int i = 0; i < rounds; ++i) {
            const auto wrote = busy.ask(AskedService::call(metadata, "atomic_write", add_one(key)));
            const auto read = busy.ask(AskedService::call(metadata, "snapshot_read", read_of(key)));
            refused += wrote.status != 200 || read.status != 200 ? 1 : 0;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < threads_count; ++i) {
            threads.emplace_back(work);
        }
        for (int i = 0; i < rounds; ++i) {
            busy.live->replace(BusyService::tokens());
        }
    }
    EXPECT_EQ(refused, 0);
    constexpr std::uint64_t all = threads_count * rounds;
    std::uint64_t seen = 0;
    connect::WatchFrames frames;
    while (seen < all) {
        const auto piece = watch.stream().next().wait();
        ASSERT_TRUE(piece && *piece);
        frames.add(**piece);
        for (auto message = frames.next(); *message; message = frames.next()) {
            const auto reply = connect::decode_watch_output(**message);
            const std::uint64_t next =
                reply->keys[0].entry ? number_in(reply->keys[0].entry->value.data()) : 0;
            EXPECT_GE(next, seen);
            seen = next;
        }
    }
    EXPECT_EQ(seen, all);
}

}  // namespace
