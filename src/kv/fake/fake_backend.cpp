#include "turntable/kv/fake_backend.hpp"

#include <algorithm>

#include "kv/fake/fake_state.hpp"

namespace turntable::inline v0::kv {

namespace {

template <class T>
std::shared_ptr<void> shared_answer(Result<T> answer) {
    return std::make_shared<Result<T>>(std::move(answer));
}

RecordedCall recorded(const AtomicWrite& write) {
    RecordedCall record{FakeCall::atomic_write};
    for (const Mutation& mutation : write.mutations) {
        record.keys.push_back(Key::from_stored(mutation.key));
    }
    record.checks = write.checks.size();
    record.mutations = write.mutations.size();
    record.enqueues = write.enqueues.size();
    return record;
}

}  // namespace

std::optional<FakeBackend::State::Step> FakeBackend::State::next_step(RecordedCall record) {
    const std::scoped_lock guard(mutex_);
    std::deque<Step>& steps = steps_[static_cast<std::size_t>(record.call)];
    calls_.push_back(std::move(record));
    if (steps.empty()) {
        return std::nullopt;
    }
    std::optional<Step> step = std::move(steps.front());
    steps.pop_front();
    return step;
}

void FakeBackend::State::add_step(FakeCall call, Step step) {
    const std::scoped_lock guard(mutex_);
    steps_[static_cast<std::size_t>(call)].push_back(std::move(step));
}

std::size_t FakeBackend::State::release(FakeCall call) {
    std::vector<std::shared_ptr<Held>> released;
    {
        const std::scoped_lock guard(mutex_);
        for (const auto& [kind, held] : held_) {
            if (kind == call) {
                released.push_back(held);
            }
        }
    }
    for (const std::shared_ptr<Held>& held : released) {
        release_one(held);
    }
    return released.size();
}

void FakeBackend::State::release_one(const std::shared_ptr<Held>& held) {
    if (!held->release()) {
        const std::scoped_lock guard(mutex_);
        unfinished_.push_back(held);
    }
    forget(held.get());
}

void FakeBackend::State::forget(const Held* held) {
    std::shared_ptr<Held> forgotten;  // its end may run code of the store: not under the lock
    const std::scoped_lock guard(mutex_);
    const auto found = std::find_if(held_.begin(), held_.end(),
                                    [&](const auto& item) { return item.second.get() == held; });
    if (found != held_.end()) {
        forgotten = std::move(found->second);
        held_.erase(found);
    }
}

FakeBackend::FakeBackend(AnyBackend store, std::shared_ptr<Runtime> runtime)
    : state_(std::make_shared<State>(std::move(store), std::move(runtime))) {}

void FakeBackend::fail_next(FakeCall call, const Error& error, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
        state_->add_step(call, {State::Kind::fail, error});
    }
}

void FakeBackend::lose_next_reply() {
    state_->add_step(FakeCall::atomic_write, {State::Kind::lose});
}

void FakeBackend::hold_next(FakeCall call) { state_->add_step(call, {State::Kind::hold}); }

std::size_t FakeBackend::release(FakeCall call) { return state_->release(call); }

std::size_t FakeBackend::held(FakeCall call) const {
    const std::scoped_lock guard(state_->mutex_);
    return static_cast<std::size_t>(
        std::count_if(state_->held_.begin(), state_->held_.end(),
                      [&](const auto& item) { return item.first == call; }));
}

void FakeBackend::delay_next(FakeCall call, std::chrono::milliseconds by) {
    state_->add_step(call, {State::Kind::delay, {}, by});
}

void FakeBackend::answer_next_get(Result<std::optional<Entry>> answer) {
    state_->add_step(FakeCall::get,
                     {State::Kind::answer, {}, {}, shared_answer(std::move(answer))});
}

void FakeBackend::answer_next_read(Result<ReadOutput> answer) {
    state_->add_step(FakeCall::snapshot_read,
                     {State::Kind::answer, {}, {}, shared_answer(std::move(answer))});
}

void FakeBackend::answer_next_write(Result<CommitResult> answer) {
    state_->add_step(FakeCall::atomic_write,
                     {State::Kind::answer, {}, {}, shared_answer(std::move(answer))});
}

void FakeBackend::answer_next_take(Result<QueueMessage> answer) {
    state_->add_step(FakeCall::queue_take,
                     {State::Kind::answer, {}, {}, shared_answer(std::move(answer))});
}

void FakeBackend::answer_next_health(Result<Health> answer) {
    state_->add_step(FakeCall::health,
                     {State::Kind::answer, {}, {}, shared_answer(std::move(answer))});
}

void FakeBackend::set_capabilities(const Capabilities& capabilities) {
    const std::scoped_lock guard(state_->mutex_);
    state_->capabilities_ = capabilities;
}

void FakeBackend::reset() {
    const std::scoped_lock guard(state_->mutex_);
    state_->calls_.clear();
    for (std::deque<State::Step>& steps : state_->steps_) {
        steps.clear();
    }
}

std::vector<RecordedCall> FakeBackend::calls() const {
    const std::scoped_lock guard(state_->mutex_);
    return state_->calls_;
}

std::size_t FakeBackend::count(FakeCall call) const {
    const std::scoped_lock guard(state_->mutex_);
    return static_cast<std::size_t>(
        std::count_if(state_->calls_.begin(), state_->calls_.end(),
                      [&](const RecordedCall& record) { return record.call == call; }));
}

std::size_t FakeBackend::steps_left() const {
    const std::scoped_lock guard(state_->mutex_);
    std::size_t left = 0;
    for (const std::deque<State::Step>& steps : state_->steps_) {
        left += steps.size();
    }
    return left;
}

Capabilities FakeBackend::capabilities() const {
    const std::scoped_lock guard(state_->mutex_);
    return state_->capabilities_ ? *state_->capabilities_ : state_->store_.capabilities();
}

Async<ReadOutput> FakeBackend::snapshot_read(const Context& context,
                                             std::span<const ReadRange> ranges,
                                             const ReadOptions& options) {
    RecordedCall record{FakeCall::snapshot_read};
    for (const ReadRange& range : ranges) {
        record.keys.push_back(Key::from_stored(range.start));
    }
    return state_->run<ReadOutput>(std::move(record), context, [&](AnyBackend& store) {
        return store.snapshot_read(context, ranges, options);
    });
}

Async<CommitResult> FakeBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    return state_->run<CommitResult>(recorded(write), context, [&](AnyBackend& store) {
        return store.atomic_write(context, write);
    });
}

Result<Stream<WatchOutput>> FakeBackend::watch(const Context& context,
                                               std::span<const WatchTarget> targets) {
    RecordedCall record{FakeCall::watch};
    for (const WatchTarget& target : targets) {
        record.keys.push_back(Key::from_stored(target.key));
    }
    std::optional<State::Step> step = state_->next_step(std::move(record));
    if (step && step->error) {
        return *std::move(step->error);
    }
    return state_->store_.watch(context, targets);
}

Async<QueueMessage> FakeBackend::queue_take(const Context& context) {
    return state_->run<QueueMessage>({FakeCall::queue_take}, context,
                                     [&](AnyBackend& store) { return store.queue_take(context); });
}

Async<void> FakeBackend::queue_finish(const Context& context, std::string_view id,
                                      Delivery delivery) {
    return state_->run<void>({FakeCall::queue_finish}, context, [&](AnyBackend& store) {
        return store.queue_finish(context, id, delivery);
    });
}

Async<void> FakeBackend::queue_extend(const Context& context, std::string_view id) {
    return state_->run<void>({FakeCall::queue_extend}, context,
                             [&](AnyBackend& store) { return store.queue_extend(context, id); });
}

Async<Health> FakeBackend::health(const Context& context) {
    return state_->run<Health>({FakeCall::health}, context,
                               [&](AnyBackend& store) { return store.health(context); });
}

Async<void> FakeBackend::close(const Context& context) {
    return state_->run<void>({FakeCall::close}, context,
                             [&](AnyBackend& store) { return store.close(context); });
}

Async<std::optional<Entry>> FakeBackend::get(const Context& context, ByteView key) {
    return state_->run<std::optional<Entry>>(
        {FakeCall::get, {Key::from_stored(key)}}, context,
        [&](AnyBackend& store) { return store.get(context, key); });
}

Async<SnapshotHandle> FakeBackend::open_snapshot(const Context& context) {
    return state_->run<SnapshotHandle>({FakeCall::open_snapshot}, context, [&](AnyBackend& store) {
        return store.open_snapshot(context);
    });
}

Async<DeleteRangeOutput> FakeBackend::delete_range(const Context& context, ByteView start,
                                                   ByteView end) {
    return state_->run<DeleteRangeOutput>(
        {FakeCall::delete_range, {Key::from_stored(start)}}, context,
        [&](AnyBackend& store) { return store.delete_range(context, start, end); });
}

}  // namespace turntable::inline v0::kv
