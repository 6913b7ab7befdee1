#include "turntable/core/runtime.hpp"

#include <mutex>
#include <random>
#include <utility>

#include "core/timers.hpp"
#include "turntable/core/metrics.hpp"

namespace turntable::inline v0 {

namespace {

thread_local bool is_library_thread = false;

class EngineRandom final : public Random {
  public:
    explicit EngineRandom(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override {
        const std::scoped_lock guard(mutex_);
        return engine_();
    }

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace

Executor::~Executor() = default;
Random::~Random() = default;
Timers::~Timers() = default;

std::uint64_t Random::between(std::uint64_t low, std::uint64_t high) {
    const std::uint64_t span = high - low + 1;  // 0 means the whole range
    return span == 0 ? next() : low + next() % span;
}

std::shared_ptr<Random> Random::system() {
    std::random_device device;
    return seeded((std::uint64_t{device()} << 32U) | device());
}

std::shared_ptr<Random> Random::seeded(std::uint64_t seed) {
    return std::make_shared<EngineRandom>(seed);
}

bool on_library_thread() noexcept { return is_library_thread; }

LibraryThreadScope::LibraryThreadScope() noexcept
    : before_(std::exchange(is_library_thread, true)) {}
LibraryThreadScope::~LibraryThreadScope() { is_library_thread = before_; }

WaitingThreadScope::WaitingThreadScope() noexcept
    : before_(std::exchange(is_library_thread, false)) {}
WaitingThreadScope::~WaitingThreadScope() { is_library_thread = before_; }

Runtime::Runtime(RuntimeOptions options)
    : clock_(options.clock ? std::move(options.clock) : Clock::system()),
      random_(options.random ? std::move(options.random) : Random::system()),
      log_(std::move(options.log)),
      metrics_(options.metrics ? std::move(options.metrics) : std::make_shared<MetricsRegistry>()),
      blocking_pool_(options.blocking_pool
                         ? std::move(options.blocking_pool)
                         : make_thread_pool(options.pool_threads, "turntable-pool")),
      completions_(options.completions ? std::move(options.completions)
                                       : make_thread_pool(1, "turntable-done")),
      timers_(std::make_shared<detail::ThreadTimers>(clock_)) {}

Runtime::~Runtime() {
    // Work that is still queued completes operations, which posts to the completions and cancels
    // timers: so no timer fires from here on, then the pool runs dry, then the completions.
    timers_->end();
    blocking_pool_.reset();
    completions_.reset();
}

Timers& Runtime::timers() noexcept { return *timers_; }

std::shared_ptr<Runtime> Runtime::create(RuntimeOptions options) {
    return std::make_shared<Runtime>(std::move(options));
}

const std::shared_ptr<Runtime>& Runtime::shared() {
    static const std::shared_ptr<Runtime> runtime = create();
    return runtime;
}

void Runtime::log(LogLevel level, std::string_view component, std::string_view message,
                  std::span<const LogField> fields) {
    if (has_log()) {
        (*log_)(LogRecord{level, component, message, fields});
    }
}

}  // namespace turntable::inline v0
