#include "cases/groups.hpp"
#include "environment.hpp"
#include "watcher.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

using std::chrono::milliseconds;

void first_the_state(Environment& environment) {
    Store& store = environment.store();
    const std::string there = key({"there"});
    const std::string gone = key({"gone"});
    const Versionstamp stamp = store.set(there, "x");
    Watcher watcher(store, {{there, {}}, {gone, {}}});
    const auto first = watcher.step();
    expect(first.has_value(), "a watch begins with a state");
    expect_equal(std::size_t{2}, first->size(), "keys in the first step");
    expect_equal(std::optional(Item{there, "x", ValueEncoding::bytes, stamp}), watcher.state(there),
                 "the first state of a key that is there");
    expect(watcher.knows(gone) && !watcher.state(gone), "an absent key is told as absent");
}

void tells_changes(Environment& environment) {
    Store& store = environment.store();
    const std::string a = key({"a"});
    const std::string b = key({"b"});
    Watcher watcher(store, {{a, {}}, {b, {}}});
    (void)watcher.step();
    store.set(a, "1");
    watcher.until_value(a, "1");
    store.commit(Write().sum(b, 5));
    watcher.until_value(b, le64(5));
    store.remove(a);
    watcher.until([&] { return !watcher.state(a); }, "a removal");
    const Versionstamp stamp = store.commit(Write().set(a, "2").sum(b, 1));
    watcher.until_value(a, "2");
    expect_equal(le64(6), watcher.state(b)->data, "both keys of one commit come in one step");
    expect_equal(stamp, watcher.state(a)->stamp, "the versionstamp that a watch tells");
}

void latest_wins(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    Watcher watcher(store, {{name, {}}});
    (void)watcher.step();
    Versionstamp last;
    for (int i = 0; i < 200; ++i) {
        last = store.set(name, show(i));
    }
    // Nobody asked in between, so all of it may come as one step, and must end with the last.
    watcher.until_value(name, "199");
    expect_equal(last, watcher.state(name)->stamp, "the last versionstamp");
}

void quiet_without_changes(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    store.set(name, "1");
    Watcher watcher(store, {{name, {}}});
    (void)watcher.step();
    expect(watcher.stays_quiet_for(quiet), "a watch waits while nothing changes");
    store.set(key({"other"}), "x");
    store.expect_failed_checks(Write().check(name, std::nullopt).set(name, "no"), {0});
    expect(watcher.stays_quiet_for(quiet), "a watch waits while only other keys change");
    store.set(name, "2");
    (void)watcher.step();
    expect_equal(std::string("2"), watcher.state(name).value_or(Item{}).data,
                 "the step after a change holds it");
}

void suffixed_keys_too(Environment& environment) {
    Store& store = environment.store();
    const std::string prefix = key({"log"});
    Watcher range(store, {{prefix, std::string("\xFF")}});
    (void)range.step();
    const Versionstamp stamp = store.commit(Write().set_suffixed(prefix, "line"));
    range.until_value(key({"log", stamp.to_string()}), "line");
}

void a_suffixed_key_by_name(Environment& environment) {
    Store& store = environment.store();
    const Versionstamp stamp = store.commit(Write().set_suffixed(key({"log"}), "1"));
    const std::string name = key({"log", stamp.to_string()});
    Watcher watcher(store, {{name, {}}});
    watcher.until_value(name, "1");
    store.remove(name);
    watcher.until([&] { return !watcher.state(name); }, "that a suffixed key was removed");
}

void ranges(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().set(key({"a"}), "x").set(key({"r", 1}), "1").set(key({"r", 2}), "2"));
    const std::string start = key({"r"});
    const std::string end = key({"s"});
    Watcher watcher(store, {{start, end}});
    (void)watcher.step();
    expect_equal(store.list(start, end), watcher.entries(), "the first state of a range");
    store.commit(Write().set(key({"r", 3}), "3").remove(key({"r", 1})).set(key({"z"}), "x"));
    watcher.until([&] { return watcher.state(key({"r", 3})).has_value(); }, "a new entry");
    expect_equal(store.list(start, end), watcher.entries(), "the range after a commit");
    store.commit(Write().set(start, "at the start").set(end, "at the end"));
    watcher.until_value(start, "at the start");
    expect(!watcher.knows(end), "the end of a range is not in it");
    expect_equal(store.list(start, end), watcher.entries(), "the range in the end");
}

void two_watchers(Environment& environment) {
    Store& store = environment.store();
    const std::string a = key({"a"});
    const std::string b = key({"b"});
    Watcher first(store, {{a, {}}});
    Watcher second(store, {{b, {}}, {a, {}}});
    (void)first.step();
    (void)second.step();
    store.set(a, "1");
    first.until_value(a, "1");
    second.until_value(a, "1");
    {
        Watcher third(store, {{a, {}}});
        (void)third.step();
        third.start();  // and goes while it is pending
    }
    store.commit(Write().set(a, "2").set(b, "2"));
    first.until_value(a, "2");
    second.until_value(b, "2");
    expect_equal(std::string("2"), second.state(a)->data, "both keys of one commit");
}

void while_others_write(Environment& environment) {
    Store& store = environment.store();
    constexpr int writes = 100;
    constexpr unsigned writers = 3;
    const std::string a = key({"a"});
    const std::string b = key({"b"});
    environment.in_threads(writers + 1, [&](unsigned thread) {
        if (thread < writers) {
            for (int i = 0; i < writes; ++i) {
                store.commit(Write().sum(a, 1).sum(b, 1));
            }
            return;
        }
        Watcher watcher(store, {{a, {}}, {b, {}}});
        watcher.until(
            [&] {
                const auto low = watcher.state(a);
                const auto high = watcher.state(b);
                expect_equal(low.value_or(Item{}).data, high.value_or(Item{}).data,
                             "two keys that are always written together, told in one step");
                return low && low->data == le64(writers * writes);
            },
            "the last of many commits");
    });
}

void range_under_writers(Environment& environment) {
    Store& store = environment.store();
    constexpr int moves = 200;
    const std::string start = key({"r"});
    const std::string end = key({"s"});
    store.set(key({"r", 0}), "x");
    Watcher watcher(store, {{start, end}});
    (void)watcher.step();
    environment.in_threads(2, [&](unsigned thread) {
        if (thread == 0) {
            for (int i = 0; i < moves; ++i) {
                store.commit(Write().remove(key({"r", i})).set(key({"r", i + 1}), "x"));
            }
            return;
        }
        watcher.until(
            [&] {
                expect_equal(std::size_t{1}, watcher.entries().size(),
                             "entries of a range in which one entry moves");
                return watcher.state(key({"r", moves})).has_value();
            },
            "the last move");
    });
}

void ends_with_its_context(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const WatchTarget target{name};
    auto stream = expect_ok(store.backend().watch({}, {&target, 1}), "watch");
    expect_ok(environment.await(stream.next(), "the first step"), "the first step");
    std::stop_source stop;
    Context context;
    context.stop = stop.get_token();
    auto pending = environment.pending(stream.next(context));
    stop.request_stop();
    expect_code(pending.get("a step that was asked to stop"), {ErrorCode::cancelled},
                "a step that was asked to stop");
}

void others_are_seen(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    Watcher watcher(store, {{name, {}}});
    (void)watcher.step();
    Store& other = environment.second();
    const milliseconds within = store.capabilities().watch_others_within;
    for (const char* value : {"1", "2"}) {
        watcher.start();
        other.set(name, value);
        store.expect_value(name, value);
        if (environment.can_advance()) {
            environment.advance(within);
            watcher.until_value(name, value);
            continue;
        }
        const auto start = Clock::system()->steady_now();
        watcher.until_value(name, value);
        const auto took = Clock::system()->steady_now() - start;
        // The machine may be slow by itself: half as much again and five seconds are granted.
        expect(took <= within * 3 / 2 + std::chrono::seconds(5),
               "a commit through another handle is told within watch_others_within");
    }
}

}  // namespace

std::vector<Case> watch_cases() {
    using enum Need;
    return {
        {"watch.first_the_state",
         "A watch begins with every watched key, absent ones too.",
         {writes, watch_keys},
         first_the_state},
        {"watch.tells_changes",
         "A watch tells each key's newest state, and a commit in one step.",
         {writes, watch_keys},
         tells_changes},
        {"watch.latest_wins",
         "A watcher that asks late is told the last state.",
         {writes, watch_keys},
         latest_wins},
        {"watch.quiet_without_changes",
         "A watch waits while no watched key changes.",
         {writes, watch_keys},
         quiet_without_changes},
        {"watch.suffixed_keys",
         "A watched range tells keys that end with their versionstamp.",
         {writes, watch_ranges},
         suffixed_keys_too},
        {"watch.suffixed_key_by_name",
         "A key that ends with its versionstamp can be watched.",
         {writes, watch_keys},
         a_suffixed_key_by_name},
        {"watch.ranges",
         "A watched range tells its entries first and then what changes in it.",
         {writes, watch_ranges},
         ranges},
        {"watch.two_watchers",
         "Watchers do not disturb each other, not even by leaving.",
         {writes, watch_keys},
         two_watchers},
        {"watch.while_others_write",
         "Under many writers each step is one snapshot, never older than the last, and the end "
         "arrives.",
         {writes, watch_keys, concurrent},
         while_others_write},
        {"watch.range_under_writers",
         "Each step of a watched range is one snapshot, also while another thread writes.",
         {writes, watch_ranges, concurrent},
         range_under_writers},
        {"watch.ends_with_its_context",
         "A pending step of a watch ends when it is asked to.",
         {watch_keys},
         ends_with_its_context},
        {"watch.others_are_seen",
         "A watch tells commits of other handles within watch_others_within.",
         {writes, watch_keys, watch_others, second_handle},
         others_are_seen},
    };
}

}  // namespace turntable::inline v0::kv::conformance
