#pragma once

/// \file
/// Keeps the lease of a message alive while its handler runs.
/// Purpose: a handler that runs for minutes is not given the same message twice. Ownership: keeps
/// the database open. Threads: made and destroyed on one thread. Errors: logged.

#include <cstdint>
#include <memory>
#include <string>

#include "turntable/kv/queue.hpp"

namespace turntable::inline v0::kv::detail {

/// Renews a lease every third of its length while it lives.
class LeaseKeeper {
  public:
    LeaseKeeper(std::shared_ptr<QueuePort> port, std::string id, std::int64_t lease_until_ms);
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;
    ~LeaseKeeper();

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::kv::detail
