#include "turntable/kv/snapshot.hpp"

namespace turntable::inline v0::kv {

Result<std::optional<Entry>> Snapshot::get(const KeyRef& key, const CallOptions& call) const {
    const ByteView encoded = key.encoded();
    if (!detail::is_user_key(encoded)) {
        return detail::bad_key(encoded, "get", *core_);
    }
    const Context context = call.context(*core_->runtime, true);
    return detail::named(source_->get(context, encoded).wait(), "get", *core_);
}

Result<std::vector<std::optional<Entry>>> Snapshot::get_many(std::span<const Key> keys,
                                                             const CallOptions& call) const {
    TURNTABLE_TRY(const detail::PointReads reads,
                  detail::named(detail::PointReads::make(keys), "get_many", *core_));
    const Context context = call.context(*core_->runtime, true);
    return detail::PointReads::entries(
        detail::named(source_->read(context, reads.ranges()).wait(), "get_many", *core_));
}

Result<std::uint64_t> Snapshot::count(const Selector& selector, const CallOptions& call) const {
    return detail::count_entries(list(selector, {.batch = detail::count_batch}), call);
}

}  // namespace turntable::inline v0::kv
