#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "turntable/core/runtime.hpp"
#include "turntable/kv/fake_backend.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::test {

/// A runtime on a clock that the test moves, and a store that fails on request.
///
/// Purpose: what tests of layers start from. Ownership: a value. Threads: one. Errors: none.
struct LayerWorld {
    explicit LayerWorld(RuntimeOptions options = {})
        : clock(std::make_shared<ManualClock>()),
          runtime([&] {
              options.clock = clock;
              options.random = Random::seeded(1);
              return Runtime::create(std::move(options));
          }()),
          fake(runtime) {}

    /// Moves the clock in small steps until the answer is there; gives how far it went.
    template <class T>
    std::chrono::milliseconds advance_until_ready(const Async<T>& answer) const {
        std::chrono::milliseconds moved{0};
        while (!answer.is_ready()) {
            clock->advance(std::chrono::milliseconds(1));
            moved += std::chrono::milliseconds(1);
            std::this_thread::yield();
        }
        return moved;
    }

    std::shared_ptr<ManualClock> clock;
    std::shared_ptr<Runtime> runtime;
    kv::FakeBackend fake;
};

inline const std::string& key_a() {
    static const std::string bytes = kv::Key("a").encoded().to_string();
    return bytes;
}
inline const std::string& key_b() {
    static const std::string bytes = kv::Key("b").encoded().to_string();
    return bytes;
}

/// Sets one key, in a write that lives as long as this.
class SetOne {
  public:
    explicit SetOne(ByteView key, ByteView value = "1") {
        mutation_.key = key;
        mutation_.data = value;
    }
    kv::AtomicWrite write() const { return {.mutations = {&mutation_, 1}}; }

  private:
    kv::Mutation mutation_;
};

}  // namespace turntable::test
