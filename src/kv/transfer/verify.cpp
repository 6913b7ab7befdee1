#include <utility>

#include "kv/transfer/content_sum.hpp"
#include "kv/transfer/intake.hpp"
#include "kv/transfer/range_reader.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv {

namespace {

using transfer::EntryCursor;

/// Two states walked side by side.
class Comparison {
  public:
    Comparison(EntryCursor first, EntryCursor second, const VerifyOptions& options,
               std::uint64_t total, bool compare_expiry, std::int64_t now_ms)
        : first_(std::move(first)),
          second_(std::move(second)),
          options_(options),
          progress_{0, 0, total},
          now_ms_(now_ms) {
        report_.expiry_compared = compare_expiry;
    }

    Result<VerifyReport> run() {
        while (true) {
            TURNTABLE_TRY(const EntryView* const a, live(first_));
            TURNTABLE_TRY(const EntryView* const b, live(second_));
            if (a == nullptr && b == nullptr) {
                report_.first_checksum = first_sum_.value();
                report_.second_checksum = second_sum_.value();
                return std::move(report_);
            }
            if (b == nullptr || (a != nullptr && a->key < b->key)) {
                differ(DifferenceKind::only_in_first, a->key);
                pass_first(*a);
            } else if (a == nullptr || b->key < a->key) {
                differ(DifferenceKind::only_in_second, b->key);
                pass_second(*b);
            } else {
                compare(*a, *b);
                pass_first(*a);
                pass_second(*b);
            }
            TURNTABLE_CHECK(tell());
        }
    }

  private:
    /// What expired between the two snapshots is in one of them only, and of no interest.
    Result<const EntryView*> live(EntryCursor& cursor) const {
        while (true) {
            TURNTABLE_TRY(const EntryView* const entry, cursor.peek());
            if (entry == nullptr || entry->expire_at_ms < 0 || entry->expire_at_ms > now_ms_) {
                return entry;
            }
            cursor.advance();
        }
    }
    void compare(const EntryView& a, const EntryView& b) {
        if (!transfer::same_content(a, b, false)) {
            differ(DifferenceKind::value, a.key);
        } else if (!transfer::same_content(a, b, report_.expiry_compared)) {
            differ(DifferenceKind::expiry, a.key);
        }
    }
    void differ(DifferenceKind kind, ByteView key) {
        ++report_.difference_count;
        if (report_.differences.size() < options_.differences_max) {
            report_.differences.push_back({kind, Key::from_stored(key)});
        }
    }
    void add(transfer::ContentSum& sum, EntryView entry) const {
        if (!report_.expiry_compared) {
            entry.expire_at_ms = never_expires;
        }
        sum.add(entry);
    }
    void pass_first(const EntryView& entry) {
        add(first_sum_, entry);
        ++report_.first_entries;
        progress_.entries = report_.first_entries;
        progress_.bytes += entry.key.size() + entry.data.size();
        first_.advance();
    }
    void pass_second(const EntryView& entry) {
        add(second_sum_, entry);
        ++report_.second_entries;
        second_.advance();
    }
    Result<void> tell() {
        constexpr std::uint64_t tell_every = 4096;
        if (++steps_ % tell_every != 0) {
            return {};
        }
        if (options_.stop.stop_requested()) {
            return Error(ErrorCode::cancelled, "stopped before the end").during("verify");
        }
        if (options_.on_progress) {
            options_.on_progress(progress_);
        }
        return {};
    }

    EntryCursor first_;
    EntryCursor second_;
    const VerifyOptions& options_;
    TransferProgress progress_;
    std::int64_t now_ms_;
    std::uint64_t steps_ = 0;
    transfer::ContentSum first_sum_;
    transfer::ContentSum second_sum_;
    VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify(const Database& first, const Database& second,
                            const VerifyOptions& options) {
    TURNTABLE_TRY(const KeyRange range,
                  detail::named(options.selector.range(), "verify", first.state()->core));
    TURNTABLE_TRY(transfer::RangeReader a,
                  transfer::open_source(first, range, options.inconsistent, "verify"));
    TURNTABLE_TRY(transfer::RangeReader b,
                  transfer::open_source(second, range, options.inconsistent, "verify"));
    std::uint64_t total = 0;
    if (options.count_first) {
        TURNTABLE_TRY(total, a.count());
    }
    const bool compare_expiry =
        first.capabilities().expiry_times && second.capabilities().expiry_times;
    return Comparison(EntryCursor(std::move(a)), EntryCursor(std::move(b)), options, total,
                      compare_expiry, first.state()->core.now_ms())
        .run();
}

std::string_view to_string(DifferenceKind kind) noexcept {
    switch (kind) {
        case DifferenceKind::only_in_first:
            return "only_in_first";
        case DifferenceKind::only_in_second:
            return "only_in_second";
        case DifferenceKind::value:
            return "value";
        case DifferenceKind::expiry:
            return "expiry";
    }
    return "unknown";
}

std::string checksum_text(std::uint64_t checksum) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (unsigned i = 0; i < 16; ++i) {
        text[i] = digits[(checksum >> (60 - 4 * i)) & 15U];
    }
    return text;
}

}  // namespace turntable::inline v0::kv
