#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace turntable_cli {

/// A bar on a terminal, and nothing at all anywhere else.
///
/// Purpose: long work shows how far it is. Ownership: none; the bar goes when it is destroyed.
/// Threads: one. Errors: none.
class Progress {
  public:
    /// `total` of zero: not known.
    Progress(std::string what, std::uint64_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void advance(std::uint64_t by);

  private:
    void draw();

    std::string what_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    bool on_terminal_;
    std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace turntable_cli
