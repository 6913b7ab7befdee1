#include "turntable/core/nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/settings/text.hpp"

namespace turntable::inline v0 {
namespace {

/// Longer names than any of ours are not worth the quadratic work.
constexpr std::size_t name_bytes_max = 64;

/// Optimal string alignment: insert, remove, replace, swap neighbours; each costs one.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name,
                                        std::span<const std::string> candidates) {
    if (name.empty() || name.size() > name_bytes_max) {
        return std::nullopt;
    }
    const std::string wanted = detail::lowered(name);
    const std::string* best = nullptr;
    std::size_t best_distance = 0;
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.size() > name_bytes_max) {
            continue;
        }
        const std::size_t allowed =
            std::max<std::size_t>(1, std::min(wanted.size(), candidate.size()) / 3);
        const std::size_t distance = edit_distance(wanted, detail::lowered(candidate));
        const bool all_differs = distance >= std::min(wanted.size(), candidate.size());
        if (distance <= allowed && !all_differs && (!best || distance < best_distance)) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best ? std::optional(*best) : std::nullopt;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
    const auto nearest = nearest_name(name, candidates);
    return nearest ? "; did you mean \"" + *nearest + "\"?" : std::string();
}

}  // namespace turntable::inline v0
