#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

void reads_see_what_was_acknowledged(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"counter"});
    for (int i = 0; i < 50; ++i) {
        store.set(name, show(i));
        store.expect_value(name, show(i));
    }
}

void one_state_over_all_ranges(Environment& environment) {
    Store& store = environment.store();
    const std::string low = key({"a"});
    const std::string high = key({"z"});
    constexpr int writes = 300;
    constexpr int reads_min = 50;
    std::atomic<bool> done{false};
    std::atomic<int> reads_begun{0};
    int written = 0;
    store.commit(Write().set(low, "0").set(high, "0"));
    environment.in_threads(3, [&](unsigned thread) {
        if (thread == 0) {
            // Goes on for readers that begin late on a busy machine.
            while (written < writes || (reads_begun < reads_min && written < 20 * writes)) {
                ++written;
                store.commit(Write().set(low, show(written)).set(high, show(written)));
            }
            done = true;
            return;
        }
        const std::string low_end = low + std::string(1, '\0');
        const std::string high_end = high + std::string(1, '\0');
        const std::vector<ReadRange> ranges{{low, low_end, 1, false}, {high, high_end, 1, false}};
        int last = 0;
        for (int reads = 0; reads < 20 * writes && !done; ++reads) {
            ++reads_begun;
            const auto lists = store.read(ranges);
            expect_equal(std::size_t{1}, lists[0].size(), "entries of the first range");
            expect_equal(std::size_t{1}, lists[1].size(), "entries of the second range");
            expect_equal(lists[0][0].data, lists[1][0].data,
                         "two ranges of one read come from one commit");
            const int now = std::stoi(lists[0][0].data);
            expect(now >= last, "a later read does not see an earlier state");
            last = now;
        }
    });
    store.expect_value(low, show(written));
}

SnapshotHandle open_snapshot(Environment& environment, Store& store) {
    store.note("open_snapshot");
    return expect_ok(environment.await(store.backend().open_snapshot({}), "open_snapshot"),
                     "open_snapshot");
}

std::vector<Item> read_all(Environment& environment, SnapshotSource& snapshot) {
    // Reaching over the reserved keys may be refused; it must not show them.
    const ReadRange wide{ByteView("\0", 1), ByteView("\xFF\xFF"), 1000, false};
    const ReadRange narrow{ByteView("\0", 1), ByteView("\xFF"), 1000, false};
    auto result = environment.await(snapshot.read({}, {&wide, 1}), "read of a snapshot");
    if (!result) {
        result = environment.await(snapshot.read({}, {&narrow, 1}), "read of a snapshot");
    }
    const ReadOutput output = expect_ok(std::move(result), "read of a snapshot");
    std::vector<Item> items;
    for (std::size_t i = 0; i < output.at(0).size(); ++i) {
        const EntryView entry = output[0][i];
        items.push_back(
            {entry.key.to_string(), entry.data.to_string(), entry.encoding, entry.versionstamp});
    }
    return items;
}

void a_snapshot_stays(Environment& environment) {
    Store& store = environment.store();
    const std::string a = key({"a"});
    const std::string b = key({"b"});
    const std::string c = key({"c"});
    store.commit(Write().set(a, "1").set(b, "1"));
    const std::vector<Item> before = store.all();
    const SnapshotHandle first = open_snapshot(environment, store);
    store.commit(Write().set(a, "2").remove(b).set(c, "2"));
    const std::vector<Item> after = store.all();
    const SnapshotHandle second = open_snapshot(environment, store);
    store.commit(Write().set(a, "3").set(b, "3").remove(c));
    for (int round = 0; round < 2; ++round) {
        expect_equal(before, read_all(environment, *first), "the snapshot taken first");
        expect_equal(after, read_all(environment, *second), "the snapshot taken second");
    }
    store.expect_value(a, "3");
}

void a_snapshot_hides_reserved_keys(Environment& environment) {
    Store& store = environment.store();
    Write write;
    write.set_until(key({"a"}), "1", environment.now_ms() + 3'600'000);
    if (store.capabilities().queue) {
        write.enqueue(v8_text("later"), environment.now_ms() + 3'600'000);
    }
    store.commit(write);
    const SnapshotHandle snapshot = open_snapshot(environment, store);
    expect_equal(store.all(), read_all(environment, *snapshot), "everything in the snapshot");
}

}  // namespace

std::vector<Case> snapshot_cases() {
    using enum Need;
    return {
        {"snapshot.reads_see_what_was_acknowledged",
         "A strong read sees every commit that was acknowledged before it.",
         {writes},
         reads_see_what_was_acknowledged},
        {"snapshot.one_state_over_all_ranges",
         "All ranges of one read come from one state, also while others write.",
         {writes, concurrent},
         one_state_over_all_ranges},
        {"snapshot.stays",
         "An open snapshot keeps its state, whatever is written.",
         {writes, snapshots},
         a_snapshot_stays},
        {"snapshot.hides_reserved_keys",
         "A snapshot gives no reserved key.",
         {writes, snapshots},
         a_snapshot_hides_reserved_keys},
    };
}

}  // namespace turntable::inline v0::kv::conformance
