// Collection: a record found by a secondary index, against the two gets that this takes.
// `bench_collection FOLDER` puts its file there.

#include <cstdlib>
#include <string>
#include <vector>

#include "harness.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/collection.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

struct User {
    std::int64_t id = 0;
    std::string email;
    std::string about;
};
constexpr auto describe(kv::Type<User> /*type*/) {
    return kv::record<User>("users", kv::field("id", &User::id), kv::field("email", &User::email),
                            kv::field("about", &User::about), kv::primary_key(&User::id),
                            kv::unique("by_email", &User::email));
}

constexpr std::int64_t users = 20'000;
constexpr std::uint64_t finds = 20'000;

std::string email(std::uint64_t number) { return key_text(number) + "@example.org"; }

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void compare(const kv::Database& database, const std::string& engine) {
    const auto collection = kv::Collection<User>::open(database).value();
    for (std::int64_t id = 0; id < users; ++id) {
        const auto number = static_cast<std::uint64_t>(id);
        (void)collection.insert({id, email(number), value_text(number)}).value();
    }
    std::vector<std::uint64_t> order;
    Sequence random(3);
    for (int i = 0; i < 4096; ++i) {
        order.push_back(random.next() % static_cast<std::uint64_t>(users));
    }
    const Work ours = [&] {
        std::uint64_t bytes = 0;
        for (std::uint64_t i = 0; i < finds; ++i) {
            const auto found = collection.find_by("by_email", email(order[i % 4096]));
            bytes += (*found)->value.about.size();
        }
        require(bytes == finds * value_bytes);
        return finds;
    };
    const Work theirs = [&] {
        std::uint64_t bytes = 0;
        for (std::uint64_t i = 0; i < finds; ++i) {
            const auto number = order[i % 4096];
            const auto entry = database.get({"users", "index", "by_email", email(number)});
            const auto record =
                database.get({"users", "record", static_cast<std::int64_t>(number)});
            bytes += (*entry)->value.data().size() + (*record)->value.data().size();
        }
        require(bytes > finds * value_bytes);
        return finds;
    };
    Row row = compare_rates(engine + " Collection find by secondary index", "two raw gets", 1.5, 9,
                            ours, theirs);
    row.unit = "us";
    row.ours = 1e6 / row.ours;
    row.theirs = 1e6 / row.theirs;
    row.larger_is_better = false;
    print(row);
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    turntable::kv::Registry registry;
    turntable::kv::register_memory(registry).value();
    turntable::kv::register_sqlite(registry).value();
    turntable_bench::compare(registry.open("memory:").value(), "memory");
    turntable_bench::compare(
        registry.open("sqlite:" + folder + "/collection.db?durability=off").value(), "sqlite");
    return 0;
}
