#include "core/timers.hpp"

#include <utility>

namespace turntable::inline v0::detail {

struct ThreadTimers::State {
    explicit State(std::shared_ptr<Clock> the_clock) : clock(std::move(the_clock)) {}

    std::shared_ptr<Clock> clock;
    std::mutex mutex;
    std::condition_variable changed;  // a timer was added, or the end asked for
    std::condition_variable finished;  // a callback returned
    std::map<std::pair<Instant, Id>, UniqueFunction<void()>> timers;
    std::map<Id, Instant> when_by_id;
    Id next_id = 1;
    Id running = 0;
    std::thread::id thread;
    bool ending = false;
};

ThreadTimers::ThreadTimers(std::shared_ptr<Clock> clock)
    : state_(std::make_shared<State>(std::move(clock))) {}

ThreadTimers::~ThreadTimers() { end(); }

void ThreadTimers::end() {
    {
        const std::scoped_lock guard(state_->mutex);
        state_->ending = true;
        state_->changed.notify_all();
    }
    if (thread_.joinable()) {
        if (thread_.get_id() == std::this_thread::get_id()) {
            thread_.detach();  // a callback dropped the last runtime; the thread ends by itself
        } else {
            thread_.join();
        }
    }
    decltype(state_->timers) forgotten;  // destroyed outside the lock: they may own anything
    const std::scoped_lock guard(state_->mutex);
    forgotten.swap(state_->timers);
    state_->when_by_id.clear();
}

Timers::Id ThreadTimers::call_at(Instant when, UniqueFunction<void()> callback) {
    const std::scoped_lock guard(state_->mutex);
    const Id id = state_->next_id++;
    if (state_->ending) {
        return id;
    }
    state_->timers.emplace(std::pair(when, id), std::move(callback));
    state_->when_by_id.emplace(id, when);
    if (!thread_.joinable()) {
        thread_ = std::thread([state = state_] { run(state); });
        state_->thread = thread_.get_id();
    }
    state_->changed.notify_all();
    return id;
}

/// The callback of a timer that is no longer to fire: empty if it does already or has.
UniqueFunction<void()> ThreadTimers::take(State& state, Id id) {
    const auto found = state.when_by_id.find(id);
    if (found == state.when_by_id.end()) {
        return {};
    }
    const auto timer = state.timers.find({found->second, id});
    UniqueFunction<void()> callback = std::move(timer->second);
    state.timers.erase(timer);
    state.when_by_id.erase(found);
    return callback;
}

void ThreadTimers::forget(Id id) {
    UniqueFunction<void()> forgotten;  // destroyed outside the lock: it may own anything
    const std::scoped_lock guard(state_->mutex);
    forgotten = take(*state_, id);
}

void ThreadTimers::cancel(Id id) {
    UniqueFunction<void()> forgotten;
    std::unique_lock lock(state_->mutex);
    forgotten = take(*state_, id);
    if (std::this_thread::get_id() != state_->thread) {
        state_->finished.wait(lock, [&] { return state_->running != id; });
    }
}

void ThreadTimers::run(const std::shared_ptr<State>& state) {
    const LibraryThreadScope scope;
    std::unique_lock lock(state->mutex);
    while (!state->ending) {
        const auto first = state->timers.begin();
        const Instant due = first == state->timers.end() ? Instant::max() : first->first.first;
        if (state->clock->steady_now() < due) {
            state->clock->wait_until(lock, state->changed, due);
            continue;
        }
        state->running = first->first.second;
        UniqueFunction<void()> callback = std::move(first->second);
        state->when_by_id.erase(state->running);
        state->timers.erase(first);
        lock.unlock();
        callback();
        callback = {};
        lock.lock();
        state->running = 0;
        state->finished.notify_all();
    }
}

}  // namespace turntable::inline v0::detail
