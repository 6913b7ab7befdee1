#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "kv/ordered/tasks.hpp"
#include "kv/ordered/wake_timer.hpp"

namespace turntable::inline v0::kv::detail {

class StoreHost;

/// Brings messages to those who take, in the order in which they asked, and watches over leases.
///
/// It knows when something is due next, or that it does not know; a transaction looks into the
/// queue only when something may be due.
class QueueScheduler {
  public:
    explicit QueueScheduler(std::weak_ptr<StoreHost> host);

    Async<QueueMessage> take(const Context& context);
    /// A message is due then.
    void due_at(std::int64_t time_ms);
    /// Nothing is known any more.
    void others_committed();
    void lease_ended(std::string_view id);
    bool is_waited_for() const;
    /// Takes end with `closed`.
    void close();

  private:
    using Taker = std::shared_ptr<SharedPromise<QueueMessage>>;

    void pump();
    std::optional<std::int64_t> next_time() const;
    void looked(Result<TakeOutput> output);
    void hand_out(StoreHost& host, std::vector<QueueMessage>& messages);
    void forget(const Taker& taker);

    std::weak_ptr<StoreHost> host_;
    WakeTimer timer_;
    mutable std::mutex mutex_;
    std::deque<Taker> takers_;
    /// Deliveries made here that were not finished.
    std::set<std::string, std::less<>> leases_;
    bool known_ = false;
    std::optional<std::int64_t> next_message_ms_;
    std::optional<std::int64_t> next_lease_ms_;
    bool looking_ = false;
    bool closed_ = false;
};

}  // namespace turntable::inline v0::kv::detail
