// A high-score list: a typed, ordered map, changed by functions and popped from its end.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/map.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;
using turntable::Result;

/// A key of our own: in the order of points, then of names.
struct Rank {
    std::uint64_t points;
    std::string player;
};

template <>
struct turntable::kv::KeyCodec<Rank> {
    static void write(const Rank& rank, std::vector<KeyPart>& parts) {
        parts.emplace_back(rank.points);
        parts.emplace_back(rank.player);
    }
    static Result<Rank> read(KeyReader& parts) {
        TURNTABLE_TRY(const std::uint64_t points, KeyCodec<std::uint64_t>::read(parts));
        TURNTABLE_TRY(std::string player, KeyCodec<std::string>::read(parts));
        return Rank{points, std::move(player)};
    }
};

int main() {
    const kv::Database db{kv::AnyBackend(kv::MemoryBackend())};
    const kv::Map<std::string, std::uint64_t> points(db, "points");
    const kv::Map<Rank, bool> ranking(db, "ranking");

    const auto score = [&](const std::string& player, std::uint64_t more) {
        return db.transact([&](kv::Transaction& tx) -> Result<void> {
            TURNTABLE_TRY(const auto had, points.in(tx).get(player));
            if (had) {
                TURNTABLE_CHECK(ranking.in(tx).remove({*had, player}));
            }
            const std::uint64_t has = had.value_or(0) + more;
            TURNTABLE_CHECK(points.in(tx).insert(player, has));
            return ranking.in(tx).insert({has, player}, true);
        });
    };
    score("ada", 10).value();
    score("grace", 25).value();
    score("ada", 20).value();

    for (auto& entry : ranking.all({.reverse = true})) {
        std::cout << entry->key.player << ' ' << entry->key.points << '\n';
    }
    const auto best = ranking.pop_last().value();
    return best->key.player == "ada" && ranking.size().value() == 1 ? 0 : 1;
}
