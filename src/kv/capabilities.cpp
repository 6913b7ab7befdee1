#include "turntable/kv/capabilities.hpp"

#include <array>

namespace turntable::inline v0::kv {

namespace {

std::string yes_or_no(bool holds) { return holds ? "yes" : "no"; }

/// "64 MiB", "2048 bytes".
std::string size_text(std::size_t bytes) {
    constexpr std::array<std::pair<std::size_t, const char*>, 3> units{
        {{std::size_t{1} << 30U, " GiB"}, {std::size_t{1} << 20U, " MiB"}, {1024, " KiB"}}};
    constexpr std::size_t shown_in_bytes_below = 16384;
    for (const auto& [size, name] : units) {
        if (bytes >= shown_in_bytes_below && bytes >= size && bytes % size == 0) {
            return std::to_string(bytes / size) + name;
        }
    }
    return std::to_string(bytes) + " bytes";
}

std::string survives(Durability durability) {
    switch (durability) {
        case Durability::none:
            return "nothing";
        case Durability::process:
            return "the end of the process";
        case Durability::machine:
            return "a loss of power";
    }
    return "nothing";
}

std::string watched_elsewhere(std::chrono::milliseconds within) {
    return within.count() == 0 ? "no" : "within " + std::to_string(within.count()) + " ms";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe(const Capabilities& capabilities) {
    const Limits& limits = capabilities.limits;
    return {
        {"a commit survives", survives(capabilities.durability)},
        {"same data when opened again", yes_or_no(capabilities.reopen)},
        {"watch keys", yes_or_no(capabilities.watch_keys)},
        {"watch prefixes", yes_or_no(capabilities.watch_ranges)},
        {"watch other processes", watched_elsewhere(capabilities.watch_others_within)},
        {"queue", yes_or_no(capabilities.queue)},
        {"snapshots", yes_or_no(capabilities.snapshots)},
        {"change an expiry", yes_or_no(capabilities.set_expiry)},
        {"remove a range as one commit", yes_or_no(capabilities.delete_range)},
        {"calls from several threads",
         capabilities.threading == Threading::concurrent ? "at once" : "one after the other"},
        {"largest key", size_text(limits.key_bytes)},
        {"largest value", size_text(limits.value_bytes)},
        {"most mutations in a write", std::to_string(limits.mutations)},
    };
}

}  // namespace turntable::inline v0::kv
