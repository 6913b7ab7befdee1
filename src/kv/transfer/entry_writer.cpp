#include "kv/transfer/entry_writer.hpp"

#include <algorithm>

namespace turntable::inline v0::kv::transfer {

namespace {

/// Enough that the sync of a commit costs little beside its entries.
constexpr std::size_t write_entries = 8192;
constexpr std::size_t write_bytes = std::size_t{4} << 20U;
/// Engines that gather writes get several at a time, and we read on meanwhile.
constexpr std::size_t pending_max = 4;

Limits own_bounds(Limits limits) {
    limits.mutations = std::min(limits.mutations, write_entries);
    limits.write_bytes = std::min(limits.write_bytes, write_bytes);
    return limits;
}

}  // namespace

EntryWriter::EntryWriter(const Database& target)
    : target_(target), limits_(own_bounds(target.capabilities().limits)) {
    mutations_.reserve(limits_.mutations);
}

EntryWriter::~EntryWriter() {
    while (!pending_.empty()) {
        (void)wait_for_oldest();
    }
}

/// A write has room for at least one change, however large.
Result<void> EntryWriter::make_room(std::size_t key_bytes, std::size_t data_bytes) {
    const bool full = mutations_.size() == limits_.mutations ||
                      bytes_ + key_bytes + data_bytes > limits_.write_bytes ||
                      key_bytes_ + key_bytes > limits_.write_key_bytes;
    if (full && !mutations_.empty()) {
        TURNTABLE_CHECK(flush());
    }
    bytes_ += key_bytes + data_bytes;
    key_bytes_ += key_bytes;
    return {};
}

Result<void> EntryWriter::put(const EntryView& entry) {
    if (entry.key.size() > limits_.key_bytes || entry.data.size() > limits_.value_bytes) {
        return Error(ErrorCode::limit_exceeded,
                     "an entry is too large for the target: its key has " +
                         std::to_string(entry.key.size()) + " bytes (max " +
                         std::to_string(limits_.key_bytes) + "), its value " +
                         std::to_string(entry.data.size()) + " (max " +
                         std::to_string(limits_.value_bytes) + ")")
            .with("key", print_key(entry.key))
            .on(target_.url());
    }
    TURNTABLE_CHECK(make_room(entry.key.size(), entry.data.size()));
    mutations_.push_back({MutationKind::set, entry.key, entry.data, entry.encoding,
                          entry.expire_at_ms < 0 ? never_expires : entry.expire_at_ms});
    return {};
}

Result<void> EntryWriter::remove(ByteView key) {
    TURNTABLE_CHECK(make_room(key.size(), 0));
    mutations_.push_back({MutationKind::remove, removed_.emplace_back(key.to_string())});
    return {};
}

Result<void> EntryWriter::flush() {
    if (mutations_.empty()) {
        return {};
    }
    const Context context = CallOptions().context(target_.runtime(), false);
    Async<CommitResult> written =
        target_.backend().atomic_write(context, AtomicWrite{.mutations = mutations_});
    mutations_.clear();
    removed_.clear();
    bytes_ = key_bytes_ = 0;
    pending_.push_back(std::move(written));
    while (!pending_.empty() && (pending_.front().is_ready() || pending_.size() >= pending_max)) {
        TURNTABLE_CHECK(wait_for_oldest());
    }
    return {};
}

Result<void> EntryWriter::drain() {
    while (!pending_.empty()) {
        TURNTABLE_CHECK(wait_for_oldest());
    }
    return {};
}

Result<void> EntryWriter::wait_for_oldest() {
    Result<CommitResult> result = std::move(pending_.front()).wait();
    pending_.pop_front();
    const auto written =
        detail::committed(detail::named(std::move(result), "atomic_write", target_.state()->core));
    return written ? Result<void>() : written.error();
}

}  // namespace turntable::inline v0::kv::transfer
