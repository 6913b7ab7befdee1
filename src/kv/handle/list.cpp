#include "turntable/kv/list.hpp"

#include <algorithm>

#include "kv/handle/cursor.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr std::uint32_t default_batch = 100;
constexpr std::uint64_t default_batch_max = 500;

}  // namespace

ListCore::ListCore(const Selector& selector, const ListOptions& options) {
    if (Result<void> started = start(selector, options); !started) {
        error_ = std::move(started).error().during("list");
        last_batch_ = true;
    }
}

Result<void> ListCore::start(const Selector& selector, const ListOptions& options) {
    if (options.limit == 0U) {
        return Error(ErrorCode::invalid_argument, "the limit of a list must be positive");
    }
    if (options.batch == 0U) {
        return Error(ErrorCode::invalid_argument, "the batch of a list must be positive");
    }
    reverse_ = options.reverse;
    consistency_ = options.consistency;
    remaining_ = options.limit.value_or(UINT64_MAX);
    batch_entries_ = options.batch.value_or(
        options.limit ? static_cast<std::uint32_t>(std::min(*options.limit, default_batch_max))
                      : default_batch);
    TURNTABLE_TRY(range_, selector.range());
    common_prefix_ = selector.common_prefix().to_string();
    if (!options.cursor.empty()) {
        TURNTABLE_CHECK(resume(selector, options.cursor));
    }
    last_batch_ = range_.start >= range_.end;
    return {};
}

Result<void> ListCore::resume(const Selector& selector, std::string_view cursor) {
    TURNTABLE_TRY(const std::string rest, decode_cursor(cursor));
    std::string place = common_prefix_ + rest;
    if (!reverse_) {
        place += '\0';
    }
    const bool bounded_start = selector.start() && ByteView(place) < selector.start()->encoded();
    const bool bounded_end = selector.end() && ByteView(place) > selector.end()->encoded();
    if (reverse_ ? bounded_end : bounded_start) {
        return Error(ErrorCode::invalid_argument, "cursor out of bounds");
    }
    // Whatever the cursor says, the list never leaves the range of its selector.
    if (reverse_) {
        range_.end = std::min(range_.end, place);
    } else {
        range_.start = std::max(range_.start, place);
    }
    resumed_at_ = cursor;
    return {};
}

ReadRange ListCore::next_range() const noexcept {
    const std::uint64_t limit = std::min<std::uint64_t>(batch_entries_, remaining_);
    return {range_.start, range_.end, static_cast<std::uint32_t>(limit), reverse_};
}

void ListCore::accept(Result<ReadOutput>&& output) {
    const std::uint32_t asked = next_range().limit;
    batch_ = EntryBatch();
    position_ = 0;
    if (!output) {
        error_ = std::move(output).error();
        last_batch_ = true;
        return;
    }
    if (!output->empty()) {
        batch_ = std::move(output->front());
    }
    if (batch_.empty()) {
        last_batch_ = true;
        return;
    }
    const ByteView last = batch_[batch_.size() - 1].key;
    if (reverse_) {
        range_.end = last.to_string();
    } else {
        range_.start = last.to_string() + '\0';
    }
    remaining_ -= std::min<std::uint64_t>(remaining_, batch_.size());
    last_batch_ = batch_.size() < asked || remaining_ == 0;
}

Result<std::optional<EntryView>> ListCore::end_or_error() {
    // After the last entry that the limit allows there may be more, so the cursor stays.
    ended_ = error_.has_value() || remaining_ > 0;
    if (error_) {
        Error error = *std::move(error_);
        error_.reset();
        return error;
    }
    return std::optional<EntryView>();
}

Result<std::optional<ListEntry>> ListCore::pop() {
    TURNTABLE_TRY(const std::optional<EntryView> view, pop_view());
    if (!view) {
        return std::optional<ListEntry>();
    }
    return std::optional(ListEntry{Key::from_stored(view->key),
                                   Value(Bytes::copy(view->data), view->encoding),
                                   view->versionstamp});
}

std::string ListCore::cursor() const {
    if (ended_) {
        return {};
    }
    if (position_ == 0 || position_ > batch_.size()) {
        return resumed_at_;
    }
    return encode_cursor(batch_[position_ - 1].key.substr(common_prefix_.size()));
}

}  // namespace turntable::inline v0::kv::detail
