#include "turntable/kv/transfer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <climits>
#include <thread>
#include <vector>

#include "support/map_backend.hpp"
#include "unit/kv_transfer/support.hpp"

namespace turntable::test {
namespace {

using namespace std::chrono_literals;
using kv::Existing;

kv::TransferOptions with(Existing existing) {
    kv::TransferOptions options;
    options.existing = existing;
    return options;
}

std::string text_of(const kv::Database& db, const kv::KeyRef& key) {
    const auto entry = db.get(key);
    return entry && *entry ? (*entry)->value.data().to_string() : "(absent)";
}

TEST(Copy, CarriesEveryKeyValueAndExpiry) {
    const kv::Database from = memory_database();
    const kv::Database to = memory_database();
    fill_with_everything(from);
    const auto report = kv::copy(from, to);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->entries, *from.count(kv::everything()));
    EXPECT_EQ(report->written, report->entries);
    EXPECT_FALSE(report->resumed);
    expect_equal(from, to);
    EXPECT_EQ(report->checksum, kv::verify(from, to)->first_checksum);
    EXPECT_FALSE(*to.get(kv::unfinished_transfer_key()));
}

TEST(Copy, LeavesOutWhatHasExpiredAndKeepsWhenTheRestDoes) {
    const auto clock = std::make_shared<ManualClock>();
    RuntimeOptions runtime_options;
    runtime_options.clock = clock;
    const auto runtime = Runtime::create(runtime_options);
    const kv::Database from = memory_database(runtime);
    const kv::Database to = memory_database(runtime);
    ASSERT_TRUE(from.set("gone", "x", {.expire_in = 1s}));
    ASSERT_TRUE(from.set("soon", "x", {.expire_in = 3s}));
    clock->advance(2s);
    const auto report = kv::copy(from, to);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->entries, 1U);
    EXPECT_EQ(text_of(to, "soon"), "x");
    clock->advance(1s);
    EXPECT_EQ(text_of(to, "soon"), "(absent)");
}

TEST(Copy, OfNothingIsFineAndWritesNothing) {
    const kv::Database to = memory_database();
    ASSERT_TRUE(kv::copy(memory_database(), to));
    EXPECT_EQ(*to.count(kv::everything()), 0U);
}

TEST(Copy, RefusesATargetThatIsNotEmptyAndChangesNothing) {
    const kv::Database from = memory_database();
    const kv::Database to = memory_database();
    ASSERT_TRUE(from.set("a", "new"));
    ASSERT_TRUE(to.set("b", "old"));
    const auto refused = kv::copy(from, to);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
    EXPECT_EQ(*to.count(kv::everything()), 1U);
    EXPECT_EQ(text_of(to, "b"), "old");
    EXPECT_EQ(kv::copy(to, to).error().code(), ErrorCode::invalid_argument);
}

TEST(Copy, MergesOrReplacesWhatIsThereAndWritesOnlyWhatDiffers) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("both", "new"));
    ASSERT_TRUE(from.set("same", "same"));
    ASSERT_TRUE(from.set("source", "x"));
    for (const Existing existing : {Existing::merge, Existing::replace}) {
        const kv::Database to = memory_database();
        ASSERT_TRUE(to.set("both", "old"));
        ASSERT_TRUE(to.set("same", "same"));
        ASSERT_TRUE(to.set("target", "x"));
        ASSERT_TRUE(to.set("z", "x"));
        const auto report = kv::copy(from, to, with(existing));
        ASSERT_TRUE(report) << report.error().to_string();
        EXPECT_EQ(report->written, 2U);
        EXPECT_EQ(report->removed, existing == Existing::merge ? 0U : 2U);
        EXPECT_EQ(text_of(to, "both"), "new");
        EXPECT_EQ(text_of(to, "source"), "x");
        EXPECT_EQ(text_of(to, "target"), existing == Existing::merge ? "x" : "(absent)");
        EXPECT_EQ(text_of(to, "z"), existing == Existing::merge ? "x" : "(absent)");
        EXPECT_FALSE(*to.get(kv::unfinished_transfer_key()));
    }
}

TEST(Copy, OfARangeLeavesTheRestOfTheTargetAlone) {
    const kv::Database from = memory_database();
    const kv::Database to = memory_database();
    ASSERT_TRUE(from.set({"users", 1}, "ada"));
    ASSERT_TRUE(from.set("users", "the prefix itself"));
    ASSERT_TRUE(from.set({"zoo", 1}, "x"));
    ASSERT_TRUE(to.set({"zoo", 2}, "stays"));
    kv::TransferOptions options;
    options.selector = kv::prefix("users");
    ASSERT_TRUE(kv::copy(from, to, options));
    EXPECT_EQ(*to.count(kv::everything()), 2U);
    options.existing = Existing::replace;
    ASSERT_TRUE(to.set({"users", 7}, "goes"));
    const auto again = kv::copy(from, to, options);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->removed, 1U);
    EXPECT_EQ(again->written, 0U);
    EXPECT_EQ(text_of(to, {"zoo", 2}), "stays");
}

TEST(Copy, ThatBrokeOffAnywhereIsGoneOnWithByTheSameCall) {
    const kv::Database from = memory_database();
    fill_with_everything(from);
    constexpr int writes_max = 20;
    int broken = 0;
    for (int writes = 0; writes < writes_max; ++writes) {
        const std::string name = "broke-off-" + std::to_string(writes);
        const kv::Database to = breaking_database(name, INT_MAX);
        const auto first = kv::copy(from, breaking_database(name, writes));
        if (first) {
            break;
        }
        ++broken;
        EXPECT_EQ(first.error().code(), ErrorCode::io) << first.error().to_string();
        const bool began = writes > 0;
        EXPECT_EQ(began, to.get(kv::unfinished_transfer_key())->has_value());
        if (began) {
            // It is no store to read from, and no target for anything else.
            EXPECT_EQ(kv::copy(to, memory_database()).error().code(), ErrorCode::conflict);
            EXPECT_EQ(kv::verify(from, to).error().code(), ErrorCode::conflict);
            const kv::Database other = memory_database();
            ASSERT_TRUE(other.set("x", "y"));
            kv::TransferOptions other_range;
            other_range.selector = kv::prefix("x");
            EXPECT_EQ(kv::copy(other, to, other_range).error().code(), ErrorCode::already_exists);
        }
        const auto second = kv::copy(from, to);
        ASSERT_TRUE(second) << second.error().to_string();
        EXPECT_EQ(second->resumed, began);
        EXPECT_LT(began ? second->written : 0, second->entries);
        expect_equal(from, to);
        EXPECT_FALSE(*to.get(kv::unfinished_transfer_key()));
    }
    EXPECT_GT(broken, 5);
    EXPECT_LT(broken, writes_max);
}

/// Keeps no order of writes, and notes how many changes each of them has.
class WithoutOrder : public kv::Layer<kv::AnyBackend> {
  public:
    WithoutOrder(kv::AnyBackend inner, std::shared_ptr<std::vector<std::size_t>> sizes)
        : Layer(std::move(inner)), sizes_(std::move(sizes)) {}
    kv::Capabilities capabilities() const {
        kv::Capabilities out = inner().capabilities();
        out.write_order = false;
        return out;
    }
    Async<kv::CommitResult> atomic_write(const Context& context, const kv::AtomicWrite& write) {
        sizes_->push_back(write.mutations.size());
        return inner().atomic_write(context, write);
    }

  private:
    std::shared_ptr<std::vector<std::size_t>> sizes_;
};

TEST(Copy, IntoAStoreWithoutOrderCommitsItsMarkBeforeAllElse) {
    const kv::Database from = memory_database();
    fill_with_everything(from);
    const auto sizes = std::make_shared<std::vector<std::size_t>>();
    const kv::Database to(kv::AnyBackend(WithoutOrder(kv::AnyBackend(kv::MemoryBackend()), sizes)));
    ASSERT_TRUE(kv::copy(from, to));
    ASSERT_GE(sizes->size(), 3U);
    EXPECT_EQ(sizes->front(), 1U) << "the mark alone";
    EXPECT_EQ(sizes->back(), 1U) << "and its removal";
}

TEST(Copy, ThatIsGoneOnWithEndsWithTheNewestState) {
    const kv::Database from = memory_database();
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(from.set({"n", i}, "old"));
    }
    const kv::Database to = breaking_database("newest-state", INT_MAX);
    ASSERT_FALSE(kv::copy(from, breaking_database("newest-state", 3)));
    ASSERT_GT(*to.count(kv::everything()), 10U);
    ASSERT_TRUE(from.remove({"n", 0}));
    ASSERT_TRUE(from.set({"n", 1}, "new"));
    ASSERT_TRUE(from.set({"n", -1}, "new"));
    const auto report = kv::copy(from, to);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_TRUE(report->resumed);
    EXPECT_EQ(report->removed, 1U);
    expect_equal(from, to);
}

TEST(Copy, StopsBetweenTwoWritesWhenAsked) {
    const kv::Database from = memory_database();
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(from.set({"n", i}, std::string(100, 'x')));
    }
    const kv::Database to = memory_database();
    std::stop_source stop;
    kv::TransferOptions options;
    options.stop = stop.get_token();
    options.count_first = true;
    std::uint64_t last = 0;
    options.on_progress = [&](const kv::TransferProgress& progress) {
        EXPECT_GT(progress.entries, last);
        EXPECT_EQ(progress.total, 500U);
        last = progress.entries;
        stop.request_stop();
    };
    const auto stopped = kv::copy(from, to, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), ErrorCode::cancelled);
    EXPECT_EQ(*to.count(kv::everything()), last + 1);
    const std::uint64_t copied = last;
    options.stop = {};
    options.on_progress = {};
    const auto report = kv::copy(from, to, options);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->written, 500 - copied);
    expect_equal(from, to);
}

TEST(Copy, KeepsWithinTheLimitsOfTheTarget) {
    const kv::Database from = memory_database();
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(from.set({"n", i, std::string(static_cast<std::size_t>(i), 'k')},
                             std::string(static_cast<std::size_t>(i % 200), 'v')));
    }
    kv::Limits limits;
    limits.mutations = 9;
    limits.key_bytes = 340;
    limits.value_bytes = 200;
    limits.write_bytes = 600;
    limits.write_key_bytes = 400;
    limits.read_entries = 10;
    const kv::Database to = memory_database(Runtime::shared(), limits);
    const auto report = kv::copy(from, to);
    ASSERT_TRUE(report) << report.error().to_string();
    expect_equal(from, to);
    ASSERT_TRUE(from.set({"m", "large"}, std::string(201, 'v')));
    const auto refused = kv::copy(from, memory_database(Runtime::shared(), limits));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
    EXPECT_EQ(refused.error().context().at(0).second, "m/large");
}

TEST(Copy, OfASourceWithoutSnapshotsIsAskedFor) {
    const kv::Database from(MapBackend(), Runtime::shared(), "map:");
    const kv::Database to = memory_database();
    ASSERT_TRUE(from.set("a", "x"));
    EXPECT_EQ(kv::copy(from, to).error().code(), ErrorCode::unsupported);
    EXPECT_EQ(kv::verify(from, to).error().code(), ErrorCode::unsupported);
    kv::TransferOptions options;
    options.inconsistent = true;
    ASSERT_TRUE(kv::copy(from, to, options));
    EXPECT_EQ(text_of(to, "a"), "x");
    kv::VerifyOptions verify_options;
    verify_options.inconsistent = true;
    const auto verified = kv::verify(from, to, verify_options);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_TRUE(verified->equal());
    EXPECT_FALSE(verified->expiry_compared);
}

TEST(Copy, ShowsOneStateWhileOthersWrite) {
    const kv::Database from = memory_database();
    constexpr int accounts = 400;
    for (int i = 0; i < accounts; ++i) {
        ASSERT_TRUE(from.set({"account", i}, kv::Value::u64(100)));
    }
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (std::uint64_t i = 1; !done; ++i) {
            const auto one = static_cast<int>(i * 7 % accounts);
            const auto other = static_cast<int>(i * 13 % accounts);
            auto write = from.atomic();
            write.sum({"account", one}, 1).sum({"account", other}, UINT64_MAX);
            ASSERT_TRUE(write.commit());
        }
    });
    for (int round = 0; round < 5; ++round) {
        const kv::Database to = memory_database();
        ASSERT_TRUE(kv::copy(from, to));
        std::uint64_t sum = 0;
        for (auto& entry : to.list(kv::prefix("account"))) {
            sum += *entry->value.as_u64();
        }
        EXPECT_EQ(sum, 100U * accounts);
    }
    done = true;
    writer.join();
}

TEST(Verify, NamesEachKindOfDifferenceAndCountsAll) {
    const kv::Database first = memory_database();
    const kv::Database second = memory_database();
    for (const kv::Database& db : {first, second}) {
        ASSERT_TRUE(db.set("same", "x"));
    }
    ASSERT_TRUE(first.set("a", "x"));
    ASSERT_TRUE(second.set("b", "x"));
    ASSERT_TRUE(first.set("c", "x"));
    ASSERT_TRUE(second.set("c", "y"));
    ASSERT_TRUE(first.set("d", kv::Value::u64(1)));
    ASSERT_TRUE(second.set("d", std::string("\x01\0\0\0\0\0\0\0", 8)));
    ASSERT_TRUE(first.set("e", "x", {.expire_in = 1h}));
    ASSERT_TRUE(second.set("e", "x"));
    kv::VerifyOptions options;
    auto verified = kv::verify(first, second, options);
    ASSERT_TRUE(verified) << verified.error().to_string();
    std::string seen;
    for (const kv::Difference& difference : verified->differences) {
        seen += kv::print_key(difference.key.encoded()) + " " +
                std::string(to_string(difference.kind)) + "\n";
    }
    EXPECT_EQ(seen, "a only_in_first\nb only_in_second\nc value\nd value\ne expiry\n");
    EXPECT_NE(verified->first_checksum, verified->second_checksum);
    options.differences_max = 2;
    verified = kv::verify(first, second, options);
    EXPECT_EQ(verified->differences.size(), 2U);
    EXPECT_EQ(verified->difference_count, 5U);
    options.selector = kv::range("same", "z");
    EXPECT_TRUE(kv::verify(first, second, options)->equal());
}

}  // namespace
}  // namespace turntable::test
