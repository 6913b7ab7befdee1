#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

using std::chrono::milliseconds;

void reopening_keeps_entries(Environment& environment) {
    Store& store = environment.store();
    Write write;
    for (int i = 0; i < 50; ++i) {
        write.set(key({"a", i}), show(i));
    }
    store.commit(write);
    const Versionstamp last = store.commit(Write()
                                               .set(key({"b"}), le64(7), ValueEncoding::le64)
                                               .set(key({"c"}), v8_text("x"), ValueEncoding::v8)
                                               .remove(key({"a", 7})));
    const std::vector<Item> before = store.all();
    store.close();
    store.destroy();
    Store& again = environment.reopen();
    again.expect_all(before);
    again.expect_failed_checks(Write().check(key({"b"}), std::nullopt), {0});
    const Versionstamp next = again.commit(Write().check(key({"b"}), last).sum(key({"b"}), 1));
    expect(next > last, "versionstamps go on after reopening");
}

void destroying_without_close(Environment& environment) {
    Store& store = environment.store();
    store.set(key({"a"}), "x");
    const std::vector<Item> before = store.all();
    store.destroy();
    environment.reopen().expect_all(before);
}

void reopening_keeps_expiry(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t now = environment.now_ms();
    store.commit(Write()
                     .set_until(key({"early"}), "x", now + 1000)
                     .set_until(key({"late"}), "x", now + 5000)
                     .set(key({"never"}), "x"));
    store.close();
    store.destroy();
    environment.advance(milliseconds(2000));
    Store& again = environment.reopen();
    again.expect_absent(key({"early"}));
    again.expect_value(key({"late"}), "x");
    environment.advance(milliseconds(3000));
    again.expect_absent(key({"late"}));
    again.expect_value(key({"never"}), "x");
}

void reopening_keeps_messages(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t now = environment.now_ms();
    const std::string dead = key({"dead"});
    store.commit(Write()
                     .enqueue(v8_text("running"), now)
                     .enqueue(v8_text("later"), now + 500'000)
                     .enqueue(v8_text("failing"), now + 1, {dead}, std::vector<std::uint32_t>{}));
    const QueueMessage running = store.take();
    expect_equal(v8_text("running"), running.payload.to_string(), "the message that is due");
    store.close();
    store.destroy();
    Store& again = environment.reopen();
    environment.advance(milliseconds(1));
    const QueueMessage failing = again.take();
    expect_equal(v8_text("failing"), failing.payload.to_string(), "a message after reopening");
    again.finish_well(failing.id, Delivery::failed);
    again.expect_value(dead, v8_text("failing"), ValueEncoding::v8);
    environment.advance(milliseconds(100'000));
    // The end of the lease may count as a failed attempt, which the schedule of the message delays
    // from whenever the backend notices.
    auto take = again.start_take();
    for (int steps = 0; steps < 100 && !take.wait_for(milliseconds(5)); ++steps) {
        environment.advance(milliseconds(default_backoff_ms[0]));
    }
    const QueueMessage redelivered =
        expect_ok(take.get("the take after reopening and the end of a lease"), "take");
    expect_equal(v8_text("running"), redelivered.payload.to_string(),
                 "the message that was leased when the database was closed");
    again.finish_well(redelivered.id, Delivery::done);
    environment.advance(milliseconds(400'000));
    const QueueMessage later = again.take();
    expect_equal(v8_text("later"), later.payload.to_string(), "the scheduled message");
    again.finish_well(later.id, Delivery::done);
}

void a_second_handle(Environment& environment) {
    Store& store = environment.store();
    Store& other = environment.second();
    const std::string name = key({"a"});
    Versionstamp last;
    for (int i = 0; i < 10; ++i) {
        Store& writer = i % 2 == 0 ? store : other;
        Store& reader = i % 2 == 0 ? other : store;
        const Versionstamp stamp = writer.commit(Write().sum(name, 1));
        expect(stamp > last, "versionstamps of two handles are in one order");
        expect_equal(stamp, reader.get(name).value_or(Item{}).stamp,
                     "the commit of one handle, read by another");
        last = stamp;
    }
    other.expect_failed_checks(Write().check(name, std::nullopt).remove(name), {0});
    other.close();
    store.expect_value(name, le64(10), ValueEncoding::le64);
}

void two_handles_write_at_once(Environment& environment) {
    Store& store = environment.store();
    Store& other = environment.second();
    constexpr int writes = 40;
    const std::string name = key({"a"});
    environment.in_threads(2, [&](unsigned thread) {
        for (int i = 0; i < writes; ++i) {
            (thread == 0 ? store : other).commit(Write().sum(name, 1));
        }
    });
    store.expect_value(name, le64(2 * writes), ValueEncoding::le64);
    other.expect_value(name, le64(2 * writes), ValueEncoding::le64);
}

void read_only_is_refused(Environment& environment) {
    Store& store = environment.store();
    const std::vector<Item> before = store.all();
    const std::initializer_list<ErrorCode> refused{ErrorCode::permission_denied};
    store.expect_error(Write().set(key({"a"}), "x"), refused);
    store.expect_error(Write().remove(key({"a"})), refused);
    store.expect_error(Write(), refused);
    store.expect_all(before);
}

void deadline_already_passed(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    store.set(name, "before");
    const Context late = environment.expired_context();
    expect_code(store.try_write(Write().set(name, "no"), late), {ErrorCode::timeout},
                "a write whose deadline has passed");
    store.expect_value(name, "before");
    std::stop_source stop;
    stop.request_stop();
    Context stopped;
    stopped.stop = stop.get_token();
    expect_code(store.try_write(Write().set(name, "no"), stopped), {ErrorCode::cancelled},
                "a write that was asked to stop before");
    store.expect_value(name, "before");
    store.set(name, "after");
    store.expect_value(name, "after");
}

void undeclared_calls(Environment& environment) {
    Store& store = environment.store();
    const Capabilities can = store.capabilities();
    const std::initializer_list<ErrorCode> refused{ErrorCode::unsupported};
    const std::string name = key({"a"});
    int tried = 0;
    const auto attempt = [&](bool declared, auto&& call) {
        if (!declared) {
            ++tried;
            call();
        }
    };
    attempt(can.snapshots, [&] {
        expect_code(environment.await(store.backend().open_snapshot({}), "open_snapshot"), refused,
                    "open_snapshot");
    });
    attempt(can.delete_range, [&] {
        expect_code(
            environment.await(store.backend().delete_range({}, name, "\xFF"), "delete_range"),
            refused, "delete_range");
    });
    attempt(can.watch_keys, [&] {
        const WatchTarget target{name};
        expect_code(store.backend().watch({}, {&target, 1}), refused, "watch");
    });
    attempt(can.watch_ranges, [&] {
        const WatchTarget target{name, ByteView("\xFF")};
        expect_code(store.backend().watch({}, {&target, 1}), refused, "watch of a range");
    });
    attempt(can.queue, [&] {
        expect_code(environment.await(store.backend().queue_take({}), "queue_take"), refused,
                    "queue_take");
    });
    attempt(can.native_backup, [&] {
        expect_code(
            environment.await(store.backend().backup_to({}, "/nowhere", false), "backup_to"),
            refused, "backup_to");
        expect_code(environment.await(store.backend().restore_from({}, "/nowhere"), "restore_from"),
                    refused, "restore_from");
    });
    if (!can.read_only) {
        attempt(can.set_expiry, [&] { store.expect_error(Write().set_expiry(name, 1), refused); });
        attempt(can.queue, [&] { store.expect_error(Write().enqueue("x", 1), refused); });
    }
    if (tried == 0) {
        throw NotApplicable{"the backend declares everything"};
    }
}

void health_is_told(Environment& environment) {
    Store& store = environment.store();
    const Health health =
        expect_ok(environment.await(store.backend().health({}), "health"), "health");
    expect(health.state == Health::State::healthy, "a database just opened is healthy");
    expect(health.latency.count() >= 0, "a latency is not negative");
    const Limits limits = store.limits();
    expect(limits.key_bytes >= 64 && limits.value_bytes >= 1024, "limits leave room for entries");
    expect(limits.read_key_bytes > limits.key_bytes,
           "the successor of the longest key can be named");
    expect(limits.checks > 0 && limits.mutations > 0 && limits.ranges > 0 &&
               limits.read_entries > 0 && limits.write_bytes > 0,
           "no limit is zero");
}

void delete_range_removes(Environment& environment) {
    Store& store = environment.store();
    Write write;
    for (int i = 0; i < 20; ++i) {
        write.set(key({"r", i}), show(i));
    }
    const Versionstamp before = store.commit(write);
    const auto remove = [&](const std::string& start, const std::string& end) {
        store.note("delete_range " + show(start) + " to " + show(end));
        return expect_ok(
            environment.await(store.backend().delete_range({}, start, end), "delete_range"),
            "delete_range");
    };
    std::vector<Item> rest = store.all();
    rest.erase(rest.begin() + 5, rest.begin() + 12);
    const DeleteRangeOutput some = remove(key({"r", 5}), key({"r", 12}));
    expect_equal(std::uint64_t{7}, some.removed, "entries removed");
    expect(some.versionstamp > before, "delete_range is a commit");
    store.expect_all(rest);
    expect_equal(std::uint64_t{0}, remove(key({"r", 5}), key({"r", 12})).removed,
                 "entries removed from an empty range");
    expect_equal(std::uint64_t{0}, remove(key({"r", 1}), key({"r", 1})).removed,
                 "entries removed between a key and itself");
    expect_code(
        environment.await(store.backend().delete_range({}, key({"b"}), key({"a"})), "delete_range"),
        {ErrorCode::invalid_argument}, "delete_range of an inverted range");
    store.expect_all(rest);
    expect_equal(std::uint64_t{13}, remove(std::string(1, '\0'), "\xFF").removed,
                 "entries removed");
    store.expect_all({});
}

}  // namespace

std::vector<Case> lifecycle_cases() {
    using enum Need;
    return {
        {"reopen.keeps_entries",
         "Entries, encodings and versionstamps are there after reopening, and stamps go on.",
         {writes, reopen},
         reopening_keeps_entries},
        {"reopen.without_close",
         "What was acknowledged is there although nobody called close.",
         {writes, reopen},
         destroying_without_close},
        {"reopen.keeps_expiry",
         "Entries expire at their time also across reopening.",
         {writes, reopen, controllable_clock},
         reopening_keeps_expiry},
        {"reopen.keeps_messages",
         "Waiting and leased messages survive reopening.",
         {writes, reopen, queue, controllable_clock},
         reopening_keeps_messages},
        {"handles.share_one_order",
         "Two handles see each other's commits, in one order.",
         {writes, second_handle},
         a_second_handle},
        {"handles.write_at_once",
         "Two handles that write at once lose nothing.",
         {writes, second_handle, concurrent},
         two_handles_write_at_once},
        {"read_only.is_refused",
         "A read-only database refuses every write and stays readable.",
         {read_only},
         read_only_is_refused},
        {"context.already_over",
         "A write that is too late or was stopped before it began leaves nothing.",
         {writes},
         deadline_already_passed},
        {"capabilities.undeclared_calls",
         "What is not declared is `unsupported`.",
         {},
         undeclared_calls},
        {"capabilities.health_and_limits",
         "A new database is healthy and its limits are sane.",
         {},
         health_is_told},
        {"delete_range.removes",
         "delete_range removes start <= key < end and counts it.",
         {writes, delete_range},
         delete_range_removes},
    };
}

}  // namespace turntable::inline v0::kv::conformance
