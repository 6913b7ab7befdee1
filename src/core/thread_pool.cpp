#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include "turntable/core/runtime.hpp"

namespace turntable::inline v0 {

namespace {

struct PoolState {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<UniqueFunction<void()>> work;
    std::size_t idle = 0;
    bool ending = false;
    std::string name;
};

/// Runs the oldest work; `lock` is let go of meanwhile, also while the work is destroyed.
void run_one(PoolState& state, std::unique_lock<std::mutex>& lock) {
    UniqueFunction<void()> work = std::move(state.work.front());
    state.work.pop_front();
    lock.unlock();
    work();
    work = {};
    lock.lock();
}

void work_until_end(const std::shared_ptr<PoolState>& state) {
    const LibraryThreadScope scope;
    pthread_setname_np(pthread_self(), state->name.substr(0, 15).c_str());
    std::unique_lock lock(state->mutex);
    while (true) {
        ++state->idle;
        state->changed.wait(lock, [&] { return state->ending || !state->work.empty(); });
        --state->idle;
        if (state->work.empty()) {
            return;  // ending, and everything posted has run
        }
        run_one(*state, lock);
    }
}

class ThreadPool final : public Executor {
  public:
    ThreadPool(unsigned threads_max, std::string name)
        : state_(std::make_shared<PoolState>()), threads_max_(std::max(threads_max, 1U)) {
        state_->name = std::move(name);
    }
    ~ThreadPool() override {
        {
            const std::scoped_lock guard(state_->mutex);
            state_->ending = true;
            state_->changed.notify_all();
        }
        for (std::thread& thread : threads_) {
            if (thread.get_id() == std::this_thread::get_id()) {
                // Work dropped the last owner: the thread ends by itself, and what is still to run
                // runs here, while the things that it uses are there.
                run_all();
                thread.detach();
            } else {
                thread.join();
            }
        }
    }

    void post(UniqueFunction<void()> work) override {
        const std::scoped_lock guard(state_->mutex);
        state_->work.push_back(std::move(work));
        // While ending, the destructor walks over the threads; those at work run this as well.
        if (!state_->ending && state_->idle < state_->work.size() &&
            threads_.size() < threads_max_) {
            threads_.emplace_back([state = state_] { work_until_end(state); });
        }
        state_->changed.notify_one();
    }

  private:
    void run_all() {
        std::unique_lock lock(state_->mutex);
        while (!state_->work.empty()) {
            run_one(*state_, lock);
        }
    }

    std::shared_ptr<PoolState> state_;
    std::size_t threads_max_;
    std::vector<std::thread> threads_;
};

}  // namespace

std::shared_ptr<Executor> make_thread_pool(unsigned threads, std::string name) {
    return std::make_shared<ThreadPool>(threads, std::move(name));
}

}  // namespace turntable::inline v0
