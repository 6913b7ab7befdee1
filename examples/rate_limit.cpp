// Three calls a minute for each caller, counted in the database, with a clock that the example
// moves.
#include <chrono>
#include <iostream>
#include <memory>
#include <string_view>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;
using namespace std::chrono_literals;
using turntable::Result;

Result<bool> allow(const kv::Database& db, std::string_view who, std::uint64_t limit,
                   std::chrono::milliseconds window) {
    const auto now = db.runtime().clock().wall_now().time_since_epoch();
    const kv::Key key{"rate", who, now / window};
    return db.transact([&](kv::Transaction& tx) -> Result<bool> {
        TURNTABLE_TRY(const auto entry, tx.get(key));
        if (entry) {
            TURNTABLE_TRY(const std::uint64_t used, entry->value.as_u64());
            if (used >= limit) {
                return false;
            }
        }
        tx.sum(key, 1).set_expiry(key, window);  // a sum ends the expiry, so it is set anew
        return true;
    });
}

int main() {
    const auto clock = std::make_shared<turntable::ManualClock>();
    const auto runtime = turntable::Runtime::create({.clock = clock});
    const kv::Database db(kv::AnyBackend(kv::MemoryBackend({.runtime = runtime})), runtime);
    int allowed = 0;
    for (int minute = 0; minute < 2; ++minute) {
        for (int call = 0; call < 5; ++call) {
            const bool yes = allow(db, "ada", 3, 1min).value();
            std::cout << "minute " << minute << ": " << (yes ? "allowed" : "too many") << '\n';
            allowed += yes ? 1 : 0;
        }
        clock->advance(1min);
    }
    clock->advance(1min);
    // The counters are gone by themselves.
    return allowed == 6 && db.count(kv::everything()).value() == 0 ? 0 : 1;
}
