#include <algorithm>

#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

constexpr unsigned writers = 4;
constexpr int writes_each = 40;

void sums_add_up(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"counter"});
    environment.in_threads(writers, [&](unsigned) {
        for (int i = 0; i < writes_each; ++i) {
            store.commit(Write().sum(name, 1));
        }
    });
    store.expect_value(name, le64(writers * writes_each), ValueEncoding::le64);
}

void checked_updates_add_up(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"counter"});
    store.set(name, "0");
    environment.in_threads(writers, [&](unsigned) {
        for (int i = 0; i < writes_each; ++i) {
            bool committed = false;
            // Each refusal means that another writer went ahead, which happens this often at most.
            for (unsigned tries = 0; !committed && tries <= writers * writes_each; ++tries) {
                const auto item = store.get(name);
                expect(item.has_value(), "the counter is there");
                const std::string next = show(std::stoi(item->data) + 1);
                const auto result =
                    expect_ok(store.try_write(Write().check(name, item->stamp).set(name, next)),
                              "a checked write");
                committed = result.committed;
            }
            expect(committed, "a refused write means that another one committed");
        }
    });
    store.expect_value(name, show(writers * writes_each));
}

struct Commit {
    unsigned started;
    unsigned ended;
    Versionstamp stamp;
};

void stamps_in_commit_order(Environment& environment) {
    Store& store = environment.store();
    std::atomic<unsigned> moment{0};
    std::mutex mutex;
    std::vector<Commit> commits;
    environment.in_threads(writers, [&](unsigned thread) {
        for (int i = 0; i < writes_each; ++i) {
            const unsigned started = moment++;
            const Versionstamp stamp = store.commit(Write().set(key({thread, i}), "x"));
            const unsigned ended = moment++;
            const std::scoped_lock guard(mutex);
            commits.push_back({started, ended, stamp});
        }
    });
    std::sort(commits.begin(), commits.end(),
              [](const Commit& a, const Commit& b) { return a.stamp < b.stamp; });
    unsigned latest_start = 0;
    for (std::size_t i = 0; i < commits.size(); ++i) {
        if (i > 0 && commits[i - 1].stamp == commits[i].stamp) {
            fail("versionstamps are unique", "different ones", show(commits[i].stamp));
        }
        latest_start = std::max(latest_start, commits[i].started);
        if (commits[i].ended < latest_start) {
            fail("a commit that was acknowledged before another began has the lower versionstamp",
                 "lower", show(commits[i].stamp));
        }
    }
    expect_equal(std::size_t{writers} * writes_each, store.all().size(), "entries written");
}

void opposite_checks(Environment& environment) {
    Store& store = environment.store();
    // Each write checks that the other's key is absent: at most one of two may be there.
    for (int round = 0; round < writes_each; ++round) {
        const std::string names[] = {key({round, "a"}), key({round, "b"})};
        environment.in_threads(2, [&](unsigned thread) {
            expect_ok(store.try_write(
                          Write().check(names[1 - thread], std::nullopt).set(names[thread], "x")),
                      "a checked write");
        });
        const auto present = store.list(key({round}), key({round + 1})).size();
        expect_equal(std::size_t{1}, present, "keys of two writes that exclude each other");
    }
}

void many_pending_writes(Environment& environment) {
    Store& store = environment.store();
    constexpr int count = 100;
    const std::string name = key({"a"});
    std::vector<Pending<CommitResult>> pending;
    for (int i = 0; i < count; ++i) {
        Write write;
        write.set(name, show(i)).sum(key({"n"}), 1);
        if (i % 10 == 3) {
            write.sum(name, 1);  // fails alone, whatever it is grouped with
        }
        pending.push_back(store.start_write(write));
    }
    const bool ordered = store.capabilities().write_order;
    Versionstamp newest;
    int newest_write = 0;
    for (int i = 0; i < count; ++i) {
        const auto result = pending[static_cast<std::size_t>(i)].get("one of many writes");
        if (i % 10 == 3) {
            expect_code(result, {ErrorCode::type_mismatch}, "a failing write among many");
            continue;
        }
        const CommitResult& done = expect_ok(result, "one of many writes");
        expect(done.committed, "one of many writes commits");
        if (done.versionstamp > newest) {
            newest = done.versionstamp;
            newest_write = i;
        } else if (ordered || done.versionstamp == newest) {
            fail("writes started one after the other commit in that order",
                 "more than " + show(newest), show(done.versionstamp));
        }
    }
    store.expect_value(name, show(newest_write));
    store.expect_value(key({"n"}), le64(count - count / 10), ValueEncoding::le64);
}

}  // namespace

std::vector<Case> concurrency_cases() {
    using enum Need;
    return {
        {"writers.sums_add_up",
         "No sum of several writers is lost.",
         {writes, concurrent},
         sums_add_up},
        {"writers.checked_updates_add_up",
         "No checked update of several writers is lost.",
         {writes, concurrent},
         checked_updates_add_up},
        {"writers.stamps_in_commit_order",
         "Versionstamps of several writers are unique and in the order of the commits.",
         {writes, concurrent},
         stamps_in_commit_order},
        {"writers.opposite_checks",
         "Of two writes whose checks exclude each other one commits.",
         {writes, concurrent},
         opposite_checks},
        {"writers.many_pending",
         "Writes that wait together each have a result of their own, in order.",
         {writes, concurrent},
         many_pending_writes},
    };
}

}  // namespace turntable::inline v0::kv::conformance
