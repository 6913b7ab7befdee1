#include <turntable/kv.hpp>
#include <turntable/kv/lmdb.hpp>
#include <turntable/kv/registry.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    turntable::kv::Registry registry;
    if (argc != 2 || !turntable::kv::register_lmdb(registry)) {
        return 1;
    }
    const auto db = registry.open("lmdb:" + std::string(argv[1]) + "/db");
    const auto written = db ? db->set("a", "b") : db.error();
    if (!written) {
        std::fprintf(stderr, "%s\n", written.error().to_string().c_str());
        return 1;
    }
    return 0;
}
