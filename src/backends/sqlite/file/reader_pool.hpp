#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "backends/sqlite/file/connection.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::inline v0::sql {

/// Connections for reading, opened when first needed. Taking one that is free is one atomic
/// exchange; a thread tries the one it had last first. When all that are kept are taken, more are
/// opened and closed again, up to `extra_readers_max`: so that snapshots, which keep theirs, do not
/// stop other reads.
class TURNTABLE_EXPORT ReaderPool {
  public:
    static constexpr std::size_t extra_readers_max = 120;

    struct Options {
        std::string path;
        ConnectionOptions connection;
        std::uint64_t cache_bytes = 0;
        std::size_t kept = 1;
    };

    /// A connection for one thread; gives it back when destroyed.
    class Lease {
      public:
        Lease() noexcept = default;
        Lease(ReaderPool& pool, std::size_t index) noexcept : pool_(&pool), index_(index) {}
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), index_(other.index_) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(pool_, other.pool_);
            std::swap(index_, other.index_);
            return *this;
        }
        ~Lease() {
            if (pool_ != nullptr) {
                pool_->give_back(index_);
            }
        }
        explicit operator bool() const noexcept { return pool_ != nullptr; }
        Connection& operator*() const noexcept { return pool_->slots_[index_].connection; }

      private:
        ReaderPool* pool_ = nullptr;
        std::size_t index_ = 0;
    };

    ReaderPool(Options options, std::shared_ptr<Clock> clock);

    /// Errors: `busy` when all are taken for longer than busy_timeout, or why opening failed.
    Result<Lease> take();

  private:
    // A cache line each, so that threads with a connection each do not slow one another.
    struct alignas(64) Slot {
        std::atomic<bool> taken{false};
        Connection connection;
    };

    std::size_t size() const noexcept { return options_.kept + extra_readers_max; }
    /// The index of a slot that is now taken, or size().
    std::size_t try_take() noexcept;
    std::size_t wait_for_slot();
    Result<Connection> open_connection() const;
    void give_back(std::size_t index) noexcept;

    const Options options_;
    const std::shared_ptr<Clock> clock_;
    const std::unique_ptr<Slot[]> slots_;
    std::atomic<int> waiting_{0};
    std::mutex mutex_;
    std::condition_variable freed_;
};

}  // namespace turntable::inline v0::sql
