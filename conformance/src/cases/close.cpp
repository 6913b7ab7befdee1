#include "cases/groups.hpp"
#include "environment.hpp"
#include "watcher.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

constexpr std::initializer_list<ErrorCode> closed{ErrorCode::closed};
constexpr std::initializer_list<ErrorCode> ended{ErrorCode::closed, ErrorCode::cancelled};

void refuses_new_calls(Environment& environment) {
    Store& store = environment.store();
    const Capabilities can = store.capabilities();
    const std::string name = key({"a"});
    store.close();
    const ReadRange range{name, "\xFF", 1, false};
    expect_code(store.try_read({&range, 1}), closed, "snapshot_read after close");
    expect_code(environment.await(store.backend().get({}, name), "get"), closed, "get after close");
    if (!can.read_only) {
        expect_code(store.try_write(Write().set(name, "x")), closed, "atomic_write after close");
    }
    if (can.queue) {
        expect_code(environment.await(store.backend().queue_take({}), "queue_take"), closed,
                    "queue_take after close");
        expect_code(store.finish("x", Delivery::done), closed, "queue_finish after close");
        expect_code(store.extend("x"), closed, "queue_extend after close");
    }
    if (can.watch_keys) {
        const WatchTarget target{name};
        expect_code(store.backend().watch({}, {&target, 1}), closed, "watch after close");
    }
    if (can.snapshots) {
        expect_code(environment.await(store.backend().open_snapshot({}), "open_snapshot"), closed,
                    "open_snapshot after close");
    }
    if (can.delete_range && !can.read_only) {
        expect_code(
            environment.await(store.backend().delete_range({}, name, "\xFF"), "delete_range"),
            closed, "delete_range after close");
    }
    const auto health = environment.await(store.backend().health({}), "health");
    expect(!health || health->state != Health::State::healthy, "a closed database is not healthy");
    expect_ok(store.try_close(), "a second close");
    expect_ok(store.try_close(), "a third close");
}

void expect_end(const Result<std::optional<WatchOutput>>& step, std::string_view what,
                const Location& where = Location::current()) {
    if (step && *step) {
        fail(std::string(what), "the end, or the error closed", "one more step", where);
    }
    if (!step) {
        expect_code(step, ended, what, where);
    }
}

void ends_a_take(Environment& environment) {
    Store& store = environment.store();
    auto first = store.start_take();
    auto second = store.start_take();
    store.close();
    expect_code(first.get("a take while the database is closed"), closed,
                "a take while the database is closed");
    expect_code(second.get("another take while the database is closed"), closed,
                "another take while the database is closed");
}

void ends_a_watch(Environment& environment) {
    Store& store = environment.store();
    Watcher watcher(store, {{key({"a"}), {}}});
    (void)watcher.step();
    watcher.start();
    Watcher idle(store, {{key({"a"}), {}}});
    store.close();
    expect_end(watcher.raw(), "a watch while the database is closed");
    expect_end(watcher.raw(), "a watch after its end");
}

void destroying_ends_what_is_pending(Environment& environment) {
    Store& store = environment.store();
    const Capabilities can = store.capabilities();
    std::optional<Watcher> watcher;
    std::optional<Pending<QueueMessage>> take;
    if (can.watch_keys) {
        watcher.emplace(store, std::vector<Watcher::Target>{{key({"a"}), {}}});
        (void)watcher->step();
        watcher->start();
    }
    if (can.queue) {
        take.emplace(store.start_take());
    }
    store.destroy();
    if (take) {
        expect_code(take->get("a take when the database is destroyed"), ended,
                    "a take when the database is destroyed");
    }
    if (watcher) {
        expect_end(watcher->raw(), "a watch when the database is destroyed");
        expect_end(watcher->raw(), "a watch after the database was destroyed");
    }
}

// Writes until the store is closed; gives the numbers that were acknowledged.
std::vector<int> write_until_closed(Store& store, unsigned thread, std::atomic<int>& started) {
    std::vector<int> acknowledged;
    constexpr int writes_max = 100'000;
    for (int i = 0; i < writes_max; ++i) {
        ++started;
        const auto result = store.try_write(Write().set(key({thread, i}), show(i)));
        if (!result) {
            expect_code(result, closed, "a write while the database is closed");
            return acknowledged;
        }
        acknowledged.push_back(i);
    }
    return acknowledged;
}

// How many entries there are, read in parts that the limits allow.
std::size_t count_entries(Store& store, std::string start, const std::string& end) {
    const auto most =
        static_cast<std::uint32_t>(std::min<std::size_t>(store.limits().read_entries, 100'000));
    for (std::size_t count = 0;;) {
        const auto part = store.list(start, end, most);
        count += part.size();
        if (part.size() < most) {
            return count;
        }
        start = part.back().key + '\0';
    }
}

void while_writing(Environment& environment) {
    Store& store = environment.store();
    const bool reopens = store.capabilities().reopen;
    constexpr unsigned writers = 3;
    std::atomic<int> started{0};
    std::vector<std::vector<int>> acknowledged(writers);
    environment.in_threads(writers + 1, [&](unsigned thread) {
        if (thread < writers) {
            acknowledged[thread] = write_until_closed(store, thread, started);
            return;
        }
        while (started < 60) {
            std::this_thread::yield();
        }
        store.close();
    });
    if (!reopens) {
        return;
    }
    store.destroy();
    Store& again = environment.reopen();
    for (unsigned thread = 0; thread < writers; ++thread) {
        expect_equal(acknowledged[thread].size(),
                     count_entries(again, key({thread}), key({thread + 1})),
                     "the writes that were acknowledged, and only these, are there");
    }
}

void writes_in_flight(Environment& environment) {
    Store& store = environment.store();
    std::vector<Pending<CommitResult>> pending;
    for (int i = 0; i < 30; ++i) {
        pending.push_back(store.start_write(Write().set(key({i}), show(i))));
    }
    store.close();
    for (auto& write : pending) {
        const auto result = write.get("a write in flight at close");
        if (!result) {
            expect_code(result, closed, "a write in flight at close");
        }
    }
}

}  // namespace

std::vector<Case> close_cases() {
    using enum Need;
    return {
        {"close.refuses_new_calls",
         "After close every call is `closed`, and closing again is fine.",
         {},
         refuses_new_calls},
        {"close.ends_a_take", "close ends takes that wait.", {queue}, ends_a_take},
        {"close.ends_a_watch", "close ends watches.", {watch_keys}, ends_a_watch},
        {"close.writes_in_flight",
         "Writes in flight at close finish or are `closed`.",
         {writes, concurrent},
         writes_in_flight},
        {"close.while_writing",
         "Under writers, close lets each write finish or refuses it; nothing acknowledged is lost.",
         {writes, concurrent},
         while_writing},
        {"destroy.ends_what_is_pending",
         "Destroying without close ends takes and watches.",
         {},
         destroying_ends_what_is_pending},
    };
}

}  // namespace turntable::inline v0::kv::conformance
