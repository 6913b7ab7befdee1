// The smallest useful program on kv and SQLite: opens, writes, reads. For start time and size.

#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"

int main(int argc, char** argv) {
    turntable::kv::Registry registry;
    turntable::kv::register_sqlite(registry).value();
    auto database = registry.open(std::string("sqlite:") + (argc > 1 ? argv[1] : "start.db"));
    if (!database || !database->set("key", "value")) {
        return 1;
    }
    const auto entry = database->get("key");
    return entry && entry->has_value() ? 0 : 1;
}
