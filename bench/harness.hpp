#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace turntable_bench {

/// Runs a piece of work and gives how many operations it did.
using Work = std::function<std::uint64_t()>;

/// A row of the table: ours against a peer that does the same work.
struct Row {
    std::string name;
    std::string peer;
    std::string unit;
    double ours = 0;
    double theirs = 0;
    /// Larger is better when the figures are rates; instructions and times are costs.
    bool larger_is_better = true;
    double target = 0;

    double ratio() const { return ours / theirs; }
};

/// Rates (operations a second) of two pieces of work, run in turn so that a machine that changes
/// speed changes it for both; gives the pair of `rounds` whose ratio is the median.
Row compare_rates(const std::string& name, const std::string& peer, double target, int rounds,
                  const Work& ours, const Work& theirs);

/// The same of work that needs preparing: it takes its time itself and gives a rate. Nothing is
/// done to warm it.
using TimedWork = std::function<double()>;
Row compare_timed(const std::string& name, const std::string& peer, double target, int rounds,
                  const TimedWork& ours, const TimedWork& theirs);

/// Prints a row as one JSON line, which bench/run gathers into the table.
void print(const Row& row);

/// A figure that bench/table.py sets beside another program's.
void print_value(const std::string& name, double value);

/// Numbers for keys and values that are the same in every run.
class Sequence {
  public:
    explicit Sequence(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();

  private:
    std::uint64_t state_;
};

inline constexpr int key_count = 100'000;
inline constexpr int value_bytes = 100;

/// The 24-byte text of key number `index`.
std::string key_text(std::uint64_t index);
/// A value that differs from write to write: engines skip a write of identical bytes.
std::string value_text(std::uint64_t number);

}  // namespace turntable_bench
