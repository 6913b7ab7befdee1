#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "mcp/stdio/child.hpp"
#include "mcp/stdio/pipe.hpp"
#include "turntable/mcp/line_splitter.hpp"
#include "turntable/mcp/stdio_relay.hpp"

namespace turntable::inline v0::mcp {

struct StdioRelay::State {
    /// Tells the recorder of bytes before they are passed on: so a question stands before its
    /// answer in the tape.
    class Ear {
      public:
        Ear(const StdioRelayOptions& options, tape::Direction direction)
            : recorder_(options.recorder), direction_(direction), lines_(options.line_bytes_max) {}
        void hear(ByteView bytes) {
            if (recorder_ != nullptr) {
                lines_.feed(bytes, [this](ByteView line, std::uint64_t whole) {
                    recorder_->cut_frame(direction_, line, whole);
                });
            }
        }
        /// No more is heard; `at_end`: because the sender has ended, not because we stopped.
        void end(bool at_end) {
            if (recorder_ == nullptr) {
                return;
            }
            lines_.end([this](ByteView line, std::uint64_t whole) {
                recorder_->cut_frame(direction_, line, whole);
            });
            if (at_end) {
                recorder_->life("eof", {}, to_string(direction_));
            }
        }

      private:
        tape::Recorder* recorder_;
        tape::Direction direction_;
        LineSplitter lines_;
    };

    /// Passes on all that comes until there is no more, or nobody wants it.
    void pump(int from, int to, tape::Direction direction) const {
        Ear ear(options, direction);
        std::vector<char> buffer(pipe_bytes);
        bool at_end = false;
        while (wait_readable(from, stopping.read.get())) {
            const std::size_t got = read_some(from, buffer);
            if (got == 0) {
                at_end = true;
                break;
            }
            const ByteView bytes(buffer.data(), got);
            ear.hear(bytes);
            if (!write_all(to, bytes)) {
                break;
            }
        }
        ear.end(at_end);
    }

    void tell(std::string_view event, std::optional<std::int64_t> code,
              std::string_view text = {}) const {
        if (options.recorder != nullptr) {
            options.recorder->life(event, code, text);
        }
    }
    int reap();
    int tell_end(int status) const;
    void stop() const { [[maybe_unused]] const auto told = ::write(stopping.write.get(), "", 1); }

    StdioRelayOptions options;
    Child child;
    PipeEnds stopping;  // readable: all threads end
    std::mutex mutex;
    bool ended = false;  // the process was waited for: its number may be another's
};

/// Waits for the process and gives its status as waitpid does. No signal is sent after that, since
/// its number may then be another's.
int StdioRelay::State::reap() {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    const std::scoped_lock guard(mutex);
    int status = 0;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    ended = true;
    return status;
}

/// As a shell has it.
int StdioRelay::State::tell_end(int status) const {
    if (WIFSIGNALED(status)) {
        tell("signal", WTERMSIG(status));
        return 128 + WTERMSIG(status);
    }
    tell("exit", WEXITSTATUS(status));
    return WEXITSTATUS(status);
}

StdioRelay::StdioRelay(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
StdioRelay::StdioRelay(StdioRelay&& other) noexcept = default;

StdioRelay::~StdioRelay() {
    if (state_ != nullptr && !state_->ended) {
        (void)::kill(state_->child.pid, SIGKILL);
        (void)state_->reap();
    }
}

Result<StdioRelay> StdioRelay::start(const StdioRelayOptions& options) {
    auto state = std::make_unique<State>();
    state->options = options;
    TURNTABLE_TRY(state->stopping, make_pipe());
    TURNTABLE_TRY(state->child, start_child(options.command));
    state->tell("spawn", state->child.pid);
    return StdioRelay(std::move(state));
}

Result<int> StdioRelay::run() {
    State& state = *state_;
    const StdioRelayOptions& options = state.options;
    std::jthread from_client([&] {
        state.pump(options.input, state.child.input.get(), tape::Direction::client_to_server);
        state.child.input.close();  // the server sees the end too
    });
    int status = 0;
    {
        std::jthread to_client([&] {
            state.pump(state.child.output.get(), options.output, tape::Direction::server_to_client);
            state.child.output.close();  // a server that goes on writing is told by SIGPIPE
        });
        std::jthread errors([&] {
            state.pump(state.child.errors.get(), options.errors, tape::Direction::server_aside);
            state.child.errors.close();
        });
        status = state.reap();
    }
    state.stop();
    from_client.join();
    return state.tell_end(status);
}

void StdioRelay::send_signal(int number) {
    const std::scoped_lock guard(state_->mutex);
    if (state_->ended) {
        state_->stop();
    } else {
        (void)::kill(state_->child.pid, number);
    }
}

}  // namespace turntable::inline v0::mcp
