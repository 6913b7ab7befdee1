#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

using std::chrono::milliseconds;

constexpr std::initializer_list<ErrorCode> gone{ErrorCode::not_found};

std::string message(const char* text) { return v8_text(text); }

void expect_fence(Environment& environment, Store& store,
                  const Location& where = Location::current()) {
    store.commit(Write().enqueue(message("fence"), environment.now_ms()), where);
    const QueueMessage fence = store.take(where);
    expect_equal(message("fence"), fence.payload.to_string(), "the only message that is due",
                 where);
    store.finish_well(fence.id, Delivery::done, where);
}

// The end of a lease may count as a failed attempt, which the schedule of the message delays, from
// whenever the backend notices; so time goes on in small steps here.
QueueMessage take_after_lease(Environment& environment, Store& store, std::int64_t lease_until_ms,
                              const Location& where = Location::current()) {
    constexpr int steps_max = 100;
    constexpr milliseconds look{5};
    auto take = store.start_take();
    environment.advance_to(lease_until_ms);
    for (int steps = 0; steps < steps_max && !take.wait_for(look); ++steps) {
        environment.advance(milliseconds(default_backoff_ms[0]));
    }
    return expect_ok(take.get("the take after a lease ended", where), "take", where);
}

void a_consumer_that_dies(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().enqueue(message("work"), environment.now_ms()));
    const QueueMessage first = store.take();
    expect_fence(environment, store);
    environment.advance_to(first.lease_until_ms - 1);
    expect_fence(environment, store);
    const QueueMessage again = take_after_lease(environment, store, first.lease_until_ms);
    expect_equal(message("work"), again.payload.to_string(), "the message of the dead consumer");
    expect_code(store.finish(first.id, Delivery::done), gone, "finishing a lease that was lost");
    expect_code(store.extend(first.id), gone, "extending a lease that was lost");
    store.finish_well(again.id, Delivery::done);
    environment.advance(milliseconds(200'000));
    expect_fence(environment, store);
}

void extending_keeps_it(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().enqueue(message("long work"), environment.now_ms()));
    const QueueMessage taken = store.take();
    const std::int64_t lease = taken.lease_until_ms - environment.now_ms();
    for (int i = 0; i < 20; ++i) {
        environment.advance(milliseconds(lease * 3 / 4));
        expect_ok(store.extend(taken.id), "extending a lease");
        expect_fence(environment, store);
    }
    store.finish_well(taken.id, Delivery::done);
    environment.advance(milliseconds(200'000));
    expect_fence(environment, store);
}

void extended_and_then_lost(Environment& environment) {
    Store& store = environment.store();
    store.commit(Write().enqueue(message("work"), environment.now_ms()));
    const QueueMessage first = store.take();
    const std::int64_t lease = first.lease_until_ms - environment.now_ms();
    environment.advance(milliseconds(lease / 2));
    expect_ok(store.extend(first.id), "extending a lease");
    const QueueMessage again = take_after_lease(environment, store, environment.now_ms() + lease);
    expect_equal(message("work"), again.payload.to_string(), "the message after its lease");
    store.finish_well(again.id, Delivery::done);
}

void many_leases_at_once(Environment& environment) {
    Store& store = environment.store();
    constexpr int count = 10;
    Write write;
    for (int i = 0; i < count; ++i) {
        write.enqueue(message(std::to_string(i).c_str()), environment.now_ms());
    }
    store.commit(write);
    std::vector<QueueMessage> taken;
    for (int i = 0; i < count; ++i) {
        taken.push_back(store.take());
        for (int earlier = 0; earlier < i; ++earlier) {
            expect(taken[static_cast<std::size_t>(earlier)].payload != taken.back().payload,
                   "no message is delivered twice while it is leased");
        }
    }
    environment.advance(milliseconds(10));
    expect_fence(environment, store);
    for (const QueueMessage& one : taken) {
        store.finish_well(one.id, Delivery::done);
    }
    environment.advance(milliseconds(200'000));
    expect_fence(environment, store);
}

}  // namespace

std::vector<Case> lease_cases() {
    using enum Need;
    return {
        {"lease.consumer_that_dies",
         "A message whose lease ended is delivered again, and the old delivery is not_found.",
         {writes, queue, controllable_clock},
         a_consumer_that_dies},
        {"lease.extending_keeps_it",
         "A lease that is extended in time keeps its message for ever.",
         {writes, queue, controllable_clock},
         extending_keeps_it},
        {"lease.extended_and_then_lost",
         "An extended lease ends as well.",
         {writes, queue, controllable_clock},
         extended_and_then_lost},
        {"lease.many_at_once",
         "No message is delivered twice while it is leased.",
         {writes, queue, controllable_clock},
         many_leases_at_once},
    };
}

}  // namespace turntable::inline v0::kv::conformance
