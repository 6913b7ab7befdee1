#pragma once

#include <array>
#include <memory>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::net {

/// A thread that waits for sockets, and runs what belongs to its connections.
///
/// Purpose: a connection stays on one of these, so nothing of it is locked.
/// Ownership: shared with answers that are pending, which come back to it; `stop` ends the thread.
/// Threads: `post` from any thread. Errors: work that is posted after `stop` never runs.
class IoThread final : public Executor {
  public:
    IoThread();
    ~IoThread() override;
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    void post(UniqueFunction<void()> work) override;
    /// Ends the thread once nothing is left to do.
    void stop();
    boost::asio::io_context& context() noexcept { return context_; }
    /// What the connection that is being served reads into.
    std::array<char, 64 * 1024>& buffer() noexcept { return buffer_; }

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::array<char, 64 * 1024> buffer_;
    std::thread thread_;
};

}  // namespace turntable::inline v0::net
