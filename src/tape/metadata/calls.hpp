#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/tape/facts.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// Sums over the calls of a tape, in bounded memory.
namespace turntable::inline v0::tape {

/// What a call is made of, as the query language names it.
std::string_view subject_of(const Call& call, std::string_view method) noexcept;
inline constexpr std::string_view tool_method = "tools/call";
inline constexpr std::string_view resource_method = "resources/read";
inline constexpr std::string_view prompt_method = "prompts/get";

/// Longer names are not kept: a resource may be a whole document in its URI.
inline constexpr std::size_t name_bytes_max = 512;

/// Counts names, at most metadata_names_max of them.
class NameCounter {
  public:
    void add(std::string_view name);
    std::vector<NameCount> counts() const;
    bool cut() const noexcept { return cut_; }

  private:
    std::map<std::string, std::uint64_t, std::less<>> counts_;
    bool cut_ = false;
};

/// Durations, by powers of two in 32 steps each.
class LatencyCounter {
  public:
    void add(TapeTime took);
    Latency latency() const;

  private:
    TapeTime percentile(std::uint64_t of_hundred) const;

    std::array<std::uint32_t, 64 * 32> steps_{};
    std::uint64_t calls_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t least_ = ~std::uint64_t{0};
    std::uint64_t most_ = 0;
};

}  // namespace turntable::inline v0::tape
