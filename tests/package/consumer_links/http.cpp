#include <turntable/kv.hpp>
#include <turntable/kv/http.hpp>
#include <turntable/kv/registry.hpp>

#include <cstdio>

int main() {
    turntable::kv::Registry registry;
    if (!turntable::kv::register_http(registry)) {
        return 1;
    }
    // Nobody listens there.
    const auto db = registry.open("http://127.0.0.1:1?retry_for=0");
    const auto read = db ? db->get("a") : db.error();
    if (read || read.error().code() != turntable::ErrorCode::io) {
        std::fprintf(stderr, "%s\n", read ? "somebody answered" : read.error().to_string().c_str());
        return 1;
    }
    return 0;
}
