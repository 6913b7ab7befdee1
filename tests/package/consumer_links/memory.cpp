#include <turntable/kv.hpp>
#include <turntable/kv/registry.hpp>

int main() {
    turntable::kv::Registry registry;
    if (!turntable::kv::register_memory(registry)) {
        return 1;
    }
    const auto db = registry.open("memory:");
    return db && db->set("a", "b") ? 0 : 1;
}
