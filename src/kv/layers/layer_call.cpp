#include "turntable/kv/detail/layer_call.hpp"

#include <string>
#include <utility>
#include <vector>

#include "kv/ordered/owned_write.hpp"

namespace turntable::inline v0::kv {

namespace {

constexpr std::string_view call_kind_names[call_kind_count] = {
    "get",          "snapshot_read", "atomic_write",  "delete_range", "watch", "queue_take",
    "queue_finish", "queue_extend",  "open_snapshot", "health",       "close"};
static_assert(call_kind_count <= turntable::detail::call_kinds_max);

}  // namespace

std::string_view to_string(CallKind kind) noexcept {
    return call_kind_names[static_cast<std::size_t>(kind)];
}

namespace detail {

const turntable::detail::CallNames& call_names() noexcept {
    static constexpr turntable::detail::CallNames names{"kv", call_kind_names};
    return names;
}

namespace {

/// Ranges with copies of their bounds.
struct OwnedRanges {
    explicit OwnedRanges(std::span<const ReadRange> borrowed)
        : ranges(borrowed.begin(), borrowed.end()) {
        std::size_t size = 0;
        for (const ReadRange& range : ranges) {
            size += range.start.size() + range.end.size();
        }
        bytes.reserve(size);  // views into it stay good
        const auto copied = [this](ByteView view) {
            const std::size_t at = bytes.size();
            bytes.append(view.data(), view.size());
            return ByteView(bytes.data() + at, view.size());
        };
        for (ReadRange& range : ranges) {
            range.start = copied(range.start);
            range.end = copied(range.end);
        }
    }
    OwnedRanges(const OwnedRanges&) = delete;
    OwnedRanges& operator=(const OwnedRanges&) = delete;
    ~OwnedRanges() = default;

    std::string bytes;
    std::vector<ReadRange> ranges;
};

}  // namespace

std::size_t ReadCall::size_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const ReadRange& range : ranges) {
        bytes += range.start.size() + range.end.size();
    }
    return bytes;
}

std::size_t WriteCall::size_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Check& check : write->checks) {
        bytes += check.key.size();
    }
    for (const Mutation& mutation : write->mutations) {
        bytes += mutation.key.size() + mutation.data.size();
    }
    for (const Enqueue& enqueue : write->enqueues) {
        bytes += enqueue.payload.size();
    }
    return bytes;
}

OwnedCall<GetCall> own(const GetCall& call) {
    auto key = std::make_shared<const std::string>(call.key.to_string());
    return {GetCall{*key}, key};
}

OwnedCall<ReadCall> own(const ReadCall& call) {
    auto owned = std::make_shared<const OwnedRanges>(call.ranges);
    return {ReadCall{owned->ranges, call.options}, owned};
}

OwnedCall<WriteCall> own(const WriteCall& call) {
    auto owned = std::make_shared<const OwnedWrite>(*call.write);
    return {WriteCall{&owned->view()}, owned};
}

OwnedCall<DeleteRangeCall> own(const DeleteRangeCall& call) {
    using Bounds = std::pair<std::string, std::string>;
    auto owned = std::make_shared<const Bounds>(call.start.to_string(), call.end.to_string());
    return {DeleteRangeCall{owned->first, owned->second}, owned};
}

OwnedCall<FinishCall> own(const FinishCall& call) {
    auto id = std::make_shared<const std::string>(call.id);
    return {FinishCall{*id, call.delivery}, id};
}

OwnedCall<ExtendCall> own(const ExtendCall& call) {
    auto id = std::make_shared<const std::string>(call.id);
    return {ExtendCall{*id}, id};
}

OwnedCall<SnapshotReadCall> own(const SnapshotReadCall& call) {
    auto owned = std::make_shared<const OwnedRanges>(call.ranges);
    return {SnapshotReadCall{owned->ranges}, owned};
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
