// Moves money between two accounts: both change or neither does, whatever others do meanwhile.
#include <iostream>
#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

Result<int> balance(const kv::Entry& account) {
    TURNTABLE_TRY(const std::string text, account.value.as_text());
    return std::stoi(text);
}

Result<void> transfer(const kv::Database& db, const kv::Key& from, const kv::Key& to, int amount) {
    // Runs again when somebody changed one of the accounts meanwhile.
    return db.transact([&](kv::Transaction& tx) -> Result<void> {
        TURNTABLE_TRY(const auto source, tx.get(from));
        TURNTABLE_TRY(const auto target, tx.get(to));
        if (!source || !target) {
            return Error(ErrorCode::not_found, "no such account");
        }
        TURNTABLE_TRY(const int have, balance(*source));
        TURNTABLE_TRY(const int had, balance(*target));
        if (have < amount) {
            return Error(ErrorCode::out_of_range, "not enough money");
        }
        tx.set(from, std::to_string(have - amount)).set(to, std::to_string(had + amount));
        return {};
    });
}

int main() {
    const kv::Database db{kv::MemoryBackend()};
    db.set("alice", "100").value();
    db.set("bob", "20").value();
    transfer(db, "alice", "bob", 30).value();
    const bool refused = !transfer(db, "alice", "bob", 1000);
    const std::string bob = db.get("bob").value()->value.as_text().value();
    std::cout << "bob has " << bob << '\n';
    return refused && bob == "50" ? 0 : 1;
}
