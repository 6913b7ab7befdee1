// Everything from one store into another, and the proof that it arrived.
#include <iostream>

#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/transfer.hpp"

namespace kv = turntable::kv;
using turntable::Result;

namespace {

/// Copies, shows how far it is, and compares.
Result<bool> move_house(const kv::Database& from, const kv::Database& to) {
    kv::TransferOptions options;
    options.count_first = true;  // so that progress knows how much there is
    options.on_progress = [](const kv::TransferProgress& now) {
        std::cout << now.entries << " of " << now.total << '\n';
    };
    // Broke off, also by a kill? The same call again goes on.
    TURNTABLE_TRY(const kv::TransferReport report, kv::copy(from, to, options));
    TURNTABLE_TRY(const kv::VerifyReport verified, kv::verify(from, to));
    std::cout << report.written << " written, checksum "
              << kv::checksum_text(verified.second_checksum) << '\n';
    return verified.equal();
}

}  // namespace

int main() {
    kv::Registry engines = kv::Registry::from_environment();
    const kv::Database from = engines.open("memory:").value();
    const kv::Database to = engines.open("memory:").value();
    for (int i = 0; i < 1000; ++i) {
        from.set({"users", i}, "user " + std::to_string(i)).value();
    }
    const Result<bool> moved = move_house(from, to);
    if (!moved) {
        std::cerr << moved.error().to_string() << '\n';
        return 1;
    }
    return *moved && to.count(kv::everything()).value() == 1000 ? 0 : 1;
}
