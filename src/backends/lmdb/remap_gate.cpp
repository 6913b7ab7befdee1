#include "backends/lmdb/remap_gate.hpp"

namespace turntable::inline v0::kv::lmdb {

std::size_t RemapGate::thread_number() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

std::size_t RemapGate::enter() noexcept {
    const std::size_t stripe = thread_number() % stripes;
    while (true) {
        // Either we see that it is closed, or whoever closes it sees us.
        stripes_[stripe].inside.fetch_add(1, std::memory_order_seq_cst);
        if (!closed_.load(std::memory_order_seq_cst)) [[likely]] {
            return stripe;
        }
        leave(stripe);
        closed_.wait(true);
    }
}

void RemapGate::leave(std::size_t stripe) noexcept {
    if (stripes_[stripe].inside.fetch_sub(1, std::memory_order_seq_cst) == 1 &&
        closed_.load(std::memory_order_seq_cst)) [[unlikely]] {
        left_.fetch_add(1);
        left_.notify_all();
    }
}

void RemapGate::close() noexcept {
    closed_.store(true, std::memory_order_seq_cst);
    for (Stripe& stripe : stripes_) {
        while (true) {
            const std::uint32_t seen = left_.load();
            if (stripe.inside.load(std::memory_order_seq_cst) == 0) {
                break;
            }
            left_.wait(seen);
        }
    }
}

void RemapGate::open() noexcept {
    closed_.store(false, std::memory_order_seq_cst);
    closed_.notify_all();
}

}  // namespace turntable::inline v0::kv::lmdb
