#include <functional>

#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

void check_match_and_mismatch(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"checked"});
    store.expect_failed_checks(Write().check(name, Versionstamp::from_version(1)).set(name, "no"),
                               {0});
    store.expect_absent(name);
    const Versionstamp first = store.commit(Write().check(name, std::nullopt).set(name, "1"));
    store.expect_failed_checks(Write().check(name, std::nullopt).set(name, "no"), {0});
    const Versionstamp second = store.commit(Write().check(name, first).set(name, "2"));
    store.expect_failed_checks(Write().check(name, first).set(name, "no"), {0});
    store.expect_value(name, "2");
    store.remove(name);
    store.expect_failed_checks(Write().check(name, second).set(name, "no"), {0});
    store.expect_absent(name);
    store.commit(Write().check(name, std::nullopt).set(name, "3"));
    store.expect_failed_checks(Write().check(name, second).set(name, "no"), {0});
    store.expect_value(name, "3");
}

void check_tells_all_that_failed(Environment& environment) {
    Store& store = environment.store();
    const Versionstamp stamp = store.set(key({"there"}), "1");
    const Versionstamp other = Versionstamp::from_version(stamp.version() + 1);
    Write failing;
    failing.check(key({"there"}), std::nullopt)
        .check(key({"there"}), stamp)
        .check(key({"gone"}), stamp)
        .check(key({"gone"}), std::nullopt)
        .check(key({"there"}), other)
        .set(key({"result"}), "no")
        .remove(key({"there"}));
    store.expect_failed_checks(failing, {0, 2, 4});
    store.expect_absent(key({"result"}));
    store.expect_value(key({"there"}), "1");
}

void checks_see_the_state_before(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const Versionstamp first =
        store.commit(Write().check(name, std::nullopt).set(name, "1").check(name, std::nullopt));
    store.commit(Write().remove(name).check(name, first).set(name, "2").check(name, first));
    store.expect_value(name, "2");
}

void a_check_alone_commits(Environment& environment) {
    Store& store = environment.store();
    const Versionstamp stamp = store.set(key({"a"}), "1");
    const Versionstamp later = store.commit(Write().check(key({"a"}), stamp));
    expect(later > stamp, "a write of checks alone gets a later versionstamp");
    expect_equal(stamp, store.get(key({"a"}))->stamp, "the versionstamp of a key only checked");
}

struct Bad {
    std::string name;
    std::function<void(Write&)> add;
};

// Mutations that fail beside the entries that `failing_write_leaves_nothing` stores.
std::vector<Bad> bad_mutations() {
    const std::string text = key({"text"});
    return {
        {"sum on text", [=](Write& write) { write.sum(text, 1); }},
        {"min on text", [=](Write& write) { write.min(text, 1); }},
        {"max on text", [=](Write& write) { write.max(text, 1); }},
        {"sum with a text operand",
         [=](Write& write) {
             write.mutate(MutationKind::sum, key({"u64"}), "1", ValueEncoding::bytes);
         }},
        {"min with a text operand",
         [=](Write& write) {
             write.mutate(MutationKind::min, key({"u64"}), "1", ValueEncoding::bytes);
         }},
        {"max with a v8 operand",
         [=](Write& write) {
             write.mutate(MutationKind::max, key({"u64"}), v8_number(1), ValueEncoding::v8);
         }},
        {"sum of a number and a bigint",
         [=](Write& write) { write.sum_v8(key({"number"}), v8_bigint(1)); }},
        {"sum over its upper bound",
         [=](Write& write) {
             write.sum_v8(key({"number"}), v8_number(100), v8_number(0), v8_number(50));
         }},
        {"sum under its lower bound",
         [=](Write& write) { write.sum_v8(key({"number"}), v8_number(-100), v8_number(0)); }},
        {"sum with an unreadable operand",
         [=](Write& write) { write.sum_v8(key({"number"}), "\xFF\x0FN\x01"); }},
        {"an empty key", [=](Write& write) { write.set("", "x"); }},
        {"a reserved key", [=](Write& write) { write.set("\xFF\x01", "x"); }},
    };
}

std::vector<Bad> good_mutations(const Capabilities& capabilities, std::int64_t now_ms) {
    std::vector<Bad> good{
        {"set", [](Write& write) { write.set(key({"new"}), "new"); }},
        {"set again", [](Write& write) { write.set(key({"text"}), "changed"); }},
        {"remove", [](Write& write) { write.remove(key({"other"})); }},
        {"sum", [](Write& write) { write.sum(key({"u64"}), 5); }},
        {"sum v8", [](Write& write) { write.sum_v8(key({"new number"}), v8_number(5)); }},
        {"min", [](Write& write) { write.min(key({"u64"}), 1); }},
        {"max", [](Write& write) { write.max(key({"u64"}), 1000); }},
        {"set suffixed", [](Write& write) { write.set_suffixed(key({"log"}), "line"); }},
        {"set expiring",
         [=](Write& write) { write.set_until(key({"new"}), "soon", now_ms + 60'000); }},
    };
    if (capabilities.set_expiry) {
        good.push_back({"set_expiry",
                        [=](Write& write) { write.set_expiry(key({"other"}), now_ms + 60'000); }});
    }
    if (capabilities.queue) {
        good.push_back({"enqueue", [=](Write& write) { write.enqueue(v8_text("never"), now_ms); }});
    }
    return good;
}

void failing_write_leaves_nothing(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write()
                     .set(key({"text"}), "text")
                     .set(key({"other"}), "other")
                     .set(key({"u64"}), le64(10), ValueEncoding::le64)
                     .set(key({"number"}), v8_number(10), ValueEncoding::v8));
    const std::vector<Item> before = store.all();
    const std::vector<Bad> good = good_mutations(store.capabilities(), environment.now_ms());
    for (const Bad& bad : bad_mutations()) {
        for (const Bad& fine : good) {
            for (const bool bad_first : {false, true}) {
                Write write;
                (bad_first ? bad : fine).add(write);
                (bad_first ? fine : bad).add(write);
                const auto result = store.try_write(write);
                if (result) {
                    fail(bad.name + " beside " + fine.name, "an error", "success");
                }
                expect_equal(before, store.all(),
                             "entries after " + bad.name + " failed beside " + fine.name);
            }
        }
    }
    if (store.capabilities().queue) {
        store.commit(Write().enqueue(v8_text("fence"), environment.now_ms()));
        const QueueMessage message = store.take();
        expect_equal(v8_text("fence"), message.payload.to_string(),
                     "the only message: those of failed writes are not there");
        store.finish_well(message.id, Delivery::done);
    }
}

void mutations_see_earlier_ones(Environment& environment) {
    Store& store = environment.store();
    const std::string a = key({"a"});
    store.commit(Write().set(a, le64(5), ValueEncoding::le64).sum(a, 2).max(a, 3).sum(a, 1));
    store.expect_value(a, le64(8), ValueEncoding::le64);
    store.commit(Write().remove(a).sum(a, 4));
    store.expect_value(a, le64(4), ValueEncoding::le64);
    store.commit(Write().set(a, "x").remove(a));
    store.expect_absent(a);
    store.commit(Write().set(a, "1").set(a, "2").set(a, "3"));
    store.expect_value(a, "3");
    store.commit(Write().set(a, le64(9), ValueEncoding::le64).min(a, 4).min(a, 6));
    store.expect_value(a, le64(4), ValueEncoding::le64);
    store.expect_error(Write().set(a, "text").sum(a, 1), {ErrorCode::type_mismatch});
    store.expect_value(a, le64(4), ValueEncoding::le64);
}

void an_empty_write_commits(Environment& environment) {
    Store& store = environment.store();
    const Versionstamp first = store.commit(Write());
    const Versionstamp second = store.commit(Write());
    expect(second > first, "two writes of nothing get different versionstamps, in order");
    store.expect_all({});
}

void stamps_increase(Environment& environment) {
    Store& store = environment.store();
    Versionstamp last;
    for (int i = 0; i < 40; ++i) {
        const Versionstamp stamp = store.commit(
            Write().set(key({"a", i % 7}), show(i)).set(key({"b"}), show(i)).remove(key({"c"})));
        if (!(stamp > last)) {
            fail("versionstamps increase", "more than " + show(last), show(stamp));
        }
        expect_equal(stamp, store.get(key({"a", i % 7}))->stamp, "the versionstamp of an entry");
        expect_equal(stamp, store.get(key({"b"}))->stamp, "the versionstamp of another entry");
        last = stamp;
        store.expect_failed_checks(Write().check(key({"b"}), std::nullopt).set(key({"b"}), "no"),
                                   {0});
        expect_equal(stamp, store.get(key({"b"}))->stamp,
                     "the versionstamp after a write that was refused");
    }
}

void reserved_keys(Environment& environment) {
    Store& store = environment.store();
    const std::initializer_list<ErrorCode> refused{ErrorCode::invalid_argument,
                                                   ErrorCode::permission_denied};
    for (const char* name : {"\xFF", "\xFF\x01", "\xFF\xFF\xFF", ""}) {
        store.expect_error(Write().set(name, "x"), refused);
        store.expect_error(Write().remove(name), refused);
        store.expect_error(Write().sum(name, 1), refused);
        store.expect_error(Write().set_suffixed(name, "x"), refused);
        store.expect_error(Write().check(name, std::nullopt).set(key({"a"}), "x"), refused);
    }
    const std::string hidden = key({"suffix"});
    Write write;
    write.set_until(key({"a"}), "1", environment.now_ms() + 3'600'000).set_suffixed(hidden, "2");
    if (store.capabilities().queue) {
        write.enqueue(v8_text("later"), environment.now_ms() + 3'600'000);
    }
    store.commit(write);
    expect_equal(std::size_t{2}, store.all().size(), "the entries that were written");
    const ReadRange everything{ByteView("\0", 1), "\xFF\xFF\xFF\xFF", 1000, false};
    const auto lists = store.try_read({&everything, 1});
    if (lists) {
        expect_equal(store.all(), lists->front(), "a range that reaches over the reserved keys");
    }
    const ReadRange backwards{ByteView("\0", 1), "\xFF\xFF\xFF\xFF", 2, true};
    const auto reversed = store.try_read({&backwards, 1});
    if (reversed) {
        expect_equal(std::size_t{2}, reversed->front().size(),
                     "reserved keys do not count against the limit");
    }
}

}  // namespace

std::vector<Case> atomic_cases() {
    using enum Need;
    return {
        {"check.match_and_mismatch",
         "A write happens only if each checked key has the versionstamp named, or is absent.",
         {writes},
         check_match_and_mismatch},
        {"check.tells_all_that_failed",
         "A refused write names the indexes of all checks that failed, and writes nothing.",
         {writes},
         check_tells_all_that_failed},
        {"check.sees_the_state_before",
         "Checks look at the state before the write's own mutations.",
         {writes},
         checks_see_the_state_before},
        {"check.alone_commits",
         "A write of checks alone commits and touches no entry.",
         {writes},
         a_check_alone_commits},
        {"atomic.failing_write_leaves_nothing",
         "A write with a mutation that fails leaves nothing, whatever else it holds.",
         {writes},
         failing_write_leaves_nothing},
        {"atomic.mutations_see_earlier_ones",
         "Mutations of one write apply in order, each on what the earlier ones left.",
         {writes},
         mutations_see_earlier_ones},
        {"atomic.empty_write_commits",
         "A write of nothing commits and gets a versionstamp.",
         {writes},
         an_empty_write_commits},
        {"stamp.increases",
         "Each commit has a higher versionstamp than all before, and its entries "
         "carry it.",
         {writes},
         stamps_increase},
        {"keys.reserved",
         "Empty and reserved keys are refused, and reserved keys never listed.",
         {writes},
         reserved_keys},
    };
}

}  // namespace turntable::inline v0::kv::conformance
