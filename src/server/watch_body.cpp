#include "server/watch_body.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "kv_connect/messages.hpp"
#include "kv_connect/watch_frames.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0::server {

namespace {

using Step = Result<std::optional<kv::WatchOutput>>;
using Frame = std::optional<Bytes>;

/// Between the watch, which is asked for one step ahead, and whoever takes frames: he gets the step
/// or, when none comes in time, a sign of life, and the question stays open meanwhile.
class WatchFeed : public std::enable_shared_from_this<WatchFeed> {
  public:
    WatchFeed(Stream<kv::WatchOutput> watch, std::shared_ptr<const void> keeper,
              WatchBodyOptions options)
        : keeper_(std::move(keeper)), options_(std::move(options)), watch_(std::move(watch)) {}

    Async<Frame> next(const Context& context) {
        if (!options_.may_go_on()) {
            return Frame();
        }
        ask();
        if (auto step = take()) {
            return frame_of(*std::move(step));
        }
        auto [promise, async] = SharedPromise<Frame>::make(*options_.runtime, context);
        const auto timer = std::make_shared<std::atomic<Timers::Id>>(0);
        promise->on_stop([weak = std::weak_ptr(promise), timer,
                          timers = &options_.runtime->timers()](StopReason reason) {
            timers->forget(*timer);
            if (const auto waiting = weak.lock()) {
                waiting->complete(stopped_error(reason));
            }
        });
        {
            const std::scoped_lock guard(mutex_);
            waiting_ = promise;
            timer_ = timer;
        }
        *timer = options_.runtime->timers().call_at(
            options_.runtime->clock().steady_now() + options_.keep_alive,
            [weak = std::weak_ptr(promise)] {
                if (const auto waiting = weak.lock()) {
                    waiting->complete(Frame(Bytes::take(kv::connect::keep_alive_frame())));
                }
            });
        deliver();
        return std::move(async);
    }

    /// Stops what was asked, and lets go of everything.
    void end() {
        std::optional<Async<std::optional<kv::WatchOutput>>> dropped;
        const std::scoped_lock guard(asking_);
        dropped.swap(pending_);
    }

  private:
    void ask() {
        {
            const std::scoped_lock guard(mutex_);
            if (asked_) {
                return;
            }
            asked_ = true;
        }
        // The answer lets go of this object, which holds the question.
        auto pending = tap(watch_.next({}), [held = shared_from_this()](Step& step) mutable {
            const std::shared_ptr<WatchFeed> feed = std::move(held);
            {
                const std::scoped_lock guard(feed->mutex_);
                feed->step_ = std::move(step);
            }
            feed->deliver();
        });
        const std::scoped_lock guard(asking_);
        pending_.emplace(std::move(pending));
    }

    /// Gives the step to whoever waits; one who has stopped leaves it for the next call.
    void deliver() {
        std::shared_ptr<SharedPromise<Frame>> waiting;
        std::shared_ptr<std::atomic<Timers::Id>> timer;
        {
            const std::scoped_lock guard(mutex_);
            if (!step_ || waiting_ == nullptr) {
                return;
            }
            waiting = std::exchange(waiting_, nullptr);
            timer = std::exchange(timer_, nullptr);
        }
        options_.runtime->timers().forget(*timer);
        if (!waiting->is_open()) {
            return;
        }
        if (auto step = take()) {
            Step copy = *step;
            if (!waiting->complete(frame_of(*std::move(step)))) {
                {
                    const std::scoped_lock guard(mutex_);
                    step_ = std::move(copy);
                    asked_ = true;
                }
                deliver();  // somebody may have come for it meanwhile
            }
        }
    }

    std::optional<Step> take() {
        const std::scoped_lock guard(mutex_);
        if (!step_) {
            return std::nullopt;
        }
        if (!*step_ || !**step_) {  // after it, and for every further call, there is only the end
            return std::exchange(step_, Step(std::optional<kv::WatchOutput>()));
        }
        asked_ = false;
        Step step = *std::exchange(step_, std::nullopt);
        complete(**step);
        return step;
    }

    /// Puts in the keys that did not change, as they were: Deno's client takes a key that is said
    /// to be unchanged for one that is absent. With one key there is none.
    void complete(kv::WatchOutput& output) {
        if (options_.keys < 2) {
            return;
        }
        for (kv::WatchChange& change : output) {
            latest_[change.target] = std::move(change);
        }
        output.clear();
        for (const auto& [target, change] : latest_) {
            output.push_back(change);
        }
    }

    Result<Frame> frame_of(Step step) const {
        if (!step) {
            return std::move(step).error();
        }
        if (!*step) {
            return Frame();
        }
        const std::string message = kv::connect::encode_watch_output(**step, options_.keys);
        return Frame(Bytes::take(kv::connect::watch_frame(message)));
    }

    std::shared_ptr<const void> keeper_;
    WatchBodyOptions options_;
    Stream<kv::WatchOutput> watch_;
    std::mutex asking_;
    std::optional<Async<std::optional<kv::WatchOutput>>> pending_;
    std::mutex mutex_;
    bool asked_ = false;
    std::optional<Step> step_;
    std::map<std::uint32_t, kv::WatchChange> latest_;
    std::shared_ptr<SharedPromise<Frame>> waiting_;
    std::shared_ptr<std::atomic<Timers::Id>> timer_;
};

class WatchBody final : public StreamSource<Bytes> {
  public:
    explicit WatchBody(std::shared_ptr<WatchFeed> feed) : feed_(std::move(feed)) {}
    ~WatchBody() override { feed_->end(); }
    Async<Frame> next(const Context& context) override { return feed_->next(context); }

  private:
    std::shared_ptr<WatchFeed> feed_;
};

class EmptyWatchBody final : public StreamSource<Bytes> {
  public:
    Async<Frame> next(const Context& /*context*/) override {
        if (std::exchange(told_, true)) {
            return Frame();
        }
        return Frame(
            Bytes::take(kv::connect::watch_frame(kv::connect::encode_watch_output({}, 0))));
    }

  private:
    bool told_ = false;
};

}  // namespace

Stream<Bytes> watch_body(Stream<kv::WatchOutput> watch, std::shared_ptr<const void> keeper,
                         WatchBodyOptions options) {
    return Stream<Bytes>(std::make_unique<WatchBody>(
        std::make_shared<WatchFeed>(std::move(watch), std::move(keeper), std::move(options))));
}

Stream<Bytes> empty_watch_body() { return Stream<Bytes>(std::make_unique<EmptyWatchBody>()); }

}  // namespace turntable::inline v0::server
