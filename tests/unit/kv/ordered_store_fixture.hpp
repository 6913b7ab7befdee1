#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/ordered_store.hpp"
#include "turntable/kv/plan.hpp"
#include "unit/kv/map_engine.hpp"

namespace turntable::test {

using namespace std::chrono_literals;
using kv::AtomicWrite;
using kv::Check;
using kv::CommitResult;
using kv::Mutation;
using kv::MutationKind;
using kv::OrderedStoreOptions;
using kv::ReadRange;
using kv::Versionstamp;
using kv::WatchOutput;
using kv::WatchTarget;

template <class E>
using StoreOn = kv::OrderedStore<E>;
using MapStore = StoreOn<MapEngine>;

inline const Context caller_waits{.caller_waits = true};

/// A gate in the way of commits: reached() returns when one stands before it.
class Barrier {
  public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void reached() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ > 0; });
    }
    void open() {
        const std::scoped_lock guard(mutex_);
        open_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_ = 0;
    bool open_ = false;
};

struct StoreTest : testing::Test {
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime =
        Runtime::create({.clock = clock, .random = Random::seeded(7)});
    std::shared_ptr<MapFile> file = std::make_shared<MapFile>();

    OrderedStoreOptions options() const {
        OrderedStoreOptions options;
        options.runtime = runtime;
        options.url = "map:test";
        return options;
    }
    template <class E = MapEngine>
    std::unique_ptr<StoreOn<E>> open(OrderedStoreOptions with) {
        return std::make_unique<StoreOn<E>>(std::make_shared<E>(file), std::move(with));
    }
    std::unique_ptr<MapStore> open() { return open<MapEngine>(options()); }
    std::int64_t now_ms() const { return clock->wall_now().time_since_epoch().count(); }
    /// The user keys that the engine holds, also expired ones.
    std::vector<std::string> stored_keys() const {
        std::vector<std::string> keys;
        for (const auto& [key, record] : *file->snapshot()) {
            if (key[0] != '\xFF') {
                keys.push_back(key);
            }
        }
        return keys;
    }
};

inline Mutation set_of(ByteView key, ByteView value,
                       std::int64_t expire_at_ms = kv::never_expires) {
    return {.key = key, .data = value, .expire_at_ms = expire_at_ms};
}

template <class Store>
Async<CommitResult> write_async(Store& store, const Mutation& mutation,
                                const Context& context = {}) {
    return store.atomic_write(context, {.mutations = {&mutation, 1}});
}

template <class Store>
CommitResult write(Store& store, const AtomicWrite& write) {
    auto result = store.atomic_write(caller_waits, write).wait();
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *result : CommitResult{};
}

template <class Store>
Versionstamp set(Store& store, ByteView key, ByteView value,
                 std::int64_t expire_at_ms = kv::never_expires) {
    const Mutation mutation = set_of(key, value, expire_at_ms);
    return write(store, {.mutations = {&mutation, 1}}).versionstamp;
}

template <class Store>
void remove(Store& store, ByteView key) {
    const Mutation mutation{.kind = MutationKind::remove, .key = key};
    write(store, {.mutations = {&mutation, 1}});
}

template <class Store>
void enqueue(Store& store, const kv::Enqueue& message) {
    write(store, {.enqueues = {&message, 1}});
}

template <class Store>
std::optional<std::string> get(Store& store, ByteView key) {
    auto entry = store.get(caller_waits, key).wait();
    EXPECT_TRUE(entry) << entry.error().to_string();
    return entry && *entry ? std::optional((*entry)->value.data().to_string()) : std::nullopt;
}

inline std::vector<std::string> keys_of(const Result<kv::ReadOutput>& read) {
    std::vector<std::string> keys;
    if (!read) {
        ADD_FAILURE() << read.error().to_string();
        return keys;
    }
    for (const kv::EntryBatch& batch : *read) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            keys.push_back(batch[i].key.to_string());
        }
    }
    return keys;
}

template <class Store>
std::vector<std::string> list(Store& store, const Context& context = caller_waits) {
    const ReadRange range{"", "\xFF", 1000};
    return keys_of(store.snapshot_read(context, {&range, 1}, {}).wait());
}

template <class T>
ErrorCode code_of(Async<T> async) {
    auto result = std::move(async).wait();
    if (result) {
        ADD_FAILURE() << "there was no error";
        return ErrorCode::backend;
    }
    return result.error().code();
}

/// "a=1 b- ": each change of a step of a watch.
inline std::string text_of(const Result<std::optional<WatchOutput>>& step) {
    if (!step) {
        return step.error().to_string();
    }
    if (!*step) {
        return "end";
    }
    std::string text;
    for (const kv::WatchChange& change : **step) {
        text += change.key.to_string();
        text += change.entry ? "=" + change.entry->value.data().to_string() : "-";
        text += " ";
    }
    return text;
}

}  // namespace turntable::test
