// A queue with a retry and a dead letter: each message is handled by one handler at a time.
#include <atomic>
#include <chrono>
#include <iostream>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;
using namespace std::chrono_literals;

int main() {
    const kv::Database db{kv::MemoryBackend()};
    std::atomic<int> attempts = 0;
    auto listener = db.listen([&](const kv::Message& job) -> turntable::Result<void> {
        std::cout << "handling " << job.value().as_text().value() << '\n';
        if (job.value().as_text().value() == "hopeless") {
            ++attempts;
            return turntable::Error(turntable::ErrorCode::backend, "try again");
        }
        return {};
    });

    const std::chrono::milliseconds retry_after[] = {1ms, 2ms};
    const kv::Key dead_letters[] = {"undelivered"};
    kv::WatchStream undelivered = db.watch({"undelivered"}).value();
    db.enqueue("easy").value();
    db.enqueue("hopeless", {.backoff = retry_after, .keys_if_undelivered = dead_letters}).value();

    while (true) {
        const auto changes = undelivered.next().value();
        if (const auto& letter = changes->front().entry) {
            std::cout << "gave up on " << letter->value.as_text().value() << " after " << attempts
                      << " attempts\n";
            break;
        }
    }
    listener.value().stop().value();
    return attempts == 3 ? 0 : 1;
}
