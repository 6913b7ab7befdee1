#pragma once

/// \file
/// The inside of FakeBackend: the script, the record, the answers held back.
/// Purpose: one way through for every call. Ownership: shared by the copies of a FakeBackend.
/// Threads: any. Errors: those of the script.

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "turntable/core/coroutine.hpp"
#include "turntable/kv/fake_backend.hpp"

namespace turntable::inline v0::kv {

class FakeBackend::State : public std::enable_shared_from_this<State> {
  public:
    enum class Kind : std::uint8_t { fail, lose, hold, delay, answer };
    struct Step {
        Kind kind;
        std::optional<Error> error = {};
        std::chrono::milliseconds delay{0};
        std::shared_ptr<void> answer = nullptr;  ///< a Result<T> of the call's T
    };
    /// An answer that is held back; only its promise knows its type.
    struct Held {
        Held() = default;
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        virtual ~Held() = default;
        /// False: the store is still working on the answer; keep this.
        virtual bool release() = 0;
        virtual void stop(Error error) = 0;
    };

    State(AnyBackend store, std::shared_ptr<Runtime> runtime)
        : store_(std::move(store)), runtime_(std::move(runtime)) {}

    /// Records a call and goes the way that the script says.
    template <class T, class F>
    Async<T> run(RecordedCall record, const Context& context, F make) {
        const FakeCall call = record.call;
        std::optional<Step> step = next_step(std::move(record));
        if (!step) {
            return make(store_);
        }
        switch (step->kind) {
            case Kind::fail:
                return *std::move(step->error);
            case Kind::answer:
                return std::move(*std::static_pointer_cast<Result<T>>(step->answer));
            case Kind::lose:
                return then(make(store_), [](Result<T>&& done) -> Result<T> {
                    if (!done) {
                        return std::move(done).error();
                    }
                    return Error(ErrorCode::commit_unknown, "the reply was lost");
                });
            case Kind::hold:
            case Kind::delay:
                break;
        }
        return hold<T>(call, *step, context, make(store_));
    }

    std::optional<Step> next_step(RecordedCall record);
    void add_step(FakeCall call, Step step);
    std::size_t release(FakeCall call);
    void release_one(const std::shared_ptr<Held>& held);
    void forget(const Held* held);

    mutable std::mutex mutex_;
    AnyBackend store_;
    std::shared_ptr<Runtime> runtime_;
    std::optional<Capabilities> capabilities_;
    std::vector<RecordedCall> calls_;
    std::array<std::deque<Step>, 11> steps_;
    std::vector<std::pair<FakeCall, std::shared_ptr<Held>>> held_;
    /// Released, while the store is still at work.
    std::vector<std::shared_ptr<Held>> unfinished_;

  private:
    template <class T>
    struct HeldAnswer final : Held {
        HeldAnswer(Promise<T> held_promise, Async<T> held_answer)
            : promise(std::move(held_promise)), answer(std::move(held_answer)) {}
        bool release() override {
            if (std::optional<Promise<T>> mine = take()) {
                pending.emplace(deliver(*std::move(mine), std::move(*answer)));
            }
            return !pending || pending->is_ready();
        }
        bool is_open() {
            const std::scoped_lock guard(mutex);
            return promise.has_value();
        }
        void stop(Error error) override {
            if (std::optional<Promise<T>> mine = take()) {
                std::move(*mine).complete(std::move(error));
            }
        }
        std::optional<Promise<T>> take() {
            const std::scoped_lock guard(mutex);
            return std::exchange(promise, std::nullopt);
        }
        static Async<void> deliver(Promise<T> promise, Async<T> answer) {
            Result<T>& result = co_await answer;
            std::move(promise).complete(std::move(result));
            co_return Result<void>();
        }

        std::mutex mutex;
        std::optional<Promise<T>> promise;
        std::optional<Async<T>> answer;
        std::optional<Async<void>> pending;
    };

    template <class T>
    Async<T> hold(FakeCall call, const Step& step, const Context& context, Async<T> answer) {
        Promise<T> promise(*runtime_, context);
        Async<T> out = promise.take_async();
        auto held = std::make_shared<HeldAnswer<T>>(std::move(promise), std::move(answer));
        const std::weak_ptr<Held> weak = held;
        held->promise->on_stop([self = weak_from_this(), weak, call](StopReason reason) {
            if (const std::shared_ptr<Held> stopped = weak.lock()) {
                stopped->stop(call == FakeCall::atomic_write
                                  ? Error(ErrorCode::commit_unknown,
                                          "the caller stopped waiting for the reply")
                                  : stopped_error(reason));
                if (const std::shared_ptr<State> state = self.lock()) {
                    state->forget(stopped.get());
                }
            }
        });
        {
            const std::scoped_lock guard(mutex_);
            if (held->is_open()) {  // else it was stopped just now
                held_.emplace_back(call, held);
            }
        }
        if (step.kind == Kind::delay) {
            const Instant when = runtime_->clock().steady_now() + step.delay;
            runtime_->timers().call_at(when, [self = weak_from_this(), weak] {
                const std::shared_ptr<State> state = self.lock();
                const std::shared_ptr<Held> due = weak.lock();
                if (state != nullptr && due != nullptr) {
                    state->release_one(due);
                }
            });
        }
        return out;
    }
};

}  // namespace turntable::inline v0::kv
