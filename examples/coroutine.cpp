// The same verbs, awaited: no thread waits while an engine works.
#include <iostream>
#include <string>

#include "turntable/kv/memory.hpp"
#include "turntable/kv_async.hpp"

namespace kv = turntable::kv;
using turntable::Async;

Async<int> count_visit(kv::AsyncDatabase db, std::string page) {
    auto counted = co_await db.sum({"visits", page}, 1);
    if (!counted) {
        co_return counted.error();
    }
    auto get = db.get({"visits", page});
    auto& entry = co_await get;  // awaited by name, the answer is read where it is
    if (!entry) {
        co_return entry.error();
    }
    co_return static_cast<int>((*entry)->value.as_u64().value());
}

int main() {
    const kv::AsyncDatabase db{kv::MemoryBackend()};
    count_visit(db, "home").wait().value();
    const int visits = count_visit(db, "home").wait().value();
    std::cout << visits << " visits\n";
    return visits == 2 ? 0 : 1;
}
