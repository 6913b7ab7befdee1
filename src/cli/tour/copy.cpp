#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "cli/tour/steps.hpp"

namespace turntable_cli {

using turntable::Result;
namespace kv = turntable::kv;

namespace {

constexpr std::uint64_t entries_per_commit = 500;

Result<void> compare(Narrator& tell, const kv::Snapshot& from, const kv::Database& to) {
    auto ours = from.list(kv::everything());
    auto theirs = to.list(kv::everything());
    while (true) {
        TURNTABLE_TRY(const auto a, ours.next_view());
        TURNTABLE_TRY(const auto b, theirs.next_view());
        if (!a || !b) {
            tell.require(!a && !b, "both stores end together");
            return {};
        }
        if (a->key != b->key || a->data != b->data || a->encoding != b->encoding) {
            tell.require(false, "the copy differs at " + kv::print_key(a->key));
            return {};
        }
    }
}

}  // namespace

Result<void> copy_store(Narrator& tell, const kv::Database& from, const kv::Database& to) {
    TURNTABLE_TRY(const kv::Snapshot snapshot, from.snapshot());
    TURNTABLE_TRY(const std::uint64_t total, snapshot.count(kv::everything()));
    Progress progress("  copying", total);
    auto list = snapshot.list(kv::everything());
    auto write = to.atomic();
    std::uint64_t gathered = 0;
    while (true) {
        TURNTABLE_TRY(const auto entry, list.next());
        if (entry) {
            write.set(entry->key, entry->value);
            ++gathered;
        }
        if (gathered == entries_per_commit || (!entry && gathered != 0)) {
            TURNTABLE_TRY(const auto commit, write.commit());
            tell.require(commit.committed, "a batch of the copy commits");
            progress.advance(std::exchange(gathered, 0));
            write = to.atomic();
        }
        if (!entry) {
            break;
        }
    }
    return compare(tell, snapshot, to);
}

}  // namespace turntable_cli
