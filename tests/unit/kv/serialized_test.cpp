#include "turntable/kv/serialized_backend.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "turntable/kv/database.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/variant_backend.hpp"

namespace turntable::inline v0::kv {
namespace {

/// Counts calls that found another one inside, those of its snapshots included.
class Overlaps {
  public:
    class Inside {
      public:
        explicit Inside(Overlaps& overlaps) : overlaps_(overlaps) {
            if (overlaps_.inside_.fetch_add(1) != 0) {
                overlaps_.seen_.fetch_add(1);
            }
            std::this_thread::yield();
        }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside() { overlaps_.inside_.fetch_sub(1); }

      private:
        Overlaps& overlaps_;
    };
    int seen() const { return seen_; }

  private:
    std::atomic<int> inside_ = 0;
    std::atomic<int> seen_ = 0;
};

class OneAtATime : public Layer<MemoryBackend> {
  public:
    explicit OneAtATime(std::shared_ptr<Overlaps> overlaps)
        : Layer(MemoryBackend()), overlaps_(std::move(overlaps)) {}
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        const Overlaps::Inside inside(*overlaps_);
        return inner().get(context, key);
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        auto opened = inner().open_snapshot(context);
        opened.peek() =
            SnapshotHandle(std::make_unique<CountedSnapshot>(overlaps_, *std::move(opened.peek())));
        return opened;
    }

  private:
    class CountedSnapshot final : public SnapshotSource {
      public:
        CountedSnapshot(std::shared_ptr<Overlaps> overlaps, SnapshotHandle source)
            : overlaps_(std::move(overlaps)), source_(std::move(source)) {}
        Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) override {
            const Overlaps::Inside inside(*overlaps_);
            return source_->read(context, ranges);
        }

      private:
        std::shared_ptr<Overlaps> overlaps_;
        SnapshotHandle source_;
    };
    std::shared_ptr<Overlaps> overlaps_;
};

TEST(SerializedBackend, CallsOfTheBackendAndItsSnapshotsDoNotOverlap) {
    const auto overlaps = std::make_shared<Overlaps>();
    const BasicDatabase db{SerializedBackend(OneAtATime(overlaps))};
    ASSERT_TRUE(db.set("k", "v"));
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 300; ++j) {
                EXPECT_TRUE(*db.get("k"));
            }
        });
        threads.emplace_back([&] {
            const auto snapshot = db.snapshot();
            ASSERT_TRUE(snapshot);
            for (int j = 0; j < 300; ++j) {
                EXPECT_TRUE(*snapshot->get("k"));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(overlaps->seen(), 0);
}

TEST(SerializedBackend, APendingTakeOrWatchHoldsNobodyUp) {
    const BasicDatabase db{SerializedBackend(MemoryBackend())};
    std::stop_source stop;
    auto watch = db.watch({"k"});
    ASSERT_TRUE(watch && watch->next());
    std::thread taker(
        [&] { EXPECT_EQ(db.receive(stop.get_token()).error().code(), ErrorCode::cancelled); });
    std::thread watcher([&] { EXPECT_TRUE((*watch->next())->front().entry); });
    ASSERT_TRUE(db.set("k", "v"));
    watcher.join();
    stop.request_stop();
    taker.join();
}

TEST(VariantBackend, ReachesTheBackendInsideAndItsOptionalCalls) {
    using Either = VariantBackend<MemoryBackend, SerializedBackend<MemoryBackend>>;
    BasicDatabase<Either> db{Either(MemoryBackend())};
    EXPECT_NE(db.backend().get_if<MemoryBackend>(), nullptr);
    EXPECT_EQ(db.backend().get_if<SerializedBackend<MemoryBackend>>(), nullptr);
    ASSERT_TRUE(db.set({"p", 1}, "v"));
    EXPECT_TRUE(db.snapshot());
    EXPECT_EQ(db.remove_range(prefix("p"))->removed, 1U);
}

TEST(Snapshot, ShowsOneStateWhileOthersWrite) {
    const Database db{MemoryBackend()};
    for (int i = 0; i < 250; ++i) {
        ASSERT_TRUE(db.set({"n", i}, "old"));
    }
    const auto snapshot = db.snapshot();
    ASSERT_TRUE(snapshot);
    SnapshotList list = snapshot->list(prefix("n"));
    ASSERT_TRUE(*list.next());
    ASSERT_TRUE(db.set({"n", 200}, "new"));
    ASSERT_TRUE(db.set({"n", 250}, "new"));
    int seen = 1;
    for (auto& entry : list) {
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->value.data().text(), "old");
        ++seen;
    }
    EXPECT_EQ(seen, 250);
    EXPECT_EQ(*snapshot->count(prefix("n")), 250U);
    EXPECT_EQ((*snapshot->get({"n", 200}))->value.data().text(), "old");
    EXPECT_FALSE((*snapshot->get_many({Key{"n", 250}}))[0]);
    EXPECT_EQ(snapshot->get(Key()).error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace turntable::inline v0::kv
