#include "turntable/kv/layers/check.hpp"

#include <algorithm>

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Error not_declared(std::string_view what) {
    return {ErrorCode::unsupported,
            "this backend has no " + std::string(what) + "; its capabilities say so"};
}

Error read_only() { return {ErrorCode::permission_denied, "the store is read-only"}; }

}  // namespace

Result<void> check_declared_write(const AtomicWrite& write, const Capabilities& can,
                                  std::int64_t now_ms) {
    if (can.read_only) {
        return read_only();
    }
    if (!write.enqueues.empty() && !can.queue) {
        return not_declared("queue");
    }
    const bool sets_expiry = std::ranges::any_of(write.mutations, [](const Mutation& mutation) {
        return mutation.kind == MutationKind::set_expiry;
    });
    if (sets_expiry && !can.set_expiry) {
        return not_declared("set_expiry");
    }
    return check_write(write, can.limits, now_ms);
}

Result<void> check_declared_watch(std::span<const WatchTarget> targets, const Capabilities& can) {
    for (const WatchTarget& target : targets) {
        if (target.range_end ? !can.watch_ranges : !can.watch_keys) {
            return not_declared(target.range_end ? "watch of ranges" : "watch");
        }
    }
    return check_watch(targets, can.limits);
}

Result<void> check_declared_delete_range(ByteView start, ByteView end, const Capabilities& can) {
    if (can.read_only) {
        return read_only();
    }
    if (!can.delete_range) {
        return not_declared("delete_range");
    }
    return check_range(start, end, can.limits);
}

BuiltInLayer check_layer() {
    static const SettingsDescription<turntable::detail::NoSettings> settings(
        "check", "Refuses, before it is sent, what the backend declares that it cannot do.");
    return built_in_layer<AnyBackend>(
        settings, [](AnyBackend inner, turntable::detail::NoSettings, const LayerPlace& place) {
            return AnyBackend(CheckLayer<AnyBackend>(std::move(inner), place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
