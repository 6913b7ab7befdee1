// What stands before a backend takes nothing from the contract and adds nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <ostream>
#include <string>
#include <thread>

#include "conformance/memory_subject.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/report.hpp"
#include "turntable/conformance/run.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/serialized_backend.hpp"
#include "turntable/kv/variant_backend.hpp"

namespace {

using turntable::Async;
using turntable::Context;
using turntable::Result;
using turntable::Stream;
using turntable::conformance_test::open_memory;
namespace conformance = turntable::kv::conformance;
namespace kv = turntable::kv;

template <kv::Backend Inner>
class PassThrough : public kv::Layer<Inner> {
  public:
    using kv::Layer<Inner>::Layer;
};

/// Makes calls and says when two are made at once.
class OneAtATime {
  public:
    template <class F>
    auto call(F&& function) {
        struct Inside {
            explicit Inside(std::atomic<int>& count) : callers(count) {
                EXPECT_EQ(callers.fetch_add(1), 0) << "calls overlap";
                std::this_thread::yield();
            }
            Inside(const Inside&) = delete;
            Inside& operator=(const Inside&) = delete;
            ~Inside() { callers.fetch_sub(1); }
            std::atomic<int>& callers;
        };
        const Inside inside(callers_);
        return function();
    }

  private:
    std::atomic<int> callers_ = 0;
};
using OneAtATimePtr = std::shared_ptr<OneAtATime>;

class LonelyWatch final : public turntable::StreamSource<kv::WatchOutput> {
  public:
    LonelyWatch(OneAtATimePtr one, Stream<kv::WatchOutput> stream)
        : one_(std::move(one)), stream_(std::move(stream)) {}
    ~LonelyWatch() override {
        one_->call([&] { stream_.reset(); });
    }
    Async<std::optional<kv::WatchOutput>> next(const Context& context) override {
        return one_->call([&] { return stream_->next(context); });
    }

  private:
    OneAtATimePtr one_;
    std::optional<Stream<kv::WatchOutput>> stream_;
};

class LonelySnapshot final : public kv::SnapshotSource {
  public:
    LonelySnapshot(OneAtATimePtr one, kv::SnapshotHandle inner)
        : one_(std::move(one)), inner_(std::move(inner)) {}
    ~LonelySnapshot() override {
        one_->call([&] { inner_.reset(); });
    }
    Async<kv::ReadOutput> read(const Context& context,
                               std::span<const kv::ReadRange> ranges) override {
        return one_->call([&] { return inner_->read(context, ranges); });
    }

  private:
    OneAtATimePtr one_;
    kv::SnapshotHandle inner_;
};

/// Declares that it must be called by one thread at a time, and insists.
class Lonely {
  public:
    explicit Lonely(kv::MemoryBackend memory) : inner_(std::move(memory)) {}
    kv::Capabilities capabilities() const {
        return one_->call([&] {
            kv::Capabilities can = inner_.capabilities();
            can.threading = kv::Threading::serialized;
            return can;
        });
    }
    Async<kv::ReadOutput> snapshot_read(const Context& context,
                                        std::span<const kv::ReadRange> ranges,
                                        const kv::ReadOptions& options) {
        return one_->call([&] { return inner_.snapshot_read(context, ranges, options); });
    }
    Async<kv::CommitResult> atomic_write(const Context& context, const kv::AtomicWrite& write) {
        return one_->call([&] { return inner_.atomic_write(context, write); });
    }
    Result<Stream<kv::WatchOutput>> watch(const Context& context,
                                          std::span<const kv::WatchTarget> targets) {
        auto stream = one_->call([&] { return inner_.watch(context, targets); });
        if (!stream) {
            return stream;
        }
        return Stream<kv::WatchOutput>(std::make_unique<LonelyWatch>(one_, *std::move(stream)));
    }
    Async<kv::QueueMessage> queue_take(const Context& context) {
        return one_->call([&] { return inner_.queue_take(context); });
    }
    Async<void> queue_finish(const Context& context, std::string_view id, kv::Delivery delivery) {
        return one_->call([&] { return inner_.queue_finish(context, id, delivery); });
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return one_->call([&] { return inner_.queue_extend(context, id); });
    }
    Async<turntable::Health> health(const Context& context) {
        return one_->call([&] { return inner_.health(context); });
    }
    Async<void> close(const Context& context) {
        return one_->call([&] { return inner_.close(context); });
    }
    Async<kv::SnapshotHandle> open_snapshot(const Context& context) {
        auto opened = one_->call([&] { return inner_.open_snapshot(context); });
        EXPECT_TRUE(opened.is_ready());
        if (opened.peek()) {
            auto inner = *std::move(opened.peek());
            opened.peek() =
                kv::SnapshotHandle(std::make_unique<LonelySnapshot>(one_, std::move(inner)));
        }
        return opened;
    }
    Async<kv::DeleteRangeOutput> delete_range(const Context& context, turntable::ByteView start,
                                              turntable::ByteView end) {
        return one_->call([&] { return inner_.delete_range(context, start, end); });
    }

  private:
    OneAtATimePtr one_ = std::make_shared<OneAtATime>();
    kv::MemoryBackend inner_;
};

struct Row {
    const char* name;
    conformance::Subject::Open open;
};
void PrintTo(const Row& row, std::ostream* stream) { *stream << row.name; }

using Three = PassThrough<PassThrough<PassThrough<kv::MemoryBackend>>>;
using Either = kv::VariantBackend<Three, kv::MemoryBackend>;

const Row rows[] = {
    {"Serialized",
     open_memory({}, [](auto memory) { return kv::SerializedBackend(std::move(memory)); })},
    // The suite puts SerializedBackend around it.
    {"MustBeSerialized", open_memory({}, [](auto memory) { return Lonely(std::move(memory)); })},
    {"ThreeLayers", open_memory({},
                                [](auto memory) {
                                    using One = PassThrough<kv::MemoryBackend>;
                                    return Three(PassThrough<One>(One(std::move(memory))));
                                })},
    {"Variant", open_memory({}, [](auto memory) { return Either(std::move(memory)); })},
    {"FakeWithoutAScript",
     [](const auto& runtime) { return kv::AnyBackend(kv::FakeBackend(runtime)); }},
};

class Wrapper : public testing::TestWithParam<Row> {};

TEST_P(Wrapper, KeepsEveryPromiseThatMemoryKeeps) {
    const conformance::Subject wrapped{.name = GetParam().name, .open_fresh = GetParam().open};
    conformance::Options options;
    options.model_rounds = 5;
    turntable::test::try_less_when_sanitized(options);
    const auto report = conformance::run_conformance(wrapped, options);
    for (const conformance::Outcome& outcome : report.outcomes) {
        EXPECT_NE(outcome.status, conformance::Status::failed) << conformance::to_text(outcome);
        EXPECT_NE(outcome.reason, "needs threading=concurrent") << outcome.name;
    }
    EXPECT_TRUE(report.certified());
}

INSTANTIATE_TEST_SUITE_P(Conformance, Wrapper, testing::ValuesIn(rows),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
