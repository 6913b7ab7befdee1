#include <string>

#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace {

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

/// Sizes here are powers of two or small.
std::string size_text(std::size_t bytes) {
    constexpr std::size_t kib = 1024;
    if (bytes >= kib * kib && bytes % (kib * kib) == 0) {
        return std::to_string(bytes / kib / kib) + " MiB";
    }
    if (bytes >= kib && bytes % kib == 0) {
        return std::to_string(bytes / kib) + " KiB";
    }
    return std::to_string(bytes) + " bytes";
}

std::string watch_text(const Capabilities& capabilities) {
    if (!capabilities.watch_keys) {
        return "no";
    }
    return capabilities.watch_ranges ? "keys and ranges" : "keys";
}

std::string others_text(const Capabilities& capabilities) {
    const auto within = capabilities.watch_others_within;
    return within.count() == 0 ? "no" : "within " + std::to_string(within.count()) + " ms";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> capability_facts(
    const Capabilities& capabilities) {
    std::vector<std::pair<std::string, std::string>> facts = {
        {"a commit survives", capabilities.durability == Durability::none ? "nothing"
                              : capabilities.durability == Durability::process
                                  ? "the end of the process"
                                  : "a loss of power"},
        {"there when opened again", yes_or_no(capabilities.reopen)},
        {"watch", watch_text(capabilities)},
        {"watch sees other processes", others_text(capabilities)},
        {"queue", yes_or_no(capabilities.queue)},
        {"snapshots", yes_or_no(capabilities.snapshots)},
        {"tells when entries expire", yes_or_no(capabilities.expiry_times)},
        {"backup with versionstamps and queue", yes_or_no(capabilities.native_backup)},
        {"removes a range in one commit", yes_or_no(capabilities.delete_range)},
        {"largest key", size_text(capabilities.limits.key_bytes)},
        {"largest value", size_text(capabilities.limits.value_bytes)},
    };
    if (capabilities.read_only) {
        facts.emplace_back("writes", "no");
    }
    if (const auto stale = capabilities.stale_reads_within; stale.count() > 0) {
        facts.emplace_back("reads may be older by", std::to_string(stale.count()) + " ms");
    }
    if (!capabilities.one_snapshot) {
        facts.emplace_back("one state for all keys", "no, for each mount");
    }
    if (!capabilities.one_commit) {
        facts.emplace_back("one commit for all keys", "no, for each mount");
    }
    return facts;
}

}  // namespace turntable::inline v0::kv
