// A program of a user with a new compiler: coroutines and C++23 on the same installation.
// consumer FOLDER: makes its files there.
#include <turntable/kv/memory.hpp>
#include <turntable/kv/registry.hpp>
#include <turntable/kv/sqlite.hpp>
#include <turntable/kv_async.hpp>
#include <turntable/version.hpp>

#include <expected>
#include <iostream>
#include <string>

namespace kv = turntable::kv;
using turntable::Async;

namespace {

Async<std::uint64_t> count_visits(kv::AsyncDatabase db) {
    auto added = co_await db.sum("visits", 2);
    if (!added) {
        co_return added.error();
    }
    auto write = db.atomic();
    write.sum("visits", 1).set({"page", 1}, "home");
    auto commit = write.commit();
    auto& committed = co_await commit;
    if (!committed) {
        co_return committed.error();
    }
    std::uint64_t entries = 0;
    auto list = db.list(kv::prefix("page"));
    while (true) {
        auto next = co_await list.next();
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            break;
        }
        ++entries;
    }
    auto get = db.get("visits");
    auto& entry = co_await get;
    if (!entry) {
        co_return entry.error();
    }
    co_return entries * 10 + (*entry)->value.as_u64().value();
}

std::expected<std::uint64_t, std::string> visits_of(const kv::Registry& registry,
                                                    const std::string& url) {
    auto opened = registry.open(url);
    if (!opened) {
        return std::unexpected(opened.error().to_string());
    }
    const auto visits = count_visits(*opened).wait();
    if (!visits) {
        return std::unexpected(visits.error().to_string());
    }
    return *visits;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string folder = count > 1 ? arguments[1] : ".";
    kv::Registry registry;
    kv::register_memory(registry).value();
    kv::register_sqlite(registry).value();
    bool held = true;
    for (const std::string& url : {std::string("memory:"), "sqlite:" + folder + "/new.db"}) {
        const auto visits = visits_of(registry, url);
        std::cout << turntable::library_version() << ' ' << url << ": "
                  << (visits ? std::to_string(*visits) : visits.error()) << '\n';
        held = held && visits == 13U;
    }
    return held ? 0 : 1;
}
