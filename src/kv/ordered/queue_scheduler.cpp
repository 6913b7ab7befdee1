#include "kv/ordered/queue_scheduler.hpp"

#include <algorithm>
#include <utility>

#include "kv/ordered/store_host.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr std::size_t taken_at_once_max = 100;

std::optional<std::int64_t> earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return a && b ? std::min(a, b) : (a ? a : b);
}

}  // namespace

QueueScheduler::QueueScheduler(std::weak_ptr<StoreHost> host)
    : host_(host), timer_(host.lock()->options().runtime, [host] {
          if (const auto alive = host.lock()) {
              alive->post([alive] { alive->queue().pump(); });
          }
      }) {}

Async<QueueMessage> QueueScheduler::take(const Context& context) {
    const auto host = host_.lock();
    auto [promise, async] = SharedPromise<QueueMessage>::make(host->runtime(), context);
    promise->on_stop([weak = host_, promise](StopReason reason) {
        if (const auto alive = weak.lock()) {
            alive->queue().forget(promise);
        }
        promise->complete(stopped_error(reason));
    });
    bool closed = false;
    {
        const std::scoped_lock guard(mutex_);
        closed = closed_;
        if (!closed) {
            takers_.push_back(promise);
        }
    }
    if (closed) {
        promise->complete(Error(ErrorCode::closed, "the store was closed"));
    } else {
        if (!promise->is_open()) {
            forget(promise);  // it was stopped before it was in the list
        }
        host->start_polling();
        pump();
    }
    return std::move(async);
}

void QueueScheduler::due_at(std::int64_t time_ms) {
    {
        const std::scoped_lock guard(mutex_);
        next_message_ms_ = earlier(next_message_ms_, time_ms);
    }
    pump();
}

void QueueScheduler::others_committed() {
    {
        const std::scoped_lock guard(mutex_);
        known_ = false;
    }
    pump();
}

void QueueScheduler::lease_ended(std::string_view id) {
    const std::scoped_lock guard(mutex_);
    if (const auto found = leases_.find(id); found != leases_.end()) {
        leases_.erase(found);
    }
}

bool QueueScheduler::is_waited_for() const {
    const std::scoped_lock guard(mutex_);
    return !closed_ && !takers_.empty();
}

void QueueScheduler::close() {
    std::deque<Taker> takers;
    {
        const std::scoped_lock guard(mutex_);
        closed_ = true;
        takers.swap(takers_);
    }
    timer_.stop();
    for (const Taker& taker : takers) {
        taker->complete(Error(ErrorCode::closed, "the store was closed"));
    }
}

void QueueScheduler::forget(const Taker& taker) {
    const std::scoped_lock guard(mutex_);
    std::erase(takers_, taker);
}

/// Without takers only the leases of our own deliveries count.
std::optional<std::int64_t> QueueScheduler::next_time() const {
    return takers_.empty() ? next_lease_ms_ : earlier(next_message_ms_, next_lease_ms_);
}

void QueueScheduler::pump() {
    const auto host = host_.lock();
    if (host == nullptr) {
        return;
    }
    std::size_t wanted = 0;
    std::optional<std::int64_t> wait_until;
    {
        const std::scoped_lock guard(mutex_);
        if (closed_ || looking_ || (takers_.empty() && leases_.empty())) {
            return;
        }
        const auto next = next_time();
        if (known_ && !next) {
            return;
        }
        if (known_ && *next > host->now_ms()) {
            wait_until = next;
        } else {
            looking_ = true;
            // What is told from here on may not be in the transaction and is kept apart.
            known_ = true;
            next_message_ms_.reset();
            next_lease_ms_.reset();
            wanted = std::min(takers_.size(), taken_at_once_max);
        }
    }
    if (wait_until) {
        timer_.arm(*wait_until);
        return;
    }
    host->submit(std::make_unique<TakeTask>(wanted, host->options().lease.count(),
                                            [weak = host_](Result<TakeOutput> output) {
                                                if (const auto alive = weak.lock()) {
                                                    alive->queue().looked(std::move(output));
                                                }
                                            }));
}

void QueueScheduler::looked(Result<TakeOutput> output) {
    const auto host = host_.lock();
    if (host == nullptr) {
        return;
    }
    std::deque<Taker> failed;
    {
        const std::scoped_lock guard(mutex_);
        if (output) {
            next_message_ms_ = earlier(next_message_ms_, output->next_message_ms);
            next_lease_ms_ = earlier(next_lease_ms_, output->next_lease_ms);
            for (const std::string& id : output->orphan_ids) {
                leases_.erase(id);
            }
        } else {
            known_ = false;
            failed.swap(takers_);
        }
    }
    for (const Taker& taker : failed) {
        taker->complete(host->describe(output.error(), "queue_take"));
    }
    if (output) {
        hand_out(*host, output->messages);
    }
    {
        const std::scoped_lock guard(mutex_);
        looking_ = false;
        if (!output && takers_.empty()) {
            return;  // the next take looks again
        }
    }
    pump();
}

void QueueScheduler::hand_out(StoreHost& host, std::vector<QueueMessage>& messages) {
    for (QueueMessage& message : messages) {
        std::string id = message.id;
        bool delivered = false;
        while (!delivered) {
            Taker taker;
            {
                const std::scoped_lock guard(mutex_);
                if (takers_.empty()) {
                    break;
                }
                taker = std::move(takers_.front());
                takers_.pop_front();
                leases_.insert(id);
            }
            delivered = taker->complete(message);
        }
        if (!delivered) {
            lease_ended(id);
            host.submit(std::make_unique<FinishTask>(id, Delivery::returned),
                        Pass::always(host.gate()));
        }
    }
}

}  // namespace turntable::inline v0::kv::detail
