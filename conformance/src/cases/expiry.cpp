#include <map>
#include <string>

#include "cases/groups.hpp"
#include "environment.hpp"
#include "watcher.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

using std::chrono::milliseconds;

void absent_from_that_instant(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const std::string kept = key({"b"});
    store.set(kept, "kept");
    store.commit(Write().set_until(name, "x", environment.now_ms() + 1000));
    store.expect_value(name, "x");
    environment.advance(milliseconds(999));
    store.expect_value(name, "x");
    expect_equal(std::size_t{2}, store.all().size(), "entries just before the expiry");
    environment.advance(milliseconds(1));
    store.expect_absent(name);
    expect_equal(std::size_t{1}, store.all().size(), "entries at the instant of the expiry");
    environment.advance(milliseconds(100'000));
    store.expect_absent(name);
    store.expect_value(kept, "kept");
}

void a_time_that_has_passed(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    store.set(name, "old");
    store.commit(Write().set_until(name, "x", environment.now_ms() - 1));
    store.expect_absent(name);
    store.commit(Write().set_until(name, "x", environment.now_ms()));
    store.expect_absent(name);
    store.commit(Write().check(name, std::nullopt).set(name, "new"));
    store.expect_value(name, "new");
}

void absent_in_checks_and_mutations(Environment& environment) {
    Store& store = environment.store();
    const auto names = [](int i) { return key({"counter", i}); };
    Write write;
    for (int i = 0; i < 5; ++i) {
        write.set(names(i), le64(50), ValueEncoding::le64, environment.now_ms() + 1000);
    }
    const Versionstamp stamp = store.commit(write);
    environment.advance(milliseconds(1000));
    store.expect_failed_checks(Write().check(names(0), stamp).set(names(0), "no"), {0});
    store.commit(Write().check(names(0), std::nullopt).sum(names(0), 5));
    store.expect_value(names(0), le64(5), ValueEncoding::le64);
    store.commit(Write().min(names(1), 100).max(names(2), 7));
    store.expect_value(names(1), le64(100), ValueEncoding::le64);
    store.expect_value(names(2), le64(7), ValueEncoding::le64);
    store.commit(Write().sum_v8(names(3), v8_number(2)));
    expect_equal(std::string("2"), v8_print(store.get(names(3))->data),
                 "a sum of numbers over an expired counter");
    store.expect_absent(names(4));
}

void limits_count_live_entries(Environment& environment) {
    Store& store = environment.store();
    Write write;
    for (int i = 0; i < 20; ++i) {
        write.set_until(key({i}), show(i),
                        i % 3 == 0 ? never_expires : environment.now_ms() + 1000);
    }
    store.commit(write);
    environment.advance(milliseconds(1000));
    for (const bool reverse : {false, true}) {
        const std::vector<Item> items = store.list(ByteView("\0", 1), "\xFF", 4, reverse);
        std::vector<std::string> got;
        for (const Item& item : items) {
            got.push_back(item.data);
        }
        const std::vector<std::string> expected =
            reverse ? std::vector<std::string>{"18", "15", "12", "9"}
                    : std::vector<std::string>{"0", "3", "6", "9"};
        expect_equal(expected, got, "the first four live entries");
    }
}

void rewriting_ends_the_expiry(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t soon = environment.now_ms() + 1000;
    const std::string set = key({"set"});
    const std::string sum = key({"sum"});
    const std::string max = key({"max"});
    const std::string again = key({"again"});
    store.commit(Write()
                     .set_until(set, "x", soon)
                     .set(sum, le64(1), ValueEncoding::le64, soon)
                     .set(max, le64(1), ValueEncoding::le64, soon)
                     .set_until(again, "x", soon));
    store.commit(Write().set(set, "y").sum(sum, 1).max(max, 2).remove(again));
    store.set(again, "z");
    environment.advance(milliseconds(2000));
    store.expect_value(set, "y");
    store.expect_value(sum, le64(2), ValueEncoding::le64);
    store.expect_value(max, le64(2), ValueEncoding::le64);
    store.expect_value(again, "z");
}

void set_expiry_moves_the_time(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t start = environment.now_ms();
    const auto name = [](const char* text) { return key({text}); };
    store.commit(Write()
                     .set_until(name("longer"), "x", start + 1000)
                     .set_until(name("shorter"), "x", start + 9000)
                     .set_until(name("ever"), "x", start + 1000)
                     .set(name("from ever"), "x")
                     .set_until(name("too late"), "x", start + 500));
    store.commit(Write()
                     .set_expiry(name("longer"), start + 5000)
                     .set_expiry(name("shorter"), start + 2000)
                     .set_expiry(name("ever"), never_expires)
                     .set_expiry(name("from ever"), start + 2000)
                     .set_expiry(name("never there"), start + 9000));
    store.expect_absent(name("never there"));
    environment.advance(milliseconds(1999));
    store.commit(Write().set_expiry(name("too late"), start + 9000));
    store.expect_absent(name("too late"));
    for (const char* there : {"longer", "shorter", "ever", "from ever"}) {
        store.expect_value(name(there), "x");
    }
    environment.advance(milliseconds(1));
    store.expect_absent(name("shorter"));
    store.expect_absent(name("from ever"));
    store.expect_value(name("longer"), "x");
    environment.advance(milliseconds(2999));
    store.expect_value(name("longer"), "x");
    environment.advance(milliseconds(1));
    store.expect_absent(name("longer"));
    store.expect_value(name("ever"), "x");
}

void watchers_are_told(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    Watcher watcher(store, {{name, {}}});
    watcher.until([&] { return watcher.knows(name) && !watcher.state(name); }, "the first state");
    store.commit(Write().set_until(name, "x", environment.now_ms() + 1000));
    watcher.until_value(name, "x");
    environment.advance(milliseconds(1000));
    watcher.until([&] { return !watcher.state(name); }, "the expiry");
}

void many_times(Environment& environment) {
    Store& store = environment.store();
    constexpr int entries = 120;
    Write write;
    const std::int64_t start = environment.now_ms();
    for (int i = 0; i < entries; ++i) {
        write.set_until(key({i}), show(i), start + 100 + (i * 37) % entries);
    }
    store.commit(write);
    for (std::int64_t time = 100; time <= 100 + entries; time += 10) {
        environment.advance_to(start + time);
        std::size_t alive = 0;
        for (int i = 0; i < entries; ++i) {
            alive += 100 + (i * 37) % entries > time ? 1 : 0;
        }
        expect_equal(alive, store.all().size(), "live entries after " + show(time) + " ms");
    }
}

void delete_range_counts_the_living(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().set_until(key({1}), "x", environment.now_ms() + 1000).set(key({2}), "x"));
    environment.advance(milliseconds(1000));
    const auto removed =
        expect_ok(environment.await(store.backend().delete_range({}, ByteView("\0", 1), "\xFF"),
                                    "delete_range"),
                  "delete_range");
    expect_equal(std::uint64_t{1}, removed.removed, "entries removed");
}

/// What a read tells of when entries expire, by key.
std::map<std::string, std::int64_t> times_in(const ReadOutput& output) {
    std::map<std::string, std::int64_t> times;
    for (const EntryBatch& batch : output) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            times[show(batch[i].key)] = batch[i].expire_at_ms;
        }
    }
    return times;
}

void reads_tell_the_times(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t later = environment.now_ms() + 3'600'000;
    const std::string bounded = key({"bounded"});
    const std::string forever = key({"forever"});
    const std::string ended_key = key({"ended"});
    store.commit(Write().set_until(bounded, "x", later).set_until(ended_key, "x", later));
    store.commit(Write().set(forever, "x").set(ended_key, "x"));
    const std::map<std::string, std::int64_t> expected{
        {show(bounded), later}, {show(forever), never_expires}, {show(ended_key), never_expires}};
    const ReadRange all{ByteView("\0", 1), "\xFF", 10, false};
    const auto read = expect_ok(
        environment.await(store.backend().snapshot_read({}, {&all, 1}, {}), "snapshot_read"),
        "snapshot_read");
    expect(expected == times_in(read), "a read tells when each entry expires");
    if (store.capabilities().snapshots) {
        const SnapshotHandle snapshot = expect_ok(
            environment.await(store.backend().open_snapshot({}), "open_snapshot"), "open_snapshot");
        const auto seen = expect_ok(
            environment.await(snapshot->read({}, {&all, 1}), "snapshot read"), "snapshot read");
        expect(expected == times_in(seen), "a read of a snapshot tells when each entry expires");
    }
}

}  // namespace

std::vector<Case> expiry_cases() {
    using enum Need;
    return {
        {"expiry.absent_from_that_instant",
         "An entry is there until it expires and gone from then.",
         {writes, controllable_clock},
         absent_from_that_instant},
        {"expiry.time_that_has_passed",
         "An entry that is written expired is absent at once.",
         {writes, controllable_clock},
         a_time_that_has_passed},
        {"expiry.absent_in_checks_and_mutations",
         "Checks, sums, min and max take an expired entry as absent.",
         {writes, controllable_clock},
         absent_in_checks_and_mutations},
        {"expiry.limits_count_live_entries",
         "Expired entries do not use up the limit of a range.",
         {writes, controllable_clock},
         limits_count_live_entries},
        {"expiry.rewriting_ends_it",
         "Writing an entry without an expiry ends the one it had.",
         {writes, controllable_clock},
         rewriting_ends_the_expiry},
        {"expiry.set_expiry_moves_it",
         "set_expiry moves or ends an expiry, keeps the value, and revives nothing.",
         {writes, set_expiry, controllable_clock},
         set_expiry_moves_the_time},
        {"range.tells_expiry_times",
         "Reads of ranges, of a snapshot too, tell when each entry expires.",
         {writes, expiry_times},
         reads_tell_the_times},
        {"expiry.watchers_are_told",
         "A watch tells that an entry expired.",
         {writes, watch_keys, controllable_clock},
         watchers_are_told},
        {"expiry.many_times",
         "Many entries expire each at its own time.",
         {writes, controllable_clock},
         many_times},
        {"expiry.delete_range_counts_the_living",
         "delete_range does not count expired entries.",
         {writes, delete_range, controllable_clock},
         delete_range_counts_the_living},
    };
}

}  // namespace turntable::inline v0::kv::conformance
