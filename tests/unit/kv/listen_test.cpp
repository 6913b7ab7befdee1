#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "support/map_backend.hpp"
#include "turntable/kv/async_database.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::int64_t lease_ms = 6000;

/// What the queue of a test was asked to do; a take pends until there is a message.
class QueueLog {
  public:
    explicit QueueLog(std::shared_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}

    void put(const std::string& text) {
        std::unique_lock lock(mutex_);
        messages_.push_back(text);
        serve(std::move(lock));
    }
    void put_error(const Error& error) {
        std::unique_lock lock(mutex_);
        errors_.push_back(error);
        serve(std::move(lock));
    }
    Async<QueueMessage> take(const Context& context) {
        Promise<QueueMessage> promise(*runtime_, context);
        Async<QueueMessage> out = promise.take_async();
        auto shared = std::make_shared<Waiting>();
        promise.on_stop([weak = std::weak_ptr(shared)](StopReason reason) {
            if (const auto waiting = weak.lock()) {
                waiting->complete(stopped_error(reason));
            }
        });
        {
            const std::scoped_lock guard(shared->mutex);
            shared->promise.emplace(std::move(promise));
        }
        if (context.stop.stop_requested()) {
            shared->complete(stopped_error(StopReason::cancelled));
        }
        std::unique_lock lock(mutex_);
        ++takes_;
        changed_.notify_all();
        waiting_.push_back(std::move(shared));
        serve(std::move(lock));
        return out;
    }
    void note(std::string event) {
        const std::scoped_lock guard(mutex_);
        events_.push_back(std::move(event));
        changed_.notify_all();
    }
    std::vector<std::string> events() {
        const std::scoped_lock guard(mutex_);
        return events_;
    }
    std::vector<std::string> wait_for_events(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return events_.size() >= count; });
        return events_;
    }
    void wait_for_takes(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return takes_ >= count; });
    }

  private:
    struct Waiting {
        std::mutex mutex;
        std::optional<Promise<QueueMessage>> promise;
        bool complete(Result<QueueMessage> result) {
            std::unique_lock lock(mutex);
            std::optional<Promise<QueueMessage>> mine = std::exchange(promise, std::nullopt);
            lock.unlock();
            if (mine) {
                std::move(*mine).complete(std::move(result));
            }
            return mine.has_value();
        }
    };

    void serve(std::unique_lock<std::mutex> lock) {
        while (!waiting_.empty() && (!messages_.empty() || !errors_.empty())) {
            const std::shared_ptr<Waiting> next = waiting_.front();
            waiting_.pop_front();
            std::optional<Error> error;
            std::string text;
            if (!errors_.empty()) {
                error = errors_.front();
                errors_.pop_front();
            } else {
                text = messages_.front();
                messages_.pop_front();
            }
            lock.unlock();
            const bool given = next->complete(error ? Result<QueueMessage>(*error) : leased(text));
            lock.lock();
            if (!given && error) {
                errors_.push_front(*error);
            } else if (!given) {
                messages_.push_front(text);
            }
        }
    }
    Result<QueueMessage> leased(const std::string& text) {
        const std::int64_t now_ms = runtime_->clock().wall_now().time_since_epoch().count();
        return QueueMessage{text, *detail::message_payload(text), now_ms + lease_ms};
    }

    std::shared_ptr<Runtime> runtime_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> messages_;
    std::deque<Error> errors_;
    std::deque<std::shared_ptr<Waiting>> waiting_;
    std::vector<std::string> events_;
    int takes_ = 0;
};

class QueueBackend : public Layer<test::MapBackend> {
  public:
    explicit QueueBackend(std::shared_ptr<QueueLog> log)
        : Layer(test::MapBackend()), log_(std::move(log)) {}
    Async<QueueMessage> queue_take(const Context& context) { return log_->take(context); }
    Async<void> queue_finish(const Context&, std::string_view id, Delivery delivery) {
        const char* how = delivery == Delivery::done     ? "done "
                          : delivery == Delivery::failed ? "failed "
                                                         : "returned ";
        log_->note(how + std::string(id));
        return Result<void>();
    }
    Async<void> queue_extend(const Context&, std::string_view id) {
        log_->note("extend " + std::string(id));
        return Result<void>();
    }

  private:
    std::shared_ptr<QueueLog> log_;
};

class Listening : public testing::Test {
  protected:
    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime_ = Runtime::create({.clock = clock_});
    std::shared_ptr<QueueLog> queue_ = std::make_shared<QueueLog>(runtime_);
    Database db_{AnyBackend(QueueBackend(queue_)), runtime_};
};

TEST_F(Listening, FinishesByWhatTheHandlerReturns) {
    auto listener = db_.listen([](const Message& message) -> Result<void> {
        if (message.value().data().text() == "bad") {
            return Error(ErrorCode::backend, "no");
        }
        return {};
    });
    ASSERT_TRUE(listener);
    queue_->put("good");
    queue_->put("bad");
    EXPECT_THAT(queue_->wait_for_events(2), ElementsAre("done good", "failed bad"));
    EXPECT_TRUE(listener->stop());
    EXPECT_TRUE(listener->stop()) << "a second stop is fine";
}

TEST_F(Listening, AHandlerMayReturnNothingOrThrow) {
    auto listener = db_.listen([](const Message& message) {
        if (message.value().data().text() == "throw") {
            throw std::runtime_error("oops");
        }
    });
    queue_->put("throw");
    queue_->put("fine");
    EXPECT_THAT(queue_->wait_for_events(2), ElementsAre("failed throw", "done fine"));
}

TEST_F(Listening, AHandlerMayCallTheDatabaseAndBlock) {
    auto listener = db_.listen([this](const Message& message) -> Result<void> {
        TURNTABLE_CHECK(db_.set("seen", message.value()));
        TURNTABLE_CHECK(db_.get("seen"));
        return {};
    });
    queue_->put("m");
    EXPECT_THAT(queue_->wait_for_events(1), ElementsAre("done m"));
    EXPECT_EQ((*db_.get("seen"))->value.data().text(), "m");
}

/// A gate that a test opens for its handlers.
class Gate {
  public:
    void open() {
        const std::scoped_lock guard(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void wait_for(int inside) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ >= inside; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int inside_ = 0;
};

TEST_F(Listening, RenewsTheLeaseEveryThirdOfItWhileTheHandlerRuns) {
    Gate gate;
    auto listener = db_.listen([&](const Message&) { gate.pass(); });
    queue_->put("long");
    gate.wait_for(1);
    for (std::size_t third = 1; third <= 10; ++third) {
        clock_->advance(std::chrono::milliseconds(lease_ms / 3));
        EXPECT_EQ(queue_->wait_for_events(third).back(), "extend long");
    }
    gate.open();
    EXPECT_EQ(queue_->wait_for_events(11).back(), "done long");
    ASSERT_TRUE(listener->stop());
    clock_->advance(10min);
    EXPECT_EQ(queue_->events().size(), 11U) << "a finished message is not renewed";
}

TEST_F(Listening, RunsAsManyHandlersAtOnceAsAsked) {
    Gate gate;
    auto listener = db_.listen([&](const Message&) { gate.pass(); }, {.concurrency = 3});
    for (const char* text : {"a", "b", "c"}) {
        queue_->put(text);
    }
    gate.wait_for(3);
    gate.open();
    EXPECT_THAT(queue_->wait_for_events(3), UnorderedElementsAre("done a", "done b", "done c"));
}

TEST_F(Listening, StopWaitsForTheRunningHandler) {
    Gate gate;
    auto listener = db_.listen([&](const Message&) { gate.pass(); });
    queue_->put("m");
    gate.wait_for(1);
    listener->request_stop();
    gate.open();
    ASSERT_TRUE(listener->stop());
    EXPECT_THAT(queue_->events(), ElementsAre("done m"));
}

TEST_F(Listening, WhatWasCancelledByTheStopIsReturned) {
    Gate gate;
    const auto cancelled = [&](const Message&) -> Result<void> {
        gate.pass();
        return Error(ErrorCode::cancelled, "not now");
    };
    auto listener = db_.listen(cancelled);
    queue_->put("m");
    gate.wait_for(1);
    listener->request_stop();
    gate.open();
    ASSERT_TRUE(listener->stop());
    EXPECT_THAT(queue_->events(), ElementsAre("returned m"));
    // Without a stop it is an error like any other.
    auto goes_on = db_.listen(cancelled);
    queue_->put("n");
    EXPECT_EQ(queue_->wait_for_events(2).back(), "failed n");
}

TEST_F(Listening, AHandlerCannotWaitForItsOwnListener) {
    std::optional<Listener> listener;
    Gate ready;
    std::optional<Error> said;
    auto started = db_.listen([&](const Message&) {
        ready.pass();
        if (Result<void> stopped = listener->stop(); !stopped) {
            said = stopped.error();
        }
    });
    listener.emplace(*std::move(started));
    ready.open();
    queue_->put("m");
    listener->wait();
    ASSERT_TRUE(said);
    EXPECT_EQ(said->code(), ErrorCode::would_deadlock);
}

TEST_F(Listening, TriesAgainASecondAfterAnErrorAndEndsWhenClosed) {
    auto listener = db_.listen([](const Message&) {});
    queue_->wait_for_takes(1);
    queue_->put_error(Error(ErrorCode::io, "bad disk"));
    // The clock must reach the retry, whose wait may begin after an advance.
    queue_->put("later");
    while (queue_->events().empty()) {
        clock_->advance(1s);
        std::this_thread::yield();
    }
    EXPECT_THAT(queue_->events(), ElementsAre("done later"));
    queue_->put_error(Error(ErrorCode::closed, "closed"));
    listener->wait();
}

TEST_F(Listening, RefusesAConcurrencyOutsideItsLimits) {
    const auto handler = [](const Message&) {};
    EXPECT_EQ(db_.listen(handler, {.concurrency = 0}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db_.listen(handler, {.concurrency = 1001}).error().code(),
              ErrorCode::invalid_argument);
    auto most = db_.listen(handler, {.concurrency = 64});
    EXPECT_TRUE(most);
}

TEST_F(Listening, AMessageTakenByHandIsFinishedByHand) {
    queue_->put("a");
    auto message = db_.receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->value().data().text(), "a");
    EXPECT_EQ(message->lease_until(), clock_->wall_now() + std::chrono::milliseconds(lease_ms));
    ASSERT_TRUE(message->extend());
    ASSERT_TRUE(message->fail());
    EXPECT_THAT(queue_->events(), ElementsAre("extend a", "failed a"));
}

TEST_F(Listening, AnAwaitedHandlerIsRenewedAndFinishedToo) {
    const AsyncDatabase db(db_);
    std::mutex mutex;
    std::optional<Promise<void>> work;
    Gate started;
    started.open();
    auto listener = db.listen([&](const Message& message) -> Async<void> {
        if (message.value().data().text() == "bad") {
            return Error(ErrorCode::backend, "no");
        }
        Promise<void> promise(*runtime_, Context());
        Async<void> out = promise.take_async();
        const std::scoped_lock guard(mutex);
        work.emplace(std::move(promise));
        started.pass();
        return out;
    });
    ASSERT_TRUE(listener);
    queue_->put("long");
    started.wait_for(1);
    queue_->wait_for_takes(1);
    while (queue_->events().empty()) {
        clock_->advance(std::chrono::milliseconds(lease_ms / 3));
        std::this_thread::yield();
    }
    EXPECT_EQ(queue_->events().front(), "extend long");
    {
        const std::scoped_lock guard(mutex);
        std::move(*work).complete(Result<void>());
    }
    queue_->put("bad");
    queue_->wait_for_takes(3);
    EXPECT_TRUE(listener->stop().wait());
    const std::vector<std::string> events = queue_->events();
    EXPECT_THAT(events, testing::IsSupersetOf({"done long", "failed bad"}));
}

}  // namespace
}  // namespace turntable::inline v0::kv
