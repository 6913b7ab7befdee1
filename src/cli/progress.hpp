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
    explicit Progress(std::string what);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// Whether anybody sees it, so that a total is worth finding out.
    bool visible() const noexcept { return on_terminal_; }
    /// `total` of zero: not known.
    void show(std::uint64_t done, std::uint64_t total);
    /// Takes the bar away, before something else is printed.
    void clear();

  private:
    void draw(std::uint64_t done, std::uint64_t total);

    std::string what_;
    bool on_terminal_;
    std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace turntable_cli
