#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace turntable::inline v0::blob::fs {

/// An open file of the system.
///
/// Purpose: closes what was opened; leaves errno alone. Ownership: owns the descriptor.
/// Threads: one at a time. Errors: false when opening failed, with errno set.
class Descriptor {
  public:
    Descriptor() noexcept = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) {
            const int kept = errno;
            ::close(number_);
            errno = kept;
        }
    }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int get() const noexcept { return number_; }
    int release() noexcept { return std::exchange(number_, -1); }

  private:
    int number_ = -1;
};

/// Repeats a call of the system that a signal interrupted.
template <class F>
auto uninterrupted(const F& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

}  // namespace turntable::inline v0::blob::fs
