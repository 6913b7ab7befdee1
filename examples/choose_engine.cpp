// The engine is chosen when the program runs: by an argument, or by TURNTABLE_KV.
#include <iostream>

#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"

namespace kv = turntable::kv;

int main(int argc, char** argv) {
    kv::Registry engines = kv::Registry::from_environment();  // memory: is there already
    if (engines.default_url().empty()) {
        engines.set_default_url("memory:");
    }
    const auto db = engines.open(argc > 1 ? argv[1] : "");
    if (!db) {
        std::cerr << db.error().to_string()
                  << '\n';  // names the engines, and the nearest to a slip
        return 1;
    }
    db->set("engine", db->url()).value();
    std::cout << db->get("engine").value()->value.as_text().value() << " is "
              << (db->health().value().state == turntable::Health::State::healthy ? "well" : "ill")
              << '\n';
    return engines.open("memroy:").error().code() == turntable::ErrorCode::unknown_provider ? 0 : 1;
}
