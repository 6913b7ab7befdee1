#pragma once

/// \file
/// The calls of the kv contract as values.
/// Purpose: a layer that treats all calls alike is written once, over these. Each call says what it
/// answers and how it is made on a backend; own() copies what it borrows, so that it can be made
/// later. Ownership: a call borrows. Threads: values. Errors: those of the backend.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/layers/call.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv {

/// The calls of the contract, as metrics and logs name them.
enum class CallKind : std::uint8_t {
    get,
    snapshot_read,
    atomic_write,
    delete_range,
    watch,
    queue_take,
    queue_finish,
    queue_extend,
    open_snapshot,
    health,
    close,
};
inline constexpr std::size_t call_kind_count = 11;

/// The name of a call as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(CallKind kind) noexcept;

namespace detail {

using turntable::detail::CallEffect;
using turntable::detail::CallLimit;
using turntable::detail::OwnedCall;

/// The names of the calls, for metrics and logs.
TURNTABLE_EXPORT const turntable::detail::CallNames& call_names() noexcept;

struct GetCall {
    using Answer = std::optional<Entry>;
    static constexpr CallKind kind = CallKind::get;
    static constexpr CallEffect effect = CallEffect::reads;
    static constexpr CallLimit limit = CallLimit::read;
    static constexpr bool commits = false;
    ByteView key;
    std::size_t size_bytes() const noexcept { return key.size(); }
    static std::size_t answer_bytes(const Answer& entry) noexcept {
        return entry ? entry->value.data().size() : 0;
    }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend_get(backend, context, key);
    }
};

struct ReadCall {
    using Answer = ReadOutput;
    static constexpr CallKind kind = CallKind::snapshot_read;
    static constexpr CallEffect effect = CallEffect::reads;
    static constexpr CallLimit limit = CallLimit::read;
    static constexpr bool commits = false;
    std::span<const ReadRange> ranges;
    ReadOptions options;
    TURNTABLE_EXPORT std::size_t size_bytes() const noexcept;
    static std::size_t answer_bytes(const Answer& output) noexcept {
        std::size_t bytes = 0;
        for (const EntryBatch& batch : output) {
            bytes += batch.size_bytes();
        }
        return bytes;
    }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend.snapshot_read(context, ranges, options);
    }
};

struct WriteCall {
    using Answer = CommitResult;
    static constexpr CallKind kind = CallKind::atomic_write;
    static constexpr CallEffect effect = CallEffect::writes;
    static constexpr CallLimit limit = CallLimit::write;
    static constexpr bool commits = true;
    const AtomicWrite* write;
    TURNTABLE_EXPORT std::size_t size_bytes() const noexcept;
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend.atomic_write(context, *write);
    }
};

struct DeleteRangeCall {
    using Answer = DeleteRangeOutput;
    static constexpr CallKind kind = CallKind::delete_range;
    static constexpr CallEffect effect = CallEffect::writes;
    static constexpr CallLimit limit = CallLimit::write;
    static constexpr bool commits = true;
    ByteView start;
    ByteView end;
    std::size_t size_bytes() const noexcept { return start.size() + end.size(); }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend_delete_range(backend, context, start, end);
    }
};

struct TakeCall {
    using Answer = QueueMessage;
    static constexpr CallKind kind = CallKind::queue_take;
    static constexpr CallEffect effect = CallEffect::writes;
    static constexpr CallLimit limit = CallLimit::none;  // as long as it takes
    static constexpr bool commits = false;
    static std::size_t size_bytes() noexcept { return 0; }
    static std::size_t answer_bytes(const Answer& message) noexcept {
        return message.payload.size();
    }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend.queue_take(context);
    }
};

struct FinishCall {
    using Answer = void;
    static constexpr CallKind kind = CallKind::queue_finish;
    static constexpr CallEffect effect = CallEffect::writes;
    static constexpr CallLimit limit = CallLimit::write;
    static constexpr bool commits = true;
    std::string_view id;
    Delivery delivery;
    std::size_t size_bytes() const noexcept { return id.size(); }
    template <class B>
    Async<void> make(B& backend, const Context& context) const {
        return backend.queue_finish(context, id, delivery);
    }
};

struct ExtendCall {
    using Answer = void;
    static constexpr CallKind kind = CallKind::queue_extend;
    static constexpr CallEffect effect = CallEffect::writes;
    static constexpr CallLimit limit = CallLimit::write;
    static constexpr bool commits = false;
    std::string_view id;
    std::size_t size_bytes() const noexcept { return id.size(); }
    template <class B>
    Async<void> make(B& backend, const Context& context) const {
        return backend.queue_extend(context, id);
    }
};

struct SnapshotCall {
    using Answer = SnapshotHandle;
    static constexpr CallKind kind = CallKind::open_snapshot;
    static constexpr CallEffect effect = CallEffect::reads;
    static constexpr CallLimit limit = CallLimit::read;
    static constexpr bool commits = false;
    static std::size_t size_bytes() noexcept { return 0; }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend_open_snapshot(backend, context);
    }
};

struct HealthCall {
    using Answer = Health;
    static constexpr CallKind kind = CallKind::health;
    static constexpr CallEffect effect = CallEffect::none;
    static constexpr CallLimit limit = CallLimit::health;
    static constexpr bool commits = false;
    static std::size_t size_bytes() noexcept { return 0; }
    template <class B>
    Async<Health> make(B& backend, const Context& context) const {
        return backend.health(context);
    }
};

struct CloseCall {
    using Answer = void;
    static constexpr CallKind kind = CallKind::close;
    static constexpr CallEffect effect = CallEffect::none;
    static constexpr CallLimit limit = CallLimit::none;
    static constexpr bool commits = false;
    static std::size_t size_bytes() noexcept { return 0; }
    template <class B>
    Async<void> make(B& backend, const Context& context) const {
        return backend.close(context);
    }
};

/// Opens a stream.
struct WatchCall {
    using Item = WatchOutput;
    static constexpr CallKind kind = CallKind::watch;
    std::span<const WatchTarget> targets;
    template <class B>
    Result<Stream<Item>> open(B& backend, const Context& context) const {
        return backend.watch(context, targets);
    }
};

/// A snapshot that layers share with their repetitions.
struct SharedSnapshot {
    std::shared_ptr<SnapshotSource> source;
};
inline std::shared_ptr<SharedSnapshot> pinned(SharedSnapshot& target) {
    return std::make_shared<SharedSnapshot>(target);
}

/// A read of an open snapshot.
struct SnapshotReadCall {
    using Answer = ReadOutput;
    static constexpr CallKind kind = CallKind::snapshot_read;
    static constexpr CallEffect effect = CallEffect::reads;
    static constexpr CallLimit limit = CallLimit::read;
    static constexpr bool commits = false;
    std::span<const ReadRange> ranges;
    std::size_t size_bytes() const noexcept { return ReadCall{ranges, {}}.size_bytes(); }
    static std::size_t answer_bytes(const Answer& output) noexcept {
        return ReadCall::answer_bytes(output);
    }
    Async<Answer> make(SharedSnapshot& snapshot, const Context& context) const {
        return snapshot.source->read(context, ranges);
    }
};

TURNTABLE_EXPORT OwnedCall<GetCall> own(const GetCall& call);
TURNTABLE_EXPORT OwnedCall<ReadCall> own(const ReadCall& call);
TURNTABLE_EXPORT OwnedCall<WriteCall> own(const WriteCall& call);
TURNTABLE_EXPORT OwnedCall<DeleteRangeCall> own(const DeleteRangeCall& call);
TURNTABLE_EXPORT OwnedCall<FinishCall> own(const FinishCall& call);
TURNTABLE_EXPORT OwnedCall<ExtendCall> own(const ExtendCall& call);
TURNTABLE_EXPORT OwnedCall<SnapshotReadCall> own(const SnapshotReadCall& call);
inline OwnedCall<TakeCall> own(const TakeCall& call) { return {call}; }
inline OwnedCall<SnapshotCall> own(const SnapshotCall& call) { return {call}; }

}  // namespace detail

}  // namespace turntable::inline v0::kv
