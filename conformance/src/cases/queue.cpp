#include <set>

#include "cases/groups.hpp"
#include "environment.hpp"
#include "watcher.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

using std::chrono::milliseconds;

std::string payload(int number) { return v8_text("message " + std::to_string(number)); }

void take_and_finish(Store& store, const std::string& expected, Delivery delivery = Delivery::done,
                     const Location& where = Location::current()) {
    const QueueMessage message = store.take(where);
    expect_equal(expected, message.payload.to_string(), "the payload of a message", where);
    store.finish_well(message.id, delivery, where);
}

// Messages come in order, so whatever is due before this one was delivered already.
void expect_no_message(Environment& environment, Store& store,
                       const Location& where = Location::current()) {
    store.commit(Write().enqueue(v8_text("fence"), environment.now_ms()), where);
    take_and_finish(store, v8_text("fence"), Delivery::done, where);
}

void delivers_once(Environment& environment) {
    Store& store = environment.store();
    for (const std::string& content :
         {payload(1), v8_text(""), "\xFF\x0F\"\x04" + std::string("\0\xFF\x01z", 4)}) {
        store.commit(Write().enqueue(content, environment.now_ms()));
        const QueueMessage message = store.take();
        expect_equal(content, message.payload.to_string(), "the payload");
        expect(!message.id.empty(), "a delivery has a name");
        expect(message.lease_until_ms > environment.now_ms(), "a lease ends in the future");
        store.finish_well(message.id, Delivery::done);
        expect_no_message(environment, store);
    }
    store.expect_all({});
}

void wakes_a_waiting_take(Environment& environment) {
    Store& store = environment.store();
    auto first = store.start_take();
    auto second = store.start_take();
    expect(!first.wait_for(quiet) && !second.is_done(), "a take waits while there is no message");
    store.commit(Write()
                     .enqueue(payload(1), environment.now_ms())
                     .enqueue(payload(2), environment.now_ms()));
    const QueueMessage a = expect_ok(first.get("a waiting take"), "a waiting take");
    const QueueMessage b = expect_ok(second.get("a waiting take"), "a waiting take");
    expect(a.payload != b.payload, "two takes get different messages");
    store.finish_well(a.id, Delivery::done);
    store.finish_well(b.id, Delivery::done);
    expect_no_message(environment, store);
}

void with_its_write_or_not_at_all(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    store.set(name, "1");
    const std::int64_t now = environment.now_ms();
    store.expect_failed_checks(
        Write().check(name, std::nullopt).set(name, "no").enqueue(payload(1), now), {0});
    store.expect_error(Write().enqueue(payload(2), now).sum(name, 1), {ErrorCode::type_mismatch});
    store.commit(Write().set(name, "2").enqueue(payload(3), now));
    take_and_finish(store, payload(3));
    store.expect_value(name, "2");
    expect_no_message(environment, store);
}

void finishing_what_is_not_there(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().enqueue(payload(1), environment.now_ms()));
    const QueueMessage message = store.take();
    store.finish_well(message.id, Delivery::done);
    const std::initializer_list<ErrorCode> absent{ErrorCode::not_found};
    for (const std::string& id :
         {message.id, std::string("00000000-0000-4000-8000-000000000000")}) {
        expect_code(store.finish(id, Delivery::done), absent, "finishing what is not leased");
        expect_code(store.finish(id, Delivery::failed), absent, "failing what is not leased");
        expect_code(store.extend(id), absent, "extending what is not leased");
    }
}

void each_message_to_one_consumer(Environment& environment) {
    Store& store = environment.store();
    constexpr int messages = 60;
    constexpr unsigned consumers = 4;
    std::mutex mutex;
    std::multiset<std::string> delivered;
    environment.in_threads(consumers + 1, [&](unsigned thread) {
        if (thread == consumers) {
            for (int i = 0; i < messages; ++i) {
                store.commit(Write().enqueue(payload(i), environment.now_ms()));
            }
            return;
        }
        for (int i = 0; i < messages / static_cast<int>(consumers); ++i) {
            const QueueMessage message = store.take();
            {
                const std::scoped_lock guard(mutex);
                delivered.insert(message.payload.to_string());
            }
            store.finish_well(message.id, Delivery::done);
        }
    });
    expect_equal(std::size_t{messages}, std::set(delivered.begin(), delivered.end()).size(),
                 "different messages delivered");
    expect_no_message(environment, store);
}

void a_take_that_is_dropped(Environment& environment) {
    Store& store = environment.store();
    {
        const auto dropped = store.start_take();
    }
    auto stopped = store.start_take();
    stopped.request_stop();
    expect_code(stopped.get("a take that was asked to stop"), {ErrorCode::cancelled},
                "a take that was asked to stop");
    store.commit(Write().enqueue(payload(1), environment.now_ms()));
    take_and_finish(store, payload(1));
    expect_code(environment.await(store.backend().queue_take(environment.expired_context()),
                                  "a take whose deadline has passed"),
                {ErrorCode::timeout}, "a take whose deadline has passed");
}

void a_take_with_a_deadline(Environment& environment) {
    Store& store = environment.store();
    Context context;
    context.deadline = environment.runtime().clock().steady_now() + milliseconds(500);
    auto take = store.start_take(context);
    environment.advance(milliseconds(499));
    expect(!take.wait_for(quiet), "a take waits until its deadline");
    environment.advance(milliseconds(1));
    expect_code(take.get("a take at its deadline"), {ErrorCode::timeout}, "a take at its deadline");
    store.commit(Write().enqueue(payload(1), environment.now_ms()));
    take_and_finish(store, payload(1));
}

void waits_for_its_time(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().enqueue(payload(1), environment.now_ms() + 1000));
    expect_no_message(environment, store);
    environment.advance(milliseconds(999));
    expect_no_message(environment, store);
    auto take = store.start_take();
    expect(!take.wait_for(quiet), "a message is not delivered before its time");
    environment.advance(milliseconds(1));
    const QueueMessage message = expect_ok(take.get("a take at the time of its message"), "take");
    expect_equal(payload(1), message.payload.to_string(), "the payload");
    store.finish_well(message.id, Delivery::done);
}

void in_order_of_time(Environment& environment) {
    Store& store = environment.store();
    const std::int64_t start = environment.now_ms();
    Write write;
    for (const int delay : {300, 100, 500, 200, 400}) {
        write.enqueue(payload(delay), start + delay);
    }
    store.commit(write);
    environment.advance(milliseconds(500));
    for (const int delay : {100, 200, 300, 400, 500}) {
        take_and_finish(store, payload(delay));
    }
    expect_no_message(environment, store);
}

void expect_next_delivery(Environment& environment, Store& store, const std::string& content,
                          milliseconds after, Delivery delivery,
                          const Location& where = Location::current()) {
    environment.advance(after - milliseconds(1));
    expect_no_message(environment, store, where);
    environment.advance(milliseconds(1));
    take_and_finish(store, content, delivery, where);
}

void tries_again_by_its_schedule(Environment& environment) {
    Store& store = environment.store();
    const std::vector<std::string> dead{key({"dead", 1}), key({"dead", 2})};
    store.set(dead[1], "old");
    const Versionstamp before = store.commit(Write().enqueue(
        payload(1), environment.now_ms(), dead, std::vector<std::uint32_t>{100, 2000, 0}));
    take_and_finish(store, payload(1), Delivery::failed);
    expect_next_delivery(environment, store, payload(1), milliseconds(100), Delivery::failed);
    expect_next_delivery(environment, store, payload(1), milliseconds(2000), Delivery::failed);
    store.expect_absent(dead[0]);
    take_and_finish(store, payload(1), Delivery::failed);
    for (const std::string& name : dead) {
        store.expect_value(name, payload(1), ValueEncoding::v8);
        expect(store.get(name)->stamp > before,
               "an undelivered message is written by a new commit");
    }
    expect_equal(store.get(dead[0])->stamp, store.get(dead[1])->stamp,
                 "the versionstamps of both undelivered keys");
    environment.advance(milliseconds(200'000));
    expect_no_message(environment, store);
    expect(store.set(key({"later"}), "x") > store.get(dead[0])->stamp,
           "versionstamps go on after an undelivered message");
}

void succeeds_in_the_end(Environment& environment) {
    Store& store = environment.store();
    const std::string dead = key({"dead"});
    store.commit(
        Write().enqueue(payload(1), environment.now_ms(), {dead}, std::vector<std::uint32_t>{50}));
    take_and_finish(store, payload(1), Delivery::failed);
    environment.advance(milliseconds(50));
    take_and_finish(store, payload(1), Delivery::done);
    environment.advance(milliseconds(200'000));
    expect_no_message(environment, store);
    store.expect_absent(dead);
}

void the_default_schedule(Environment& environment) {
    Store& store = environment.store();
    const std::string dead = key({"dead"});
    store.commit(Write().enqueue(payload(1), environment.now_ms(), {dead}, std::nullopt));
    take_and_finish(store, payload(1), Delivery::failed);
    for (const std::uint32_t delay : default_backoff_ms) {
        store.expect_absent(dead);
        expect_next_delivery(environment, store, payload(1), milliseconds(delay), Delivery::failed);
    }
    store.expect_value(dead, payload(1), ValueEncoding::v8);
    environment.advance(milliseconds(200'000));
    expect_no_message(environment, store);
}

void an_empty_schedule(Environment& environment) {
    Store& store = environment.store();
    const std::string dead = key({"dead"});
    store.commit(
        Write().enqueue(payload(1), environment.now_ms(), {dead}, std::vector<std::uint32_t>{}));
    store.commit(
        Write().enqueue(payload(2), environment.now_ms(), {}, std::vector<std::uint32_t>{}));
    for (int i = 0; i < 2; ++i) {
        const QueueMessage message = store.take();
        store.finish_well(message.id, Delivery::failed);
    }
    store.expect_value(dead, payload(1), ValueEncoding::v8);
    expect_equal(std::size_t{1}, store.all().size(), "entries after two undelivered messages");
    expect_no_message(environment, store);
}

void what_is_returned(Environment& environment) {
    Store& store = environment.store();
    const std::string dead = key({"dead"});
    store.commit(
        Write().enqueue(payload(1), environment.now_ms(), {dead}, std::vector<std::uint32_t>{}));
    for (int i = 0; i < 3; ++i) {
        take_and_finish(store, payload(1), Delivery::returned);
    }
    store.expect_absent(dead);
    take_and_finish(store, payload(1), Delivery::failed);
    store.expect_value(dead, payload(1), ValueEncoding::v8);
    expect_no_message(environment, store);
}

void undelivered_is_watched(Environment& environment) {
    Store& store = environment.store();
    const std::string dead = key({"dead"});
    Watcher watcher(store, {{dead, {}}});
    (void)watcher.step();
    store.commit(
        Write().enqueue(payload(1), environment.now_ms(), {dead}, std::vector<std::uint32_t>{}));
    take_and_finish(store, payload(1), Delivery::failed);
    watcher.until_value(dead, payload(1));
}

}  // namespace

std::vector<Case> queue_cases() {
    using enum Need;
    return {
        {"queue.delivers_once",
         "A message that was finished is not delivered again.",
         {writes, queue},
         delivers_once},
        {"queue.wakes_a_waiting_take",
         "A take waits and gets a message as soon as one is due.",
         {writes, queue},
         wakes_a_waiting_take},
        {"queue.with_its_write_or_not_at_all",
         "A message is there if and only if the write that enqueued it committed.",
         {writes, queue},
         with_its_write_or_not_at_all},
        {"queue.finishing_what_is_not_there",
         "Finishing or extending what is not leased is not_found.",
         {writes, queue},
         finishing_what_is_not_there},
        {"queue.each_message_to_one_consumer",
         "Of several consumers exactly one gets each message.",
         {writes, queue, concurrent},
         each_message_to_one_consumer},
        {"queue.dropped_take",
         "A take that was dropped or stopped takes no message with it.",
         {writes, queue},
         a_take_that_is_dropped},
        {"queue.take_with_a_deadline",
         "A take ends with timeout at its deadline and takes nothing.",
         {writes, queue, controllable_clock},
         a_take_with_a_deadline},
        {"queue.waits_for_its_time",
         "A message is delivered at its time and not before.",
         {writes, queue, controllable_clock},
         waits_for_its_time},
        {"queue.in_order_of_time",
         "Messages that are due come in the order of their times.",
         {writes, queue, controllable_clock},
         in_order_of_time},
        {"queue.tries_again_by_its_schedule",
         "A failed message is tried again after each delay, and at last written to its keys.",
         {writes, queue, controllable_clock},
         tries_again_by_its_schedule},
        {"queue.succeeds_in_the_end",
         "A message that succeeds when tried again is gone.",
         {writes, queue, controllable_clock},
         succeeds_in_the_end},
        {"queue.default_schedule",
         "Without a schedule, default_backoff_ms holds.",
         {writes, queue, controllable_clock},
         the_default_schedule},
        {"queue.empty_schedule",
         "With an empty schedule the first failure is final.",
         {writes, queue},
         an_empty_schedule},
        {"queue.returned",
         "A message that was returned comes again at once, and it cost no attempt.",
         {writes, queue},
         what_is_returned},
        {"queue.undelivered_is_watched",
         "A watch tells that an undelivered message was written.",
         {writes, queue, watch_keys},
         undelivered_is_watched},
    };
}

}  // namespace turntable::inline v0::kv::conformance
