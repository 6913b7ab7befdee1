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

#include "expectation.hpp"
#include "turntable/conformance/run.hpp"
#include "write.hpp"

namespace turntable::inline v0::kv::conformance {

/// Long enough to notice an answer that should not come; a slow machine only misses a failure.
inline constexpr std::chrono::milliseconds quiet{20};

using turntable::conformance::expect;
using turntable::conformance::expect_code;
using turntable::conformance::expect_equal;
using turntable::conformance::expect_ok;
using turntable::conformance::fail;
using turntable::conformance::Failure;
using turntable::conformance::Hang;
using turntable::conformance::in_threads;
using turntable::conformance::Location;
using turntable::conformance::NotApplicable;
using turntable::conformance::Pending;
using turntable::conformance::show;

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
    void trace(std::string line) { trace_.add(std::move(line)); }
    std::vector<std::string> take_trace() { return trace_.take(); }
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
    template <class F>
    void in_threads(unsigned count, F work) {
        turntable::conformance::in_threads(count, work);
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
    turntable::conformance::Trace trace_;
};

}  // namespace turntable::inline v0::kv::conformance
