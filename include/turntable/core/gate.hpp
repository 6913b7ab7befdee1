#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0 {

/// Counts what goes on in a store, so that closing it can refuse new work and wait for the rest.
///
/// Purpose: one atomic step to enter and one to leave a call.
/// Ownership: lives as long as whoever may leave it.
/// Threads: all functions may be called from any thread. Errors: none.
class TURNTABLE_EXPORT Gate {
  public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() = default;

    /// False: closed. Else call leave() later.
    bool enter() noexcept {
        if ((state_.fetch_add(one, std::memory_order_acquire) & closed_bit) != 0) [[unlikely]] {
            leave();
            return false;
        }
        return true;
    }
    /// For work that was accepted before the gate closed.
    void enter_always() noexcept { state_.fetch_add(one, std::memory_order_acquire); }
    void leave() noexcept {
        if (state_.fetch_sub(one, std::memory_order_acq_rel) == one + closed_bit) [[unlikely]] {
            tell_empty();
        }
    }
    bool is_closed() const noexcept {
        return (state_.load(std::memory_order_acquire) & closed_bit) != 0;
    }
    /// Refuses to let in more, and calls `when_empty` once nobody is inside: at once, or on the
    /// thread of the last one that leaves.
    void close(UniqueFunction<void()> when_empty);
    /// Blocks until nobody is inside; after close().
    void wait_empty();

  private:
    static constexpr std::uint64_t closed_bit = 1;
    static constexpr std::uint64_t one = 2;
    void tell_empty() noexcept;

    std::atomic<std::uint64_t> state_{0};
    std::mutex mutex_;
    std::condition_variable empty_;
    std::vector<UniqueFunction<void()>> when_empty_;
};

/// Being inside a Gate, until destroyed.
///
/// Purpose: goes with a piece of work from thread to thread.
/// Ownership: borrows the gate. Threads: one at a time. Errors: false when the gate was closed.
class Pass {
  public:
    Pass() noexcept = default;
    explicit Pass(Gate& gate) noexcept : gate_(gate.enter() ? &gate : nullptr) {}
    static Pass always(Gate& gate) noexcept {
        gate.enter_always();
        Pass pass;
        pass.gate_ = &gate;
        return pass;
    }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
        std::swap(gate_, other.gate_);
        return *this;
    }
    ~Pass() {
        if (gate_ != nullptr) {
            gate_->leave();
        }
    }
    explicit operator bool() const noexcept { return gate_ != nullptr; }

  private:
    Gate* gate_ = nullptr;
};

}  // namespace turntable::inline v0
