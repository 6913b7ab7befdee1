#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string_view>

namespace turntable::inline v0::tape::detail {

/// A lock for each tape. A change of a tape is several steps; those of others go on meanwhile,
/// except for the few that share its lock. Nobody holds two.
class TapeLocks {
  public:
    std::mutex& of(std::string_view id) noexcept {
        return locks_[std::hash<std::string_view>()(id) % locks_.size()];
    }

  private:
    std::array<std::mutex, 64> locks_;
};

}  // namespace turntable::inline v0::tape::detail
