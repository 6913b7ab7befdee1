#include <utility>

#include "kv/transfer/intake.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv {

namespace {

Error refused(ErrorCode code, const char* why, const Database& database) {
    return Error(code, why).during("copy").on(database.url());
}

}  // namespace

const Key& unfinished_transfer_key() {
    static const Key key("$turntable.unfinished-transfer");
    return key;
}

Result<TransferReport> copy(const Database& from, const Database& to,
                            const TransferOptions& options) {
    if (from.state() == to.state()) {
        return refused(ErrorCode::invalid_argument, "the target is the source", to);
    }
    if (!from.capabilities().expiry_times && !options.inconsistent) {
        return refused(ErrorCode::unsupported,
                       "the source does not tell when entries expire, so that would be lost; "
                       "allow that with `inconsistent`",
                       from);
    }
    TURNTABLE_TRY(KeyRange range,
                  detail::named(options.selector.range(), "copy", from.state()->core));
    TURNTABLE_TRY(transfer::RangeReader reader,
                  transfer::open_source(from, range, options.inconsistent, "copy"));
    std::uint64_t total = 0;
    if (options.count_first) {
        TURNTABLE_TRY(total, reader.count());
    }
    TURNTABLE_TRY(
        const auto intake,
        transfer::Intake::open(to, std::move(range), "copy of " + from.url(), options, total));
    while (true) {
        TURNTABLE_TRY(const EntryBatch batch, reader.next());
        if (batch.empty()) {
            return intake->finish();
        }
        TURNTABLE_CHECK(intake->take(batch));
    }
}

}  // namespace turntable::inline v0::kv
