// Counts visits in a database on a server, and says what to do when an answer was lost.
// Start one with `turntable serve`, and give its URL; DENO_KV_ACCESS_TOKEN holds its token.
#include <cstdlib>
#include <iostream>
#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/http.hpp"

namespace kv = turntable::kv;
using turntable::ErrorCode;

namespace {

/// The number of visits after this one.
turntable::Result<std::uint64_t> count_visit(const kv::Database& db) {
    const auto written = db.atomic().sum({"visits"}, 1).commit();
    if (!written && written.error().code() == ErrorCode::commit_unknown) {
        // The server went away for long just now, or is none of ours: look, do not guess.
        std::cerr << "this visit may have been counted: " << written.error().to_string() << '\n';
    } else if (!written) {
        return written.error();
    }
    TURNTABLE_TRY(const auto visits, db.get({"visits"}));
    return visits ? visits->value.as_u64() : turntable::Result<std::uint64_t>(0U);
}

}  // namespace

int main(int argc, char** argv) {
    kv::Registry registry;
    const char* token = std::getenv("DENO_KV_ACCESS_TOKEN");
    kv::register_http(registry, token == nullptr ? "" : token).value();
    const auto db = registry.open(argc > 1 ? argv[1] : "http://127.0.0.1:4512");
    const auto visits = db ? count_visit(*db) : turntable::Result<std::uint64_t>(db.error());
    if (!visits) {
        std::cerr << visits.error().to_string() << '\n';
        return 1;
    }
    std::cout << "visits: " << *visits << '\n';
    return 0;
}
