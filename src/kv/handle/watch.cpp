#include "turntable/kv/watch.hpp"

namespace turntable::inline v0::kv {

namespace detail {

Result<WatchTargets> WatchTargets::keys(std::span<const Key> keys) {
    WatchTargets out;
    out.bytes_ = std::make_shared<std::vector<std::string>>();
    out.bytes_->reserve(keys.size());  // short strings move their bytes with them
    for (const Key& key : keys) {
        TURNTABLE_CHECK(check_user_key(key.encoded()));
        out.targets_.push_back({out.bytes_->emplace_back(key.encoded().to_string()), {}});
    }
    return out;
}

Result<WatchTargets> WatchTargets::ranges(const Selector& selector) {
    TURNTABLE_TRY(KeyRange range, selector.range());
    WatchTargets out;
    out.bytes_ = std::make_shared<std::vector<std::string>>();
    out.bytes_->reserve(2);
    const std::string& start = out.bytes_->emplace_back(std::move(range.start));
    const std::string& end = out.bytes_->emplace_back(std::move(range.end));
    out.targets_.push_back({start, ByteView(end)});
    return out;
}

Result<std::optional<Changes>> to_changes(Result<std::optional<WatchOutput>>&& output) {
    if (!output) {
        return std::move(output).error();
    }
    if (!output->has_value()) {
        return std::optional<Changes>();
    }
    Changes changes;
    changes.reserve((*output)->size());
    for (WatchChange& change : **output) {
        changes.push_back({Key::from_stored(change.key), std::move(change.entry)});
    }
    return std::optional(std::move(changes));
}

}  // namespace detail

Result<std::optional<Changes>> WatchStream::next(const CallOptions& call) {
    return detail::to_changes(
        detail::named(stream_.next(call.context(*core_->runtime, true)).wait(), "watch", *core_));
}

}  // namespace turntable::inline v0::kv
