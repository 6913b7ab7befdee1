#include "backends/sqlite/file/reader_pool.hpp"

namespace turntable::inline v0::sql {

namespace {

/// A small number that differs between the threads of the process.
std::size_t number_of_thread() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
    return number;
}

}  // namespace

ReaderPool::ReaderPool(Options options, std::shared_ptr<Clock> clock)
    : options_(std::move(options)), clock_(std::move(clock)), slots_(new Slot[size()]) {}

std::size_t ReaderPool::try_take() noexcept {
    const std::size_t first = number_of_thread() % options_.kept;
    if (!slots_[first].taken.exchange(true)) [[likely]] {
        return first;
    }
    for (std::size_t index = 0; index < size(); ++index) {
        if (!slots_[index].taken.load(std::memory_order_relaxed) &&
            !slots_[index].taken.exchange(true)) {
            return index;
        }
    }
    return size();
}

std::size_t ReaderPool::wait_for_slot() {
    std::unique_lock lock(mutex_);
    // give_back frees the slot and then reads `waiting_`; here it is the other way round, so one
    // of the two sees the other.
    waiting_.fetch_add(1);
    const Instant deadline = clock_->steady_now() + options_.connection.busy_timeout;
    std::size_t index = try_take();
    while (index == size() && clock_->steady_now() < deadline) {
        clock_->wait_until(lock, freed_, deadline);
        index = try_take();
    }
    waiting_.fetch_sub(1);
    return index;
}

Result<ReaderPool::Lease> ReaderPool::take() {
    std::size_t index = try_take();
    if (index == size()) [[unlikely]] {
        index = wait_for_slot();
    }
    if (index == size()) {
        return Error(ErrorCode::busy, options_.path + ": " + std::to_string(size()) +
                                          " reads and snapshots are open already; close some");
    }
    Lease lease(*this, index);
    Slot& slot = slots_[index];
    if (!slot.connection.is_open()) [[unlikely]] {
        TURNTABLE_TRY(slot.connection, open_connection());
    }
    return lease;
}

Result<Connection> ReaderPool::open_connection() const {
    TURNTABLE_TRY(Connection connection, Connection::open(options_.path, options_.connection));
    TURNTABLE_CHECK(connection.set_cache(options_.cache_bytes));
    return connection;
}

void ReaderPool::give_back(std::size_t index) noexcept {
    Slot& slot = slots_[index];
    if (index >= options_.kept) {
        slot.connection = Connection();
    }
    slot.taken.store(false);
    if (waiting_.load() > 0) [[unlikely]] {
        const std::lock_guard lock(mutex_);
        freed_.notify_one();
    }
}

}  // namespace turntable::inline v0::sql
