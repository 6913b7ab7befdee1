#include <algorithm>
#include <mutex>

#include "kv/mounts/mount_table.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

using Step = Result<std::optional<WatchOutput>>;

/// The streams of all mounts, and what they told that was not passed on yet.
///
/// Each stream is asked for its next step when the last one was passed on. The first step of the
/// whole waits for all of them; a later one is what any of them has.
class Merger : public std::enable_shared_from_this<Merger> {
  public:
    Merger(std::shared_ptr<Runtime> runtime, std::vector<Stream<WatchOutput>> streams,
           std::vector<std::vector<std::uint32_t>> origins)
        : runtime_(std::move(runtime)) {
        for (std::size_t i = 0; i < streams.size(); ++i) {
            arms_.push_back(std::make_unique<Arm>(std::move(streams[i]), std::move(origins[i])));
        }
    }

    Async<std::optional<WatchOutput>> next(const Context& context) {
        for (std::size_t i = 0; i < arms_.size(); ++i) {
            ask(i);
        }
        if (auto step = take()) {
            return *std::move(step);
        }
        auto [promise, async] = SharedPromise<std::optional<WatchOutput>>::make(*runtime_, context);
        promise->on_stop([weak = std::weak_ptr(promise)](StopReason reason) {
            if (const auto waiting = weak.lock()) {
                waiting->complete(stopped_error(reason));
            }
        });
        {
            const std::scoped_lock guard(mutex_);
            waiting_ = promise;
        }
        deliver();
        return std::move(async);
    }
    /// Stops what was asked.
    void end() {
        for (const std::unique_ptr<Arm>& arm : arms_) {
            std::optional<Async<std::optional<WatchOutput>>> dropped;
            const std::scoped_lock guard(arm->asking);
            dropped.swap(arm->pending);
        }
    }

  private:
    struct Arm {
        Arm(Stream<WatchOutput> of_mount, std::vector<std::uint32_t> of_targets)
            : stream(std::move(of_mount)), origins(std::move(of_targets)) {}
        Stream<WatchOutput> stream;
        std::vector<std::uint32_t> origins;
        std::mutex asking;
        std::optional<Async<std::optional<WatchOutput>>> pending;
        bool asked = false;  // under mutex_, as is `step`
        std::optional<Step> step;
    };

    void ask(std::size_t index) {
        Arm& arm = *arms_[index];
        {
            const std::scoped_lock guard(mutex_);
            if (arm.asked) {
                return;
            }
            arm.asked = true;
        }
        // The answer lets go of this object, which holds the question.
        auto pending =
            tap(arm.stream.next({}), [held = shared_from_this(), index](Step& step) mutable {
                const std::shared_ptr<Merger> merger = std::move(held);
                {
                    const std::scoped_lock guard(merger->mutex_);
                    merger->arms_[index]->step = std::move(step);
                }
                merger->deliver();
            });
        const std::scoped_lock guard(arm.asking);
        arm.pending.emplace(std::move(pending));
    }

    /// Gives whoever waits what there is.
    void deliver() {
        std::shared_ptr<SharedPromise<std::optional<WatchOutput>>> waiting;
        {
            const std::scoped_lock guard(mutex_);
            if (waiting_ == nullptr || !is_deliverable()) {
                return;
            }
            waiting = std::move(waiting_);
        }
        if (!waiting->is_open()) {
            return;
        }
        if (auto step = take()) {
            Step copy = *step;
            if (!waiting->complete(*std::move(step))) {  // stopped just now: for whoever asks next
                const std::scoped_lock guard(mutex_);
                left_over_ = std::move(copy);
            }
        }
    }
    bool is_deliverable() const {
        const auto has_step = [](const std::unique_ptr<Arm>& arm) { return arm->step.has_value(); };
        const auto is_last = [](const std::unique_ptr<Arm>& arm) {
            return arm->step && (!*arm->step || !**arm->step);
        };
        return left_over_ || ended_ || std::ranges::any_of(arms_, is_last) ||
               (began_ ? std::ranges::any_of(arms_, has_step)
                       : std::ranges::all_of(arms_, has_step));
    }
    /// The next step of the whole, if there is one.
    std::optional<Step> take() {
        const std::scoped_lock guard(mutex_);
        if (!is_deliverable()) {
            return std::nullopt;
        }
        if (left_over_) {
            return std::exchange(left_over_, std::nullopt);
        }
        if (ended_) {
            return Step(std::optional<WatchOutput>());
        }
        began_ = true;
        WatchOutput all;
        for (const std::unique_ptr<Arm>& arm : arms_) {
            if (!arm->step) {
                continue;
            }
            Step step = *std::exchange(arm->step, std::nullopt);
            if (!step || !*step) {
                ended_ = true;
                return step;
            }
            arm->asked = false;
            for (WatchChange& change : **step) {
                change.target = arm->origins[change.target];
                all.push_back(std::move(change));
            }
        }
        return Step(std::optional(std::move(all)));
    }

    std::shared_ptr<Runtime> runtime_;
    std::vector<std::unique_ptr<Arm>> arms_;
    std::mutex mutex_;
    std::shared_ptr<SharedPromise<std::optional<WatchOutput>>> waiting_;
    std::optional<Step> left_over_;
    bool began_ = false;
    bool ended_ = false;
};

class MergedWatch final : public StreamSource<WatchOutput> {
  public:
    explicit MergedWatch(std::shared_ptr<Merger> merger) : merger_(std::move(merger)) {}
    ~MergedWatch() override { merger_->end(); }
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return merger_->next(context);
    }

  private:
    std::shared_ptr<Merger> merger_;
};

}  // namespace

Stream<WatchOutput> merged_watch(std::shared_ptr<Runtime> runtime,
                                 std::vector<Stream<WatchOutput>> streams,
                                 std::vector<std::vector<std::uint32_t>> origins) {
    return Stream<WatchOutput>(std::make_unique<MergedWatch>(
        std::make_shared<Merger>(std::move(runtime), std::move(streams), std::move(origins))));
}

}  // namespace turntable::inline v0::kv::detail
