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
    while (true) {
        TURNTABLE_TRY(const auto accounts, db.get_many({from, to}));
        if (!accounts[0] || !accounts[1]) {
            return Error(ErrorCode::not_found, "no such account");
        }
        TURNTABLE_TRY(const int have, balance(*accounts[0]));
        TURNTABLE_TRY(const int had, balance(*accounts[1]));
        if (have < amount) {
            return Error(ErrorCode::out_of_range, "not enough money");
        }
        auto write = db.atomic();
        write.check(from, accounts[0]).check(to, accounts[1]);  // still as we read them?
        write.set(from, std::to_string(have - amount)).set(to, std::to_string(had + amount));
        TURNTABLE_TRY(const kv::CommitResult result, write.commit());
        if (result.committed) {
            return {};
        }  // else somebody was faster: read again
    }
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
