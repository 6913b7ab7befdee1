#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace turntable::inline v0::kv::lmdb {

/// Lets any number of threads use the mapped pages, and one replace the mapping while none does.
/// Threads count themselves in different places, so that they do not slow each other down.
class RemapGate {
  public:
    /// Inside until destroyed; waits while the mapping is being replaced.
    class Pass {
      public:
        explicit Pass(RemapGate& gate) noexcept : gate_(gate), stripe_(gate.enter()) {}
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass() { gate_.leave(stripe_); }

      private:
        RemapGate& gate_;
        std::size_t stripe_;
    };

    /// Waits until nobody is inside, and lets nobody in until open(). One thread at a time.
    void close() noexcept;
    void open() noexcept;

    /// A small number that differs from thread to thread, for spreading things.
    static std::size_t thread_number() noexcept;

  private:
    static constexpr std::size_t stripes = 32;
    struct alignas(64) Stripe {
        std::atomic<std::uint32_t> inside{0};
    };
    std::size_t enter() noexcept;
    void leave(std::size_t stripe) noexcept;

    std::array<Stripe, stripes> stripes_;
    alignas(64) std::atomic<bool> closed_{false};
    std::atomic<std::uint32_t> left_{0};
};

}  // namespace turntable::inline v0::kv::lmdb
