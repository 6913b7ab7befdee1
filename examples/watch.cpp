// Follows a setting and everything below a prefix while another thread changes them.
#include <iostream>
#include <string>
#include <thread>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;

int main() {
    const kv::Database db{kv::MemoryBackend()};
    kv::WatchStream watch = db.watch({"speed"}).value();

    std::thread writer([db] {  // handles are cheap to copy
        db.set("speed", "33").value();
        db.set("speed", "45").value();
    });
    std::string newest;
    while (newest != "45") {  // the first step tells that there is no such key yet
        const auto changes = watch.next().value();
        for (const kv::Change& change : *changes) {
            newest = change.entry ? change.entry->value.as_text().value() : "not set";
            std::cout << "speed: " << newest << '\n';
        }
    }
    writer.join();

    db.set({"tracks", 1}, "So What").value();
    auto tracks = db.watch_prefix("tracks").value();
    return tracks.next().value()->size() == 1 ? 0 : 1;
}
