#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// \file
/// What makes a seeded race happen.
namespace turntable::conformance_test {

/// Stands between two steps that should have been one, and lets another call come there, if there
/// is one. For any threads.
class Between {
  public:
    /// Here is a call that did its step.
    void pass() {
        const std::scoped_lock lock(mutex_);
        ++calls_;
        another_.notify_all();
    }
    /// Here is a call whose second step comes after that of another.
    void wait() {
        std::unique_lock lock(mutex_);
        const unsigned mine = ++calls_;
        another_.notify_all();
        another_.wait_for(lock, patience, [&] { return calls_ != mine; });
    }

  private:
    /// Yields instead of time would be slices of others on a busy machine.
    static constexpr std::chrono::milliseconds patience{5};

    std::mutex mutex_;
    std::condition_variable another_;
    unsigned calls_ = 0;
};

}  // namespace turntable::conformance_test
