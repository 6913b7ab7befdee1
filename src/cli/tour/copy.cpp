#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "cli/tour/steps.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable_cli {

using turntable::Result;
namespace kv = turntable::kv;

Result<void> copy_store(Narrator& tell, const kv::Database& from, const kv::Database& to) {
    Progress progress("  copying");
    kv::TransferOptions options;
    options.count_first = progress.visible();
    options.on_progress = [&progress](const kv::TransferProgress& now) {
        progress.show(now.entries, now.total);
    };
    TURNTABLE_TRY(const kv::TransferReport report, kv::copy(from, to, options));
    TURNTABLE_TRY(const kv::VerifyReport verified, kv::verify(from, to));
    tell.require(verified.equal() && verified.second_entries == report.entries,
                 "the copy is equal to its source");
    return {};
}

}  // namespace turntable_cli
