#include "turntable/kv/async_database.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "support/map_backend.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/serialized_backend.hpp"
#include "turntable/kv/variant_backend.hpp"

namespace turntable::inline v0::kv {
namespace {

using test::MapBackend;

// One table runs every operation in every style: each style is a way to call one operation.

struct Style {
    const char* name;
    std::function<std::string()> run;
};

std::string text_of(const Result<std::optional<Entry>>& entry) {
    return !entry   ? entry.error().to_string()
           : *entry ? (*entry)->value.data().to_string()
                    : std::string("absent");
}

/// Every operation once, blocking; what each said in one line.
template <Backend B>
std::string run_blocking(BasicDatabase<B> db) {
    std::string out;
    out += db.set("k", "v") ? "set " : "failed ";
    out += text_of(db.get("k")) + " ";
    out += text_of(db.get("none")) + " ";
    out += std::to_string(db.get_many({"k", "none"})->size()) + " ";
    out += db.set({"p", 1}, "1") && db.set({"p", 2}, "2") ? "set " : "failed ";
    auto list = db.list(prefix("p"));
    while (auto entry = *list.next()) {
        out += entry->value.data().to_string() + " ";
    }
    out += std::to_string(*db.count(everything())) + " ";
    out += db.atomic().check("k", absent).set("k", "x").commit()->committed ? "yes " : "no ";
    out += db.atomic().check("n", absent).set("n", "x").commit()->committed ? "yes " : "no ";
    out += db.remove("n") ? "removed " : "failed ";
    out += db.sum("c", 1) && db.min("c", 1) && db.max("c", 1) ? "counted " : "failed ";
    out += db.expire("k", {}) ? "kept " : "failed ";
    out += std::to_string(db.remove_range(prefix("p"))->removed) + " ";
    out += std::string(to_string(db.watch({"k"}).error().code())) + " ";
    out += std::string(to_string(db.snapshot().error().code())) + " ";
    out += db.enqueue("m") ? "enqueued " : "failed ";
    auto message = db.receive();
    out += message->value().data().to_string() + " ";
    out += message->extend() && message->finish() ? "finished " : "failed ";
    out += db.health()->state == Health::State::healthy ? "healthy " : "ill ";
    out += db.close() ? "closed" : "failed";
    return out;
}

/// The same, awaited.
template <Backend B>
Async<std::string> run_awaited(BasicAsyncDatabase<B> db) {
    std::string out;
    out += co_await db.set("k", "v") ? "set " : "failed ";
    out += text_of(co_await db.get("k")) + " ";
    auto none = db.get("none");
    out += text_of(co_await none) + " ";
    const std::vector<Key> keys = {"k", "none"};
    out += std::to_string((co_await db.get_many(keys))->size()) + " ";
    const Key first{"p", 1};
    const Key second{"p", 2};
    out += co_await db.set(first, "1") && co_await db.set(second, "2") ? "set " : "failed ";
    auto list = db.list(prefix("p"));
    while (auto entry = *co_await list.next()) {
        out += entry->value.data().to_string() + " ";
    }
    out += std::to_string(*co_await db.count(everything())) + " ";
    auto refused = db.atomic();
    refused.check("k", absent).set("k", "x");
    out += (co_await refused.commit())->committed ? "yes " : "no ";
    auto accepted = db.atomic();
    accepted.check("n", absent).set("n", "x");
    out += (co_await accepted.commit())->committed ? "yes " : "no ";
    out += co_await db.remove("n") ? "removed " : "failed ";
    const bool counted =
        co_await db.sum("c", 1) && co_await db.min("c", 1) && co_await db.max("c", 1);
    out += counted ? "counted " : "failed ";
    out += co_await db.expire("k", {}) ? "kept " : "failed ";
    out += std::to_string((co_await db.remove_range(prefix("p")))->removed) + " ";
    out += std::string(to_string(db.watch({"k"}).error().code())) + " ";
    out += std::string(to_string((co_await db.snapshot()).error().code())) + " ";
    out += co_await db.enqueue("m") ? "enqueued " : "failed ";
    auto message = co_await db.receive();
    out += message->value().data().to_string() + " ";
    const bool finished = co_await message->extend() && co_await message->finish();
    out += finished ? "finished " : "failed ";
    out += (co_await db.health())->state == Health::State::healthy ? "healthy " : "ill ";
    out += co_await db.close() ? "closed" : "failed";
    co_return out;
}

template <Backend B>
std::string wait_for(BasicAsyncDatabase<B> db) {
    Result<std::string> out = run_awaited(std::move(db)).wait();
    return out ? *out : out.error().to_string();
}

using Variant = VariantBackend<FakeBackend, MapBackend>;
using Layers = Layer<Layer<Layer<MapBackend>>>;

Layers layers() { return Layers(Layer<Layer<MapBackend>>(Layer<MapBackend>(MapBackend()))); }

class Styles : public testing::TestWithParam<Style> {};

TEST_P(Styles, GiveTheSameAnswers) {
    EXPECT_EQ(GetParam().run(),
              "set v absent 2 set 1 2 3 no yes removed counted kept 2 unsupported unsupported "
              "enqueued m finished healthy closed");
}

INSTANTIATE_TEST_SUITE_P(
    All, Styles,
    testing::Values(
        Style{"concrete_blocking", [] { return run_blocking(BasicDatabase(MapBackend())); }},
        Style{"concrete_awaited", [] { return wait_for(BasicAsyncDatabase(MapBackend())); }},
        Style{"variant_blocking",
              [] { return run_blocking(BasicDatabase<Variant>(MapBackend())); }},
        Style{"variant_awaited",
              [] { return wait_for(BasicAsyncDatabase<Variant>(MapBackend())); }},
        Style{"erased_blocking", [] { return run_blocking(Database(MapBackend())); }},
        Style{"erased_awaited", [] { return wait_for(AsyncDatabase(MapBackend())); }},
        Style{"layers_blocking", [] { return run_blocking(Database(layers())); }},
        Style{"layers_awaited", [] { return wait_for(AsyncDatabase(layers())); }},
        Style{"serialized_blocking",
              [] { return run_blocking(BasicDatabase(SerializedBackend(MapBackend()))); }},
        Style{"serialized_awaited",
              [] { return wait_for(BasicAsyncDatabase(SerializedBackend(MapBackend()))); }}),
    [](const testing::TestParamInfo<Style>& style) { return style.param.name; });

TEST(AsyncDatabase, AnAnswerThatIsThereStaysReady) {
    const AsyncDatabase db{MapBackend()};
    EXPECT_TRUE(db.set("k", "v").is_ready());
    EXPECT_TRUE(db.get("k").is_ready());
    auto list = db.list(everything());
    EXPECT_TRUE(list.next().is_ready());
}

TEST(AsyncDatabase, SharesItsDatabaseWithTheBlockingHandle) {
    const Database blocking{MapBackend()};
    const AsyncDatabase db(blocking);
    ASSERT_TRUE(db.set("k", "v").wait());
    EXPECT_TRUE(*blocking.get("k"));
    EXPECT_TRUE(*db.blocking().get("k"));
}

TEST(AsyncDatabase, AwaitsAnAnswerThatComesLater) {
    FakeBackend fake{MapBackend()};
    const AsyncDatabase db{AnyBackend(fake), Runtime::shared(), "fake:"};
    fake.hold_next(FakeCall::atomic_write);
    auto set = db.set("k", "v");
    EXPECT_FALSE(set.is_ready());
    EXPECT_EQ(fake.release(FakeCall::atomic_write), 1U);
    EXPECT_TRUE(std::move(set).wait());

    fake.hold_next(FakeCall::snapshot_read);
    auto count = db.count(everything());
    EXPECT_FALSE(count.is_ready());
    fake.release(FakeCall::snapshot_read);
    EXPECT_EQ(*std::move(count).wait(), 1U);

    fake.fail_next(FakeCall::atomic_write, Error(ErrorCode::busy, "locked"));
    const auto failed = db.set("k", "v").wait();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().url(), "fake:");
    EXPECT_EQ(failed.error().operation(), "set");
}

}  // namespace
}  // namespace turntable::inline v0::kv
