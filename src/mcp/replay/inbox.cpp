#include "mcp/replay/inbox.hpp"

#include <unistd.h>

#include <vector>

#include "mcp/stdio/pipe.hpp"
#include "turntable/mcp/line_splitter.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::mcp {

namespace {

/// What may wait, beside one line.
constexpr std::size_t inbox_bytes_max = std::size_t{64} << 20;

}  // namespace

void Inbox::put(Heard heard) {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return bytes_ < inbox_bytes_max || stopped_; });
    bytes_ += heard.line.size();
    queue_.push_back(std::move(heard));
    filled_.notify_one();
}

std::optional<Heard> Inbox::take(Clock& clock, std::optional<Instant> until) {
    std::unique_lock lock(mutex_);
    while (queue_.empty() && !stopped_) {
        if (!until) {
            filled_.wait(lock);
        } else if (clock.steady_now() >= *until) {
            return std::nullopt;
        } else {
            clock.wait_until(lock, filled_, *until);
        }
    }
    if (stopped_) {
        return std::nullopt;
    }
    Heard first = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= first.line.size();
    emptied_.notify_all();
    return first;
}

void Inbox::stop() {
    const std::scoped_lock guard(mutex_);
    stopped_ = true;
    filled_.notify_all();
    emptied_.notify_all();
}

bool Inbox::stopped() const {
    const std::scoped_lock guard(mutex_);
    return stopped_;
}

LineReader::LineReader(int file, Speaker speaker, Inbox& inbox, PipeEnds stop)
    : stop_(std::move(stop)), thread_([this, file, speaker, &inbox] {
          LineSplitter lines(tape::limits::frame_bytes_max);
          const auto take = [&](ByteView line, std::uint64_t /*whole*/) {
              inbox.put({speaker, false, Bytes::copy(line)});
          };
          std::vector<char> buffer(pipe_bytes);
          while (!inbox.stopped() && wait_readable(file, stop_.read.get())) {
              const std::size_t got = read_some(file, buffer);
              if (got == 0) {
                  break;
              }
              lines.feed(ByteView(buffer.data(), got), take);
          }
          lines.end(take);
          inbox.put({speaker, true, {}});
      }) {}

LineReader::~LineReader() { [[maybe_unused]] const auto told = ::write(stop_.write.get(), "", 1); }

}  // namespace turntable::inline v0::mcp
