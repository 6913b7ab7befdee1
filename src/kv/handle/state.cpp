#include <limits>

#include "turntable/kv/handle_state.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

/// Small enough that a write of the longest keys stays within Deno's limits too.
constexpr std::uint32_t removal_batch = 250;

}  // namespace

Error bad_key(ByteView encoded, std::string_view operation, const HandleCore& core) {
    Result<void> checked = check_user_key(encoded);
    Error error = checked ? Error(ErrorCode::invalid_argument, "the key is not valid")
                          : std::move(checked).error();
    name_error(error, operation, core);
    return error;
}

Result<std::int64_t> expiry_time(std::int64_t now_ms, std::optional<std::chrono::milliseconds> in) {
    if (!in) {
        return never_expires;
    }
    if (in->count() < 0) {
        return Error(ErrorCode::invalid_argument, "a time to live must not be negative")
            .with("milliseconds", std::to_string(in->count()));
    }
    constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();
    return in->count() > latest - now_ms ? latest : now_ms + in->count();
}

Result<void> prepare(Mutation& mutation, std::optional<std::chrono::milliseconds> expire_in,
                     std::string_view operation, const HandleCore& core) {
    if (!is_user_key(mutation.key)) {
        return bad_key(mutation.key, operation, core);
    }
    if (expire_in) {
        Result<std::int64_t> time = named(expiry_time(core.now_ms(), expire_in), operation, core);
        if (!time) {
            return std::move(time).error();
        }
        mutation.expire_at_ms = *time;
    }
    return {};
}

Result<Versionstamp> committed(Result<CommitResult>&& result) {
    if (!result) {
        return std::move(result).error();
    }
    if (!result->committed) {
        return Error(ErrorCode::backend, "the backend refused a write that has no checks");
    }
    return result->versionstamp;
}

ReadRange RangeRemoval::next_range() const noexcept {
    return {range_.start, range_.end, removal_batch, false};
}

bool RangeRemoval::accept(const ReadOutput& output) {
    mutations_.clear();
    if (output.empty()) {
        return false;
    }
    for (std::size_t i = 0; i < output.front().size(); ++i) {
        mutations_.push_back({MutationKind::remove, output.front()[i].key});
    }
    return !mutations_.empty();
}

void RangeRemoval::committed(const CommitResult& commit) {
    output_.removed += mutations_.size();
    output_.versionstamp = commit.versionstamp;
    range_.start = mutations_.back().key.to_string() + '\0';
}

Result<PointReads> PointReads::make(std::span<const Key> keys) {
    PointReads reads;
    std::size_t bytes = 0;
    for (const Key& key : keys) {
        TURNTABLE_CHECK(check_user_key(key.encoded()));
        bytes += key.encoded().size() + 1;
    }
    reads.bytes_ = std::make_shared<std::string>();
    reads.bytes_->reserve(bytes);  // the views below need bytes that do not move
    reads.ranges_.reserve(keys.size());
    for (const Key& key : keys) {
        const std::size_t at = reads.bytes_->size();
        reads.bytes_->append(key.encoded().text()).push_back('\0');
        const ByteView end(reads.bytes_->data() + at, key.encoded().size() + 1);
        reads.ranges_.push_back({end.substr(0, end.size() - 1), end, 1, false});
    }
    return reads;
}

Result<std::vector<std::optional<Entry>>> PointReads::entries(Result<ReadOutput>&& output) {
    if (!output) {
        return std::move(output).error();
    }
    std::vector<std::optional<Entry>> entries;
    entries.reserve(output->size());
    for (const EntryBatch& batch : *output) {
        if (batch.empty()) {
            entries.emplace_back();
            continue;
        }
        const EntryView view = batch[0];
        entries.emplace_back(
            Entry{Value(Bytes::copy(view.data), view.encoding), view.versionstamp});
    }
    return entries;
}

}  // namespace turntable::inline v0::kv::detail
