#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "turntable/kv.hpp"

/// \file
/// A bank whose money is in accounts below two prefixes. Moving it keeps the sum.
namespace turntable::test {

inline constexpr int bank_accounts = 16;
inline constexpr std::uint64_t bank_money = bank_accounts * 100;

inline kv::Key bank_account(int number) {
    return {number % 2 == 0 ? "left" : "right", "account", number};
}

inline Result<void> open_bank(const kv::Database& db) {
    return db.transact([](kv::Transaction& tx) -> Result<void> {
        for (int i = 0; i < bank_accounts; ++i) {
            tx.set(bank_account(i), kv::Value::u64(bank_money / bank_accounts));
        }
        return {};
    });
}

/// How many moves a teller has made.
inline kv::Key bank_teller(int teller) { return {"moves", teller}; }

inline Result<std::uint64_t> number_at(const kv::Transaction& tx, const kv::Key& key) {
    TURNTABLE_TRY(const auto entry, tx.get(key));
    return entry ? entry->value.as_u64() : Result<std::uint64_t>(std::uint64_t{0});
}

/// Moves some money between two accounts and counts it.
inline Result<void> move_money(const kv::Database& db, int teller, std::mt19937_64& random) {
    const int from = static_cast<int>(random() % bank_accounts);
    const int to = static_cast<int>(
        (static_cast<std::uint64_t>(from) + 1 + random() % (bank_accounts - 1)) % bank_accounts);
    const std::uint64_t wanted = random() % 20;
    return db.transact(
        [&](kv::Transaction& tx) -> Result<void> {
            TURNTABLE_TRY(const std::uint64_t source, number_at(tx, bank_account(from)));
            TURNTABLE_TRY(const std::uint64_t target, number_at(tx, bank_account(to)));
            const std::uint64_t amount = std::min(source, wanted);
            tx.set(bank_account(from), kv::Value::u64(source - amount));
            tx.set(bank_account(to), kv::Value::u64(target + amount));
            tx.sum(bank_teller(teller), 1);
            return {};
        },
        {.attempts = 1000, .backoff_max = std::chrono::milliseconds(20)});
}

/// All the money, of one state.
inline Result<std::uint64_t> money_in_bank(const kv::Database& db) {
    TURNTABLE_TRY(const kv::Snapshot snapshot, db.snapshot());
    std::uint64_t sum = 0;
    for (const char* side : {"left", "right"}) {
        for (const auto& entry : snapshot.list(kv::prefix({side, "account"}))) {
            if (!entry) {
                return entry.error();
            }
            TURNTABLE_TRY(const std::uint64_t amount, entry->value.as_u64());
            sum += amount;
        }
    }
    return sum;
}

}  // namespace turntable::test
