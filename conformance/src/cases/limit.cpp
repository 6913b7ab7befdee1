#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

// An encoded key of exactly `size` bytes, which must be at least 3.
std::string key_of(std::size_t size, char fill = 'k') {
    return "\x02" + std::string(size - 2, fill) + std::string(1, '\0');
}

constexpr std::initializer_list<ErrorCode> over{ErrorCode::limit_exceeded};

void key_size(Environment& environment) {
    Store& store = environment.store();
    const Limits limits = store.limits();
    // A key that its suffix makes longer than a key that is written can only go with a range.
    constexpr std::size_t suffix_bytes = 22;
    const std::size_t spared = store.capabilities().delete_range ? 0 : suffix_bytes;
    for (const std::size_t size : {limits.key_bytes - 1, limits.key_bytes}) {
        const std::string name = key_of(size);
        store.commit(Write().check(name, std::nullopt).set(name, "x"));
        store.expect_value(name, "x");
        store.commit(Write().sum(key_of(size, 's'), 1));
        const std::string log = key_of(size - spared);
        const Versionstamp stamp = store.commit(Write().set_suffixed(log, "suffixed"));
        const std::string suffixed = log + "\x02" + stamp.to_string() + std::string(1, '\0');
        if (suffixed.size() <= limits.read_key_bytes) {
            store.expect_value(suffixed, "suffixed");
        } else {
            expect_equal(suffixed, store.list(log + "\x01", log + "\x03").at(0).key,
                         "the longest key with a suffix");
        }
        store.remove(name);
        store.expect_absent(name);
    }
    const std::string too_long = key_of(limits.key_bytes + 1);
    store.expect_error(Write().set(too_long, "x"), over);
    store.expect_error(Write().remove(too_long), over);
    store.expect_error(Write().sum(too_long, 1), over);
    store.expect_error(Write().set_suffixed(too_long, "x"), over);
    store.expect_error(Write().check(too_long, std::nullopt), over);
}

void read_key_size(Environment& environment) {
    Store& store = environment.store();
    const std::size_t most = store.limits().read_key_bytes;
    for (const std::size_t size : {most - 1, most, most + 1}) {
        const std::string bound = key_of(size, 'a');
        const ReadRange from_bound{bound, "\xFE", 1, false};
        const ReadRange to_bound{ByteView("\0", 1), bound, 1, false};
        for (const ReadRange& range : {from_bound, to_bound}) {
            const auto result = store.try_read({&range, 1});
            if (size <= most) {
                expect_ok(result, "a bound of " + show(size) + " bytes");
            } else {
                expect_code(result, over, "a bound of " + show(size) + " bytes");
            }
        }
    }
}

void expect_limit(Store& store, const Write& write, bool fits, const std::string& what) {
    const auto result = store.try_write(write);
    if (fits) {
        expect_ok(result, what);
    } else {
        expect_code(result, over, what);
    }
}

void value_size(Environment& environment) {
    Store& store = environment.store();
    const std::size_t most = store.limits().value_bytes;
    const std::string data(most + 1, 'v');
    const std::string name = key({"value"});
    for (const std::size_t size : {most + 1, most, most - 1}) {
        if (size <= most && size > environment.options().largest_bytes) {
            continue;
        }
        const ByteView part = ByteView(data).substr(0, size);
        expect_limit(store, Write().set(name, part), size <= most,
                     "a value of " + show(size) + " bytes");
        if (size <= most) {
            expect_equal(size, store.get(name)->data.size(), "the size of the value read");
        } else {
            store.expect_absent(name);
        }
        expect_limit(store, Write().set_suffixed(key({"log"}), part), size <= most,
                     "a suffixed value of " + show(size) + " bytes");
    }
}

void number_of_checks(Environment& environment) {
    Store& store = environment.store();
    const std::size_t most = store.limits().checks;
    Write write;
    write.set(key({"checked"}), "x");
    for (std::size_t count = 1; count <= most + 1; ++count) {
        write.check(key({"absent", count}), std::nullopt);
        if (count + 1 >= most) {
            expect_limit(store, write, count <= most, show(count) + " checks");
        }
    }
}

void number_of_mutations(Environment& environment) {
    Store& store = environment.store();
    const bool queue = store.capabilities().queue;
    const std::size_t most = store.limits().mutations;
    Write write;
    for (std::size_t count = 1; count <= most + 1; ++count) {
        // One of them is a message: both kinds count together.
        if (count == 1 && queue) {
            write.enqueue(v8_text("x"), environment.now_ms() + 3'600'000);
        } else {
            write.remove(key({count % 100}));
        }
        if (count + 1 >= most) {
            expect_limit(store, write, count <= most, show(count) + " mutations and messages");
        }
    }
}

void size_of_a_write(Environment& environment) {
    Store& store = environment.store();
    const Limits limits = store.limits();
    const std::size_t most = limits.write_bytes;
    // Many mutations share one buffer, so that a large write costs little here.
    const std::size_t piece = std::min(limits.value_bytes, environment.options().largest_bytes);
    const std::string data(piece, 'v');
    const std::size_t pieces = most / piece + 2;
    if (pieces > limits.mutations || pieces > 200'000) {
        throw NotApplicable{"write_bytes cannot be reached with " + show(limits.mutations) +
                            " mutations of at most " + show(piece) + " bytes"};
    }
    std::vector<std::string> names;
    std::vector<Mutation> mutations;
    names.reserve(pieces);
    for (std::size_t i = 0; i < pieces; ++i) {
        names.push_back(key({"piece", i}));
        mutations.push_back({MutationKind::set, names.back(), data});
    }
    const AtomicWrite write{.mutations = mutations};
    const auto result = environment.await(store.backend().atomic_write({}, write), "a large write");
    expect_code(result, over, "a write of more than " + show(most) + " bytes");
    store.expect_all({});
    if (most <= environment.options().largest_bytes) {
        std::size_t total = 0;
        Write fitting;
        for (std::size_t i = 0; total + piece + 64 < most; ++i) {
            fitting.set(key({"p", i}), ByteView(data).substr(0, piece / 2));
            total += piece / 2 + 2 * key({"p", i}).size();
        }
        expect_limit(store, fitting, true, "a write of " + show(total) + " bytes");
    }
}

void reads_and_ranges(Environment& environment) {
    Store& store = environment.store();
    const Limits limits = store.limits();
    const std::string low = key({"a"});
    const std::string high = key({"b"});
    for (const std::size_t count : {limits.ranges - 1, limits.ranges, limits.ranges + 1}) {
        if (count == 0 || count > limits.read_entries) {
            continue;
        }
        const std::vector<ReadRange> ranges(count, ReadRange{low, high, 1, false});
        const auto result = store.try_read(ranges);
        if (count <= limits.ranges) {
            expect_ok(result, show(count) + " ranges");
        } else {
            expect_code(result, over, show(count) + " ranges");
        }
    }
    const auto half = static_cast<std::uint32_t>(limits.read_entries / 2);
    const auto rest = static_cast<std::uint32_t>(limits.read_entries - half);
    for (const std::uint32_t more : {0U, 1U, 2U}) {
        const ReadRange ranges[] = {{low, high, half, false}, {low, high, rest - 1 + more, true}};
        const auto result = store.try_read(ranges);
        if (more < 2) {
            expect_ok(result, "limits that add up to read_entries or one less");
        } else {
            expect_code(result, over, "limits that add up to more than read_entries");
        }
    }
}

void watched_keys(Environment& environment) {
    Store& store = environment.store();
    const Limits limits = store.limits();
    for (const std::size_t count :
         {limits.watched_keys - 1, limits.watched_keys, limits.watched_keys + 1}) {
        std::vector<std::string> names;
        std::vector<WatchTarget> targets;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(key({"watched", i}));
        }
        for (const std::string& name : names) {
            targets.push_back({name});
        }
        const auto stream = store.backend().watch({}, targets);
        if (count <= limits.watched_keys) {
            expect_ok(stream ? Result<void>() : Result<void>(stream.error()),
                      show(count) + " watched keys");
        } else {
            expect_code(stream, over, show(count) + " watched keys");
        }
    }
    const std::string too_long = key_of(limits.read_key_bytes + 1);
    const WatchTarget target{too_long};
    expect_code(store.backend().watch({}, {&target, 1}), over, "a watched key that is too long");
}

void messages(Environment& environment) {
    Store& store = environment.store();
    const Limits limits = store.limits();
    const std::int64_t now = environment.now_ms();
    const std::string payload = v8_text("x");
    const std::int64_t later = now + std::min<std::int64_t>(limits.enqueue_delay_ms, 60'000);
    // A clock that runs on between here and there must not decide.
    const std::int64_t slack = environment.can_advance() ? 0 : 60'000;
    expect_limit(store, Write().enqueue(payload, now + limits.enqueue_delay_ms - 1), true,
                 "a message nearly enqueue_delay_ms ahead");
    expect_limit(store, Write().enqueue(payload, now + limits.enqueue_delay_ms), true,
                 "a message enqueue_delay_ms ahead");
    expect_limit(store, Write().enqueue(payload, now + limits.enqueue_delay_ms + 1 + slack), false,
                 "a message more than enqueue_delay_ms ahead");
    for (const std::size_t steps :
         {limits.backoff_steps - 1, limits.backoff_steps, limits.backoff_steps + 1}) {
        expect_limit(store,
                     Write().enqueue(payload, later, {}, std::vector<std::uint32_t>(steps, 100)),
                     steps <= limits.backoff_steps, show(steps) + " steps of back-off");
    }
    for (const std::uint32_t step :
         {limits.backoff_step_ms - 1, limits.backoff_step_ms, limits.backoff_step_ms + 1}) {
        expect_limit(store, Write().enqueue(payload, later, {}, std::vector{step}),
                     step <= limits.backoff_step_ms, "a back-off of " + show(step) + " ms");
    }
    for (const std::size_t count : {limits.keys_if_undelivered - 1, limits.keys_if_undelivered,
                                    limits.keys_if_undelivered + 1}) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(key({"undelivered", i}));
        }
        expect_limit(store, Write().enqueue(payload, later, names, std::nullopt),
                     count <= limits.keys_if_undelivered, show(count) + " keys_if_undelivered");
    }
    const std::string large(limits.payload_bytes + 1, 'p');
    expect_limit(store, Write().enqueue(large, later), false, "a payload over payload_bytes");
    if (limits.payload_bytes <= environment.options().largest_bytes) {
        for (const std::size_t size : {limits.payload_bytes - 1, limits.payload_bytes}) {
            expect_limit(store, Write().enqueue(ByteView(large).substr(0, size), later), true,
                         "a payload of " + show(size) + " bytes");
        }
    }
}

}  // namespace

std::vector<Case> limit_cases() {
    using enum Need;
    return {
        {"limit.key_size", "A key may have key_bytes bytes and not one more.", {writes}, key_size},
        {"limit.read_key_size",
         "A bound of a range may have read_key_bytes bytes and not one more.",
         {},
         read_key_size},
        {"limit.value_size",
         "A value may have value_bytes bytes and not one more.",
         {writes},
         value_size},
        {"limit.number_of_checks",
         "A write may have `checks` checks and not one more.",
         {writes},
         number_of_checks},
        {"limit.number_of_mutations",
         "A write may have `mutations` mutations and messages and not one more.",
         {writes},
         number_of_mutations},
        {"limit.size_of_a_write",
         "A write over write_bytes is refused whole.",
         {writes},
         size_of_a_write},
        {"limit.reads_and_ranges",
         "A read may have `ranges` ranges whose limits add up to read_entries, and not one more.",
         {},
         reads_and_ranges},
        {"limit.watched_keys",
         "A watch may have watched_keys keys and not one more.",
         {watch_keys},
         watched_keys},
        {"limit.messages",
         "Messages keep the limits of payload, delay, back-off and keys_if_undelivered.",
         {writes, queue},
         messages},
    };
}

}  // namespace turntable::inline v0::kv::conformance
