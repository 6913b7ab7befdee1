#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <deque>
#include <exception>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <source_location>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "turntable/conformance/run.hpp"
#include "turntable/core/coroutine.hpp"
#include "write.hpp"

namespace turntable::inline v0::kv::conformance {

/// Long enough to notice an answer that should not come; a slow machine only misses a failure.
inline constexpr std::chrono::milliseconds quiet{20};

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

/// An entry with its key, as the suite compares them.
struct Item {
    std::string key;
    std::string data;
    ValueEncoding encoding = ValueEncoding::bytes;
    Versionstamp stamp = {};

    bool operator==(const Item&) const = default;
};
std::string show(const Item& item);
std::string show(const std::optional<Item>& item);
std::string show(const std::vector<Item>& items);

/// An open database with the calls that cases make; each call goes into the trace.
///
/// Purpose: cases read as sentences. Ownership: owns the backend; ~Store drops it without a close.
/// Threads: calls may overlap as far as those of the backend may.
/// Errors: functions that end in `_result` or begin with `try_` give the error; the others throw a
/// Failure when the backend reports one.
class Store {
  public:
    Store(Environment& environment, std::string label, AnyBackend backend);
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    ~Store();

    AnyBackend& backend() noexcept { return *backend_; }
    Capabilities capabilities() const { return backend_->capabilities(); }
    Limits limits() const { return backend_->capabilities().limits; }

    Result<CommitResult> try_write(const Write& write, const Context& context = {},
                                   const Location& where = Location::current());
    Versionstamp commit(const Write& write, const Location& where = Location::current());
    Versionstamp set(ByteView key, ByteView data, const Location& where = Location::current());
    Versionstamp remove(ByteView key, const Location& where = Location::current());
    /// Must be refused by checks: exactly these.
    void expect_failed_checks(const Write& write, std::vector<std::uint32_t> failed,
                              const Location& where = Location::current());
    /// Must fail with one of these codes.
    void expect_error(const Write& write, std::initializer_list<ErrorCode> codes,
                      const Location& where = Location::current());
    Pending<CommitResult> start_write(const Write& write, const Context& context = {});

    Result<std::vector<std::vector<Item>>> try_read(std::span<const ReadRange> ranges,
                                                    const Context& context = {},
                                                    const Location& where = Location::current());
    std::vector<std::vector<Item>> read(std::span<const ReadRange> ranges,
                                        const Location& where = Location::current());
    std::vector<Item> list(ByteView start, ByteView end, std::uint32_t limit = 1000,
                           bool reverse = false, const Location& where = Location::current());
    /// Everything that a user can name.
    std::vector<Item> all(const Location& where = Location::current());
    std::optional<Item> get(ByteView key, const Location& where = Location::current());
    void expect_value(ByteView key, ByteView data, ValueEncoding encoding = ValueEncoding::bytes,
                      const Location& where = Location::current());
    void expect_absent(ByteView key, const Location& where = Location::current());
    void expect_all(const std::vector<Item>& items, const Location& where = Location::current());

    Pending<QueueMessage> start_take(const Context& context = {});
    QueueMessage take(const Location& where = Location::current());
    Result<void> finish(std::string_view id, Delivery delivery);
    Result<void> extend(std::string_view id);
    void finish_well(std::string_view id, Delivery delivery,
                     const Location& where = Location::current());

    Result<void> try_close();
    void close(const Location& where = Location::current());
    /// Destroys the backend without closing it.
    void destroy();
    Environment& environment() noexcept { return environment_; }
    void note(std::string line);

  private:
    Environment& environment_;
    std::string label_;
    std::optional<AnyBackend> backend_;
};

/// What a case works with: the databases of the subject, the clock, chance, and the trace.
///
/// Purpose: the argument of each case. Ownership: owns the stores it opened; they go, in the order
/// opened last first, with it. Threads: trace and advance from any thread; the rest from one.
/// Errors: throws Failure.
class Environment {
  public:
    Environment(const Subject& subject, const Options& options, ManualClock* clock,
                std::shared_ptr<Clock> shared_clock);
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment();

    const Options& options() const noexcept { return options_; }
    const Subject& subject() const noexcept { return subject_; }
    Runtime& runtime() noexcept { return *runtime_; }
    /// The first database, opened when first asked for.
    Store& store();
    /// A new, empty database; all others are closed.
    Store& fresh();
    Store& reopen();
    Store& second();

    std::int64_t now_ms() const;
    bool can_advance() const noexcept { return clock_ != nullptr; }
    void advance(std::chrono::milliseconds by);
    void advance_to(std::int64_t wall_ms);
    /// A context whose deadline has passed.
    Context expired_context() const;

    std::mt19937_64& random() noexcept { return random_; }
    void trace(std::string line);
    std::vector<std::string> take_trace();
    void count_call() { calls_.fetch_add(1, std::memory_order_relaxed); }
    bool caller_waits() const { return calls_.load(std::memory_order_relaxed) % 2 == 0; }
    /// A call hangs: what is open is kept for ever, since its destructor may hang too.
    void abandon();

    template <class T>
    Result<T> await(Async<T> async, std::string_view what,
                    const Location& where = Location::current()) {
        if (async.is_ready()) {
            return std::move(async.peek());
        }
        Pending<T> pending(std::move(async), options_.patience);
        return pending.get(what, where);
    }
    template <class T>
    Pending<T> pending(Async<T> async) {
        return Pending<T>(std::move(async), options_.patience);
    }
    /// Runs `work(0)` to `work(count - 1)` at the same time; the first failure is thrown again.
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

  private:
    Store& open(const Subject::Open& open, std::string label);

    const Subject& subject_;
    const Options& options_;
    ManualClock* clock_;
    std::shared_ptr<Runtime> runtime_;
    std::vector<std::unique_ptr<Store>> stores_;
    std::mt19937_64 random_;
    std::atomic<unsigned> calls_{0};
    std::mutex trace_mutex_;
    std::deque<std::string> trace_;
};

[[noreturn]] void fail(std::string reason, std::string expected, std::string got,
                       const Location& where = Location::current());
void expect(bool held, std::string_view what, const Location& where = Location::current());

inline std::string show(std::integral auto number) { return std::to_string(number); }
inline std::string show(bool held) { return held ? "true" : "false"; }
inline std::string show(const std::string& text) { return show(ByteView(text)); }
inline std::string show(const char* text) { return show(ByteView(text)); }
inline std::string show(const Versionstamp& stamp) { return stamp.to_string(); }
template <class T>
std::string show(const std::vector<T>& list) {
    std::string text = "[";
    for (const T& one : list) {
        text += (text.size() > 1 ? ", " : "") + show(one);
    }
    return text + "]";
}

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

}  // namespace turntable::inline v0::kv::conformance
