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

/// What a call changes, which decides whether it may be repeated.
enum class CallEffect : std::uint8_t { reads, writes, none };

struct GetCall {
    using Answer = std::optional<Entry>;
    static constexpr CallKind kind = CallKind::get;
    static constexpr CallEffect effect = CallEffect::reads;
    ByteView key;
    std::size_t size_bytes() const noexcept { return key.size(); }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend_get(backend, context, key);
    }
};

struct ReadCall {
    using Answer = ReadOutput;
    static constexpr CallKind kind = CallKind::snapshot_read;
    static constexpr CallEffect effect = CallEffect::reads;
    std::span<const ReadRange> ranges;
    ReadOptions options;
    TURNTABLE_EXPORT std::size_t size_bytes() const noexcept;
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend.snapshot_read(context, ranges, options);
    }
};

struct WriteCall {
    using Answer = CommitResult;
    static constexpr CallKind kind = CallKind::atomic_write;
    static constexpr CallEffect effect = CallEffect::writes;
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
    static std::size_t size_bytes() noexcept { return 0; }
    template <class B>
    Async<Answer> make(B& backend, const Context& context) const {
        return backend.queue_take(context);
    }
};

struct FinishCall {
    using Answer = void;
    static constexpr CallKind kind = CallKind::queue_finish;
    static constexpr CallEffect effect = CallEffect::writes;
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
    static std::size_t size_bytes() noexcept { return 0; }
    template <class B>
    Async<void> make(B& backend, const Context& context) const {
        return backend.close(context);
    }
};

/// A snapshot that layers share with their repetitions.
struct SharedSnapshot {
    std::shared_ptr<SnapshotSource> source;
};

/// A read of an open snapshot.
struct SnapshotReadCall {
    using Answer = ReadOutput;
    static constexpr CallKind kind = CallKind::snapshot_read;
    static constexpr CallEffect effect = CallEffect::reads;
    std::span<const ReadRange> ranges;
    std::size_t size_bytes() const noexcept { return ReadCall{ranges, {}}.size_bytes(); }
    Async<Answer> make(SharedSnapshot& snapshot, const Context& context) const {
        return snapshot.source->read(context, ranges);
    }
};

/// A call with copies of what it borrows.
template <class Call>
struct OwnedCall {
    Call call;
    std::shared_ptr<const void> storage = nullptr;
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

/// Bytes of keys and values in an answer.
inline std::size_t answer_bytes(const std::optional<Entry>& entry) noexcept {
    return entry ? entry->value.data().size() : 0;
}
inline std::size_t answer_bytes(const ReadOutput& output) noexcept {
    std::size_t bytes = 0;
    for (const EntryBatch& batch : output) {
        bytes += batch.size_bytes();
    }
    return bytes;
}
inline std::size_t answer_bytes(const QueueMessage& message) noexcept {
    return message.payload.size();
}
template <class T>
std::size_t answer_bytes(const T& /*answer*/) noexcept {
    return 0;
}
template <class T>
std::size_t result_bytes(const Result<T>& result) noexcept {
    if constexpr (std::is_void_v<T>) {
        return 0;
    } else {
        return result ? answer_bytes(*result) : 0;
    }
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
