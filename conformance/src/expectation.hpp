#pragma once

/// \file
/// What the parts of the suite share: expectations, waiting with patience, threads, the trace.
/// Purpose: cases of every surface read as sentences and fail in the same words.
/// Ownership: see each class. Threads: as each says; the functions are free of state.
/// Errors: what does not hold is thrown as Failure, which only the suite sees.

#include <algorithm>
#include <barrier>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "turntable/conformance/report.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::conformance {

/// An expectation that did not hold. Thrown inside the suite only; run_case catches it.
struct Failure {
    std::string reason;
    std::string expected;
    std::string got;
    std::string where;
};

/// A call that gave no answer. What it belongs to must not be destroyed: that may hang as well.
struct Hang : Failure {};

/// What a case finds out it cannot try here, say a limit too large to build.
struct NotApplicable {
    std::string reason;
};

using Location = std::source_location;
std::string to_string(const Location& where);

/// An answer that the suite waits for with patience, so that a call that hangs is a failure.
///
/// Purpose: bounded waiting on any Async. Ownership: owns the operation; dropping it asks it to
/// stop. Threads: one thread at a time. Errors: throws Failure when the answer does not come.
template <class T>
class Pending {
  public:
    Pending(Async<T> async, std::chrono::milliseconds patience) : patience_(patience) {
        chained_.emplace(then(std::move(async), [slot = slot_](Result<T>&& result) -> Result<void> {
            const std::scoped_lock guard(slot->mutex);
            slot->result.emplace(std::move(result));
            slot->changed.notify_all();
            return {};
        }));
    }
    bool is_done() const {
        const std::scoped_lock guard(slot_->mutex);
        return slot_->result.has_value();
    }
    /// Waits up to `time` and says whether the answer came.
    bool wait_for(std::chrono::milliseconds time) {
        std::unique_lock lock(slot_->mutex);
        return slot_->changed.wait_for(lock, time, [&] { return slot_->result.has_value(); });
    }
    Result<T> get(std::string_view what, const Location& where = Location::current()) {
        if (!wait_for(patience_)) {
            throw Hang{{std::string(what) + " hangs",
                        "an answer within " + std::to_string(patience_.count()) + " ms", "none",
                        to_string(where)}};
        }
        const std::scoped_lock guard(slot_->mutex);
        return std::move(*slot_->result);
    }
    void request_stop() { chained_->request_stop(); }

  private:
    struct Slot {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<Result<T>> result;
    };
    std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
    std::optional<Async<void>> chained_;
    std::chrono::milliseconds patience_;
};

/// The last calls and their answers.
///
/// Purpose: what a failure shows. Ownership: owns the lines. Threads: any. Errors: none.
class Trace {
  public:
    void add(std::string line);
    std::vector<std::string> take();

  private:
    std::mutex mutex_;
    std::deque<std::string> lines_;
};

/// Runs a case and puts into `outcome` how it ended. `trace` gives the calls that it made, and
/// `abandon` is told that one of them hangs.
void attempt(Outcome& outcome, const std::function<void()>& run,
             const std::function<std::vector<std::string>()>& trace,
             const std::function<void()>& abandon);

/// Runs `work(0)` to `work(count - 1)` at the same time; a failure is thrown again.
template <class F>
void in_threads(unsigned count, F work) {
    std::mutex mutex;
    std::exception_ptr failure;
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                try {
                    work(i);
                } catch (const Failure&) {
                    const std::scoped_lock guard(mutex);
                    failure = std::current_exception();
                }
            });
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

/// Calls `work(thread, round)` in `count` threads, which begin each round together.
template <class F>
void in_rounds(unsigned count, unsigned rounds, F work) {
    std::barrier<> together(count);
    in_threads(count, [&](unsigned thread) {
        for (unsigned round = 0; round < rounds; ++round) {
            together.arrive_and_wait();
            try {
                work(thread, round);
            } catch (...) {
                together.arrive_and_drop();
                throw;
            }
        }
    });
}

/// Bytes for a message: short, printable, with an ellipsis.
std::string show(ByteView bytes);
inline std::string show(std::integral auto number) { return std::to_string(number); }
inline std::string show(bool held) { return held ? "true" : "false"; }
inline std::string show(const std::string& text) { return show(ByteView(text)); }
inline std::string show(const char* text) { return show(ByteView(text)); }
template <class T>
    requires(std::is_class_v<T> &&
             requires(const T& value) {
                 { value.to_string() } -> std::same_as<std::string>;
             })
std::string show(const T& value) {
    return value.to_string();
}
template <class T>
std::string show(const std::vector<T>& list) {
    std::string text = "[";
    for (const T& one : list) {
        text += (text.size() > 1 ? ", " : "") + show(one);
    }
    return text + "]";
}

[[noreturn]] void fail(std::string reason, std::string expected, std::string got,
                       const Location& where = Location::current());
void expect(bool held, std::string_view what, const Location& where = Location::current());

template <class A, class B>
void expect_equal(const A& expected, const B& got, std::string_view what,
                  const Location& where = Location::current()) {
    if (!(expected == got)) {
        fail(std::string(what), show(expected), show(got), where);
    }
}

template <class T>
T expect_ok(Result<T> result, std::string_view what, const Location& where = Location::current()) {
    if (!result) {
        fail(std::string(what), "success", result.error().to_string(), where);
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

template <class T>
void expect_code(const Result<T>& result, std::initializer_list<ErrorCode> codes,
                 std::string_view what, const Location& where = Location::current()) {
    if (!result && std::find(codes.begin(), codes.end(), result.error().code()) != codes.end()) {
        return;
    }
    std::string expected = "the error";
    for (const ErrorCode code : codes) {
        expected +=
            (code == *codes.begin() ? " " : " or ") + std::string(turntable::to_string(code));
    }
    fail(std::string(what), expected, result ? "success" : result.error().to_string(), where);
}

}  // namespace turntable::inline v0::conformance
