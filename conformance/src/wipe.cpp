#include "wipe.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "environment.hpp"
#include "turntable/conformance/subject.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

// What cannot even be emptied must not keep the suite waiting for ever.
template <class T>
Result<T> bounded(Async<T> async, std::string_view what) {
    constexpr std::chrono::seconds patience{30};
    if (async.is_ready()) {
        return std::move(async.peek());
    }
    try {
        return Pending<T>(std::move(async), patience).get(what);
    } catch (const Hang& hang) {
        return Error(ErrorCode::timeout, hang.reason);
    }
}

Result<std::vector<std::string>> some_keys(AnyBackend& backend, std::uint32_t limit) {
    const ReadRange range{ByteView("\0", 1), "\xFF", limit, false};
    TURNTABLE_TRY(ReadOutput output,
                  bounded(backend.snapshot_read({}, std::span(&range, 1), {}), "snapshot_read"));
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < output.at(0).size(); ++i) {
        keys.push_back(output[0][i].key.to_string());
    }
    return keys;
}

Result<void> remove_entries(AnyBackend& backend) {
    if (backend.capabilities().delete_range) {  // also keys that a suffix made too long to be named
        TURNTABLE_CHECK(
            bounded(backend.delete_range({}, ByteView("\0", 1), "\xFF"), "delete_range"));
        return {};
    }
    const Limits limits = backend.capabilities().limits;
    const auto page = static_cast<std::uint32_t>(
        std::min({limits.read_entries, limits.mutations, std::size_t{500}}));
    while (true) {
        TURNTABLE_TRY(const std::vector<std::string> keys, some_keys(backend, page));
        if (keys.empty()) {
            return {};
        }
        std::vector<Mutation> mutations;
        for (const std::string& key : keys) {
            mutations.push_back({MutationKind::remove, key});
        }
        TURNTABLE_CHECK(
            bounded(backend.atomic_write({}, {.mutations = mutations}), "atomic_write"));
    }
}

// Messages come in the order of their times, so a fence that is due now comes after all others.
Result<void> drain_queue(AnyBackend& backend, Runtime& runtime) {
    constexpr std::string_view fence = "\xFF\x0F\"\x05wiped";
    const Enqueue message{fence, runtime.clock().wall_now().time_since_epoch().count()};
    TURNTABLE_CHECK(
        bounded(backend.atomic_write({}, {.enqueues = std::span(&message, 1)}), "atomic_write"));
    while (true) {
        TURNTABLE_TRY(const QueueMessage taken, bounded(backend.queue_take({}), "queue_take"));
        TURNTABLE_CHECK(
            bounded(backend.queue_finish({}, taken.id, Delivery::done), "queue_finish"));
        if (taken.payload.view() == ByteView(fence)) {
            return {};
        }
    }
}

}  // namespace

Result<bool> holds_entries(AnyBackend& backend) {
    TURNTABLE_TRY(const std::vector<std::string> keys, some_keys(backend, 1));
    return !keys.empty();
}

Result<void> wipe(AnyBackend& backend, Runtime& runtime) {
    const Capabilities can = backend.capabilities();
    if (can.read_only) {
        return {};
    }
    if (can.queue) {
        TURNTABLE_CHECK(drain_queue(backend, runtime));
    }
    return remove_entries(backend);
}

Subject wiped_subject(std::string name, Subject::Open open) {
    Subject subject;
    subject.name = std::move(name);
    subject.open_fresh =
        [open = std::move(open)](const std::shared_ptr<Runtime>& runtime) -> Result<AnyBackend> {
        TURNTABLE_TRY(AnyBackend backend, open(runtime));
        TURNTABLE_CHECK(wipe(backend, *runtime));
        return backend;
    };
    return subject;
}

}  // namespace turntable::inline v0::kv::conformance
