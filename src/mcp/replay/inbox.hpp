#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "mcp/stdio/child.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::inline v0::mcp {

/// Who says something to a replay.
enum class Speaker : std::uint8_t { client, live_server };

/// A line, or the end of what somebody says.
struct Heard {
    Speaker from = Speaker::client;
    bool end = false;
    Bytes line = {};
};

/// Where the threads that read leave what they read. Who reads faster than is answered waits.
class Inbox {
  public:
    void put(Heard heard);
    /// Nothing, once it is `until` or somebody has called stop().
    std::optional<Heard> take(Clock& clock, std::optional<Instant> until);
    void stop();
    bool stopped() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::condition_variable emptied_;
    std::deque<Heard> queue_;
    std::size_t bytes_ = 0;
    bool stopped_ = false;
};

/// Reads a file line by line into an inbox, on a thread of its own, which ends with this.
class LineReader {
  public:
    LineReader(int file, Speaker speaker, Inbox& inbox, PipeEnds stop);
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;
    ~LineReader();

  private:
    PipeEnds stop_;
    std::jthread thread_;
};

}  // namespace turntable::inline v0::mcp
