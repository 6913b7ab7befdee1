#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0 {

/// Runs work later, on threads of its own choice.
///
/// Purpose: the seam to a program's own event loop or thread pool.
/// Ownership: held by a Runtime through a shared pointer; takes over each posted function.
/// Threads: `post` may be called from any thread and must not run the function before returning.
/// When it runs the work, `post` may not have returned yet on the thread that called it.
/// Errors: none; work posted is run exactly once, or destroyed when the executor ends. A coroutine
/// whose continuation is destroyed unrun never ends: run what is left instead where possible.
class TURNTABLE_EXPORT Executor {
  public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor();
    virtual void post(UniqueFunction<void()> work) = 0;
};

/// The only source of chance in the library.
///
/// Purpose: lets a test repeat what happened.
/// Ownership: held by a Runtime through a shared pointer.
/// Threads: may be called from any thread.
/// Errors: none.
class TURNTABLE_EXPORT Random {
  public:
    Random() = default;
    Random(const Random&) = delete;
    Random& operator=(const Random&) = delete;
    virtual ~Random();
    virtual std::uint64_t next() = 0;
    /// Evenly from `low` to `high`, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high);

    /// Seeded from the operating system.
    static std::shared_ptr<Random> system();
    /// The same numbers for the same seed.
    static std::shared_ptr<Random> seeded(std::uint64_t seed);
};

/// How much a log line matters.
enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// One named detail of a log record.
///
/// Purpose: what a sink may print, index or filter by. Ownership: views that live during the call
/// only. Threads: a value. Errors: none.
struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t> value;
};

/// One event worth telling: which part of the library says what.
///
/// Purpose: the argument of a log sink. It never holds values, keys or secrets.
/// Ownership: views that live during the call only. Threads: a value. Errors: none.
struct LogRecord {
    LogLevel level;
    std::string_view component;
    std::string_view message;
    std::span<const LogField> fields = {};
};

class MetricsRegistry;

/// One-shot timers on the clock of a Runtime.
///
/// Purpose: polling, expiry, leases, deadlines.
/// Ownership: belongs to its Runtime.
/// Threads: all functions may be called from any thread. Callbacks run on one timer thread, one
/// after the other, and must be short; they post what takes longer.
/// Errors: none.
class TURNTABLE_EXPORT Timers {
  public:
    using Id = std::uint64_t;
    Timers() = default;
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;
    virtual ~Timers();

    /// Calls `callback` once, at or after `when`.
    virtual Id call_at(Instant when, UniqueFunction<void()> callback) = 0;
    /// Forgets a timer. When this returns, its callback has finished or will never run; from
    /// inside a callback, cancelling the running timer returns at once.
    virtual void cancel(Id id) = 0;
    /// Forgets a timer, and does not wait for a callback that runs already. What handles a request
    /// to stop may call only this: the callback may be completing the very operation that is
    /// being stopped, which waits for the handler.
    virtual void forget(Id id) = 0;
};

namespace detail {
class ThreadTimers;
}  // namespace detail

/// What a Runtime is made of; every member has a default.
///
/// Purpose: the argument of Runtime::create. Ownership: shares what it names.
/// Threads: a value. Errors: none.
struct RuntimeOptions {
    /// Null: the clock of the machine.
    std::shared_ptr<Clock> clock = nullptr;
    /// Null: seeded from the operating system.
    std::shared_ptr<Random> random = nullptr;
    /// Where continuations of pending operations run. Null: one thread of the runtime's own.
    std::shared_ptr<Executor> completions = nullptr;
    /// Where blocking work of engines runs. Null: `pool_threads` threads of the runtime's own.
    std::shared_ptr<Executor> blocking_pool = nullptr;
    unsigned pool_threads = 4;
    /// Null: nothing is logged. Called from any thread.
    std::shared_ptr<UniqueFunction<void(const LogRecord&)>> log = nullptr;
    /// Where layers count. Null: a registry of the runtime's own.
    std::shared_ptr<MetricsRegistry> metrics = nullptr;
};

/// The threads, clock, chance and log that all stores of a program share.
///
/// Purpose: everything ambient is here, so that a test or a server can replace it.
/// Ownership: shared by the stores opened with it; ends with the last of them, on whichever thread
/// that is. Whoever holds a Promise or a timer keeps the runtime; work in its pools need not: what
/// is posted when it ends is run first.
/// Threads: all functions may be called from any thread. Threads start when first needed.
/// Errors: none.
class TURNTABLE_EXPORT Runtime {
  public:
    static std::shared_ptr<Runtime> create(RuntimeOptions options = {});
    /// The lazily made runtime that serves whoever names none.
    static const std::shared_ptr<Runtime>& shared();

    explicit Runtime(RuntimeOptions options);
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;
    ~Runtime();

    Clock& clock() noexcept { return *clock_; }
    Random& random() noexcept { return *random_; }
    Executor& completions() noexcept { return *completions_; }
    Executor& blocking_pool() noexcept { return *blocking_pool_; }
    Timers& timers() noexcept;
    void log(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields = {});
    /// Whether log() reaches anybody, so that a caller may spare the words.
    bool has_log() const noexcept { return log_ != nullptr && *log_; }
    const std::shared_ptr<MetricsRegistry>& metrics() noexcept { return metrics_; }

  private:
    std::shared_ptr<Clock> clock_;
    std::shared_ptr<Random> random_;
    std::shared_ptr<UniqueFunction<void(const LogRecord&)>> log_;
    std::shared_ptr<MetricsRegistry> metrics_;
    std::shared_ptr<Executor> blocking_pool_;
    std::shared_ptr<Executor> completions_;
    std::shared_ptr<detail::ThreadTimers> timers_;
};

/// A pool of `threads` threads, started when first needed; `name` shows in debuggers.
TURNTABLE_EXPORT std::shared_ptr<Executor> make_thread_pool(unsigned threads, std::string name);

/// True on a thread that runs completions, timers or an engine's own work: waiting for another
/// operation there could wait for itself, so blocking calls return `would_deadlock`.
TURNTABLE_EXPORT bool on_library_thread() noexcept;

/// Marks the current thread as a library thread while it lives.
///
/// Purpose: for executors and backends that start threads of their own.
/// Ownership: none. Threads: acts on the thread that makes it. Errors: none.
class TURNTABLE_EXPORT LibraryThreadScope {
  public:
    LibraryThreadScope() noexcept;
    LibraryThreadScope(const LibraryThreadScope&) = delete;
    LibraryThreadScope& operator=(const LibraryThreadScope&) = delete;
    ~LibraryThreadScope();

  private:
    bool before_;
};

/// Lets the current thread of a pool wait for other operations while it lives.
///
/// Purpose: for what stands on several stores and blocks on them, on a pool of its own: nothing
/// that they wait for runs there. Ownership: none. Threads: acts on the thread that makes it.
/// Errors: none.
class TURNTABLE_EXPORT WaitingThreadScope {
  public:
    WaitingThreadScope() noexcept;
    WaitingThreadScope(const WaitingThreadScope&) = delete;
    WaitingThreadScope& operator=(const WaitingThreadScope&) = delete;
    ~WaitingThreadScope();

  private:
    bool before_;
};

}  // namespace turntable::inline v0
