// A database inside the program: open, set, get, list.
#include <iostream>
#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;

int main() {
    const kv::Database db{kv::MemoryBackend()};
    db.set("greeting", "hello").value();  // value() ends the program with the error, if any
    std::cout << db.get("greeting").value()->value.as_text().value() << '\n';

    db.set({"users", 1}, "Ada").value();
    db.set({"users", 2}, "Grace").value();
    std::string names;
    for (auto& user : db.list(kv::prefix("users"))) {
        names += user.value().value.as_text().value() + " ";
    }
    std::cout << names << '\n';
    return names == "Ada Grace " ? 0 : 1;
}
