#include <sys/stat.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "server/token_file.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::chrono::seconds period{1};

/// What changes when a file does: which one it is, its size and its time.
using FileMark = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t, mode_t>;

std::optional<FileMark> mark_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return FileMark(status.st_dev, status.st_ino, status.st_size, status.st_ctim.tv_sec,
                    status.st_ctim.tv_nsec, status.st_mode);
}

}  // namespace

class TokenFileWatch::State : public std::enable_shared_from_this<State> {
  public:
    State(std::shared_ptr<Runtime> runtime, std::string path, std::shared_ptr<LiveAccess> live,
          std::vector<AccessToken> more)
        : runtime_(std::move(runtime)),
          path_(std::move(path)),
          live_(std::move(live)),
          more_(std::move(more)) {}

    void arm() {
        const std::scoped_lock guard(mutex_);
        if (ended_) {
            return;
        }
        timer_ = runtime_->timers().call_at(runtime_->clock().steady_now() + period,
                                            [weak = weak_from_this()] {
                                                if (const auto state = weak.lock()) {
                                                    state->post();
                                                }
                                            });
    }
    void end() {
        const std::scoped_lock guard(mutex_);
        ended_ = true;
        runtime_->timers().forget(timer_);
    }

  private:
    void post() {
        runtime_->blocking_pool().post([weak = weak_from_this()] {
            if (const auto state = weak.lock()) {
                state->look();
                state->arm();
            }
        });
    }
    /// On one thread at a time: the next timer is set when this has ended.
    void look() {
        const auto mark = mark_of(path_);
        if (looked_ && mark == mark_) {
            return;
        }
        mark_ = mark;
        looked_ = true;
        auto tokens = read_token_file(path_);
        if (!tokens) {
            const std::string why = tokens.error().to_string();
            const std::array fields = {LogField{"error", why}};
            runtime_->log(LogLevel::error, "server",
                          "the token file cannot be used; the tokens before it go on", fields);
            return;
        }
        live_->replace(with_more_tokens(*std::move(tokens), more_));
    }

    std::shared_ptr<Runtime> runtime_;
    std::string path_;
    std::shared_ptr<LiveAccess> live_;
    std::vector<AccessToken> more_;
    bool looked_ = false;
    std::optional<FileMark> mark_;
    std::mutex mutex_;
    bool ended_ = false;
    Timers::Id timer_ = 0;
};

TokenFileWatch::TokenFileWatch(std::shared_ptr<Runtime> runtime, std::string path,
                               std::shared_ptr<LiveAccess> live, std::vector<AccessToken> more)
    : state_(std::make_shared<State>(std::move(runtime), std::move(path), std::move(live),
                                     std::move(more))) {
    state_->arm();
}

TokenFileWatch::~TokenFileWatch() { state_->end(); }

}  // namespace turntable::inline v0::server
