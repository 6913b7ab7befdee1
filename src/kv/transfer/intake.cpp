#include "kv/transfer/intake.hpp"

#include <utility>

#include "kv/transfer/hex.hpp"

namespace turntable::inline v0::kv::transfer {

namespace {

std::string_view name_of(Existing existing) noexcept {
    switch (existing) {
        case Existing::refuse:
            return "refuse";
        case Existing::merge:
            return "merge";
        case Existing::replace:
            return "replace";
    }
    return "refuse";
}

std::string mark_text(const std::string& origin, const KeyRange& range, Existing existing) {
    return origin + ", keys " + to_hex(range.start) + " to " + to_hex(range.end) +
           ", existing entries: " + std::string(name_of(existing));
}

std::int64_t expiry(const EntryView& entry) noexcept {
    return entry.expire_at_ms < 0 ? never_expires : entry.expire_at_ms;
}

}  // namespace

bool same_content(const EntryView& a, const EntryView& b, bool with_expiry) noexcept {
    return a.data == b.data && a.encoding == b.encoding && (!with_expiry || expiry(a) == expiry(b));
}

Result<std::unique_ptr<Intake>> Intake::open(const Database& target, KeyRange range,
                                             const std::string& origin,
                                             const TransferOptions& options, std::uint64_t total) {
    std::unique_ptr<Intake> intake(
        new Intake(target, options, mark_text(origin, range, options.existing), total));
    TURNTABLE_CHECK(intake->look_at_mark());
    TURNTABLE_CHECK(intake->look_at_range(std::move(range)));
    return intake;
}

/// Finds a transfer that was broken off.
Result<void> Intake::look_at_mark() {
    TURNTABLE_TRY(const std::optional<Entry> found, target_.get(unfinished_transfer_key()));
    if (!found) {
        return {};
    }
    mark_to_remove_ = true;
    if (found->value.data() == ByteView(mark_)) {
        mark_is_there_ = report_.resumed = true;
    } else if (options_.existing == Existing::refuse) {
        return Error(ErrorCode::already_exists,
                     "the target holds a transfer that is not finished: " +
                         found->value.data().to_string() +
                         "; run that one again to its end, or say what to do with existing entries")
            .on(target_.url());
    }
    return {};
}

Result<void> Intake::look_at_range(KeyRange range) {
    EntryCursor held(RangeReader(target_, nullptr, std::move(range)));
    TURNTABLE_TRY(const EntryView* const first, held.peek());
    if (first == nullptr) {
        return {};
    }
    if (options_.existing == Existing::refuse && !report_.resumed) {
        return Error(ErrorCode::already_exists,
                     "the target is not empty; say `merge` to keep what is there, or `replace`")
            .with("key", print_key(first->key))
            .on(target_.url());
    }
    compares_expiry_ = target_.capabilities().expiry_times;
    removes_ = options_.existing != Existing::merge;
    held_ = std::move(held);
    return {};
}

Result<void> Intake::put_mark() {
    if (mark_is_there_) {
        return {};
    }
    mark_is_there_ = mark_to_remove_ = true;
    TURNTABLE_CHECK(writer_.put({.key = unfinished_transfer_key().encoded(),
                                 .data = mark_,
                                 .encoding = ValueEncoding::bytes,
                                 .versionstamp = {},
                                 .expire_at_ms = never_expires}));
    if (target_.capabilities().write_order) {
        return {};  // it is there with the first entries, or before them
    }
    TURNTABLE_CHECK(writer_.flush());
    return writer_.drain();
}

Result<void> Intake::take(const EntryBatch& batch) {
    if (options_.stop.stop_requested()) {
        TURNTABLE_CHECK(writer_.drain());
        return Error(ErrorCode::cancelled, "stopped after " + std::to_string(progress_.entries) +
                                               " entries; the same call goes on from there")
            .on(target_.url());
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const EntryView entry = batch[i];
        if (entry.key == unfinished_transfer_key().encoded()) [[unlikely]] {
            continue;
        }
        TURNTABLE_CHECK(take_entry(entry));
        sum_.add(entry);
        ++progress_.entries;
        progress_.bytes += entry.key.size() + entry.data.size();
    }
    // What was put lives in the batch.
    TURNTABLE_CHECK(writer_.flush());
    if (options_.on_progress) {
        options_.on_progress(progress_);
    }
    return {};
}

Result<void> Intake::take_entry(const EntryView& entry) {
    if (held_) {
        TURNTABLE_TRY(const EntryView* const held, skip_held_before(entry.key));
        if (held == nullptr) {
            held_.reset();
        } else if (held->key == entry.key) {
            const bool same = same_content(*held, entry, compares_expiry_);
            held_->advance();
            if (same) {
                return {};
            }
        }
    }
    TURNTABLE_CHECK(put_mark());
    ++report_.written;
    return writer_.put(entry);
}

/// Passes what the target holds before a key, or at the end all that is left.
Result<const EntryView*> Intake::skip_held_before(std::optional<ByteView> key) {
    while (true) {
        TURNTABLE_TRY(const EntryView* const held, held_->peek());
        if (held == nullptr || (key && held->key >= *key)) {
            return held;
        }
        if (removes_) {
            TURNTABLE_CHECK(put_mark());
            ++report_.removed;
            TURNTABLE_CHECK(writer_.remove(held->key));
        }
        held_->advance();
    }
}

Result<TransferReport> Intake::finish() {
    if (held_) {
        TURNTABLE_CHECK(skip_held_before(std::nullopt));
    }
    TURNTABLE_CHECK(writer_.flush());
    TURNTABLE_CHECK(writer_.drain());
    if (mark_to_remove_) {
        TURNTABLE_CHECK(writer_.remove(unfinished_transfer_key().encoded()));
        TURNTABLE_CHECK(writer_.flush());
        TURNTABLE_CHECK(writer_.drain());
    }
    report_.entries = progress_.entries;
    report_.bytes = progress_.bytes;
    report_.checksum = sum_.value();
    return report_;
}

}  // namespace turntable::inline v0::kv::transfer
