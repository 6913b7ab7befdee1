// One call into each component: `all` links.
#include <turntable/config.hpp>
#include <turntable/conformance/run.hpp>
#include <turntable/kv/http.hpp>
#include <turntable/kv/lmdb.hpp>
#include <turntable/kv/registry.hpp>
#include <turntable/kv/sqlite.hpp>

int main() {
    turntable::kv::Registry registry;
    const bool registered = turntable::kv::register_memory(registry).has_value() &&
                            turntable::kv::register_sqlite(registry).has_value() &&
                            turntable::kv::register_lmdb(registry).has_value() &&
                            turntable::kv::register_http(registry).has_value();
    const auto config = turntable::Config::parse("[kv.app]\nurl = \"memory:\"\n", "text");
    const auto cases = turntable::kv::conformance::all_cases();
    return registered && config && !cases.empty() ? 0 : 1;
}
