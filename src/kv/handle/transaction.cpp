#include "turntable/kv/transaction.hpp"

#include <algorithm>

#include "turntable/core/coroutine.hpp"
#include "turntable/core/shared_promise.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr std::string_view transact_operation = "transact";

bool is_version_of(const std::optional<Entry>& a, const std::optional<Entry>& b) {
    return a.has_value() == b.has_value() && (!a || a->versionstamp == b->versionstamp);
}

/// What a new attempt may get over. Who does not know whether a commit happened must not repeat it.
bool may_pass(const Error& error) {
    return error.retry() == Retry::temporary && error.code() != ErrorCode::commit_unknown;
}

/// The ranges that read single keys; `ends` keeps their bytes.
std::vector<ReadRange> point_ranges(std::span<const ByteView> keys,
                                    std::vector<std::string>& ends) {
    ends.reserve(keys.size());  // the views below need strings that stay
    std::vector<ReadRange> ranges;
    ranges.reserve(keys.size());
    for (const ByteView key : keys) {
        const std::string& end = ends.emplace_back(key.to_string() + '\0');
        ranges.push_back({ByteView(end).substr(0, key.size()), end, 1, false});
    }
    return ranges;
}

}  // namespace

TransactionCore::~TransactionCore() = default;

Async<std::optional<Entry>> TransactionCore::get(ByteView key) {
    if (!is_user_key(key)) [[unlikely]] {
        return bad_key(key, "get", handle_);
    }
    if (reading_.exchange(true)) {
        return Error(ErrorCode::invalid_argument,
                     "a transaction reads one key at a time; await each get before the next")
            .during("get")
            .on(handle_.url);
    }
    std::optional<Result<std::optional<Entry>>> known;
    if (doomed_) {
        known.emplace(*why_);
    } else if (const Read* read = find_read(key)) {
        known.emplace(with_own_writes(key, read->entry));
    } else if (writes_.overlay(key).replaced) {
        known.emplace(with_own_writes(key, std::nullopt));
    }
    if (known) {
        reading_ = false;
        return *std::move(known);
    }
    Found found = fetch(key);
    if (found.is_ready()) [[likely]] {
        return accept(key, std::move(found.peek()));
    }
    return accept_later(shared_from_this(), key.to_string(), std::move(found));
}

/// A transaction that reads one key needs no snapshot. The second read opens one and makes sure
/// that it still shows what the first one gave. Later attempts read past any cache, whose old
/// entries may have been what the attempt before failed for: snapshots and reads of several ranges
/// do.
Async<std::optional<Entry>> TransactionCore::fetch(ByteView key) {
    std::vector<std::string> ends;
    if (snapshot_ != nullptr) {
        const ByteView keys[] = {key};
        const std::vector<ReadRange> ranges = point_ranges(keys, ends);
        return single_entry(snapshot_->read(context_, ranges));
    }
    if (attempt_ == 1 && reads_.empty()) {
        return read_key(key);
    }
    if (capabilities().snapshots) {
        return fetch_from_new_snapshot(shared_from_this(), key.to_string());
    }
    if (attempt_ == 1) {
        return read_key(key);
    }
    const ByteView twice[] = {key, key};
    const std::vector<ReadRange> ranges = point_ranges(twice, ends);
    return single_entry(read_ranges(ranges));
}

Async<std::optional<Entry>> TransactionCore::fetch_from_new_snapshot(
    std::shared_ptr<TransactionCore> self, std::string key) {
    Async<SnapshotHandle> opening = self->open_snapshot();
    Result<SnapshotHandle>& opened = co_await opening;
    if (!opened) {
        co_return std::move(opened).error();
    }
    self->snapshot_ = *std::move(opened);
    const Read* first = self->reads_.empty() ? nullptr : &self->reads_.front();
    std::vector<std::string> ends;
    const ByteView keys[] = {first == nullptr ? ByteView(key) : ByteView(first->key), key};
    const std::vector<ReadRange> ranges = point_ranges(keys, ends);
    Async<ReadOutput> reading = self->snapshot_->read(self->context_, ranges);
    Result<ReadOutput>& output = co_await reading;
    auto entries = PointReads::entries(std::move(output));
    if (!entries) {
        self->snapshot_.reset();  // the next read makes the comparison
        co_return std::move(entries).error();
    }
    if (first != nullptr && !is_version_of(first->entry, (*entries)[0])) {
        self->doomed_ = true;
        co_return self->conflict_at(first->key);
    }
    co_return std::move((*entries)[1]);
}

Async<std::optional<Entry>> TransactionCore::accept_later(std::shared_ptr<TransactionCore> self,
                                                          std::string key, Found found) {
    Result<std::optional<Entry>>& result = co_await found;
    co_return self->accept(key, std::move(result));
}

Result<std::optional<Entry>> TransactionCore::accept(ByteView key,
                                                     Result<std::optional<Entry>>&& found) {
    if (!found) {
        name_error(found.error(), "get", handle_);
        if (doomed_ || may_pass(found.error())) {
            why_ = found.error();
        }
        reading_ = false;
        return std::move(found);
    }
    const Read& read = reads_.emplace_back(Read{key.to_string(), *std::move(found)});
    Result<std::optional<Entry>> out = with_own_writes(key, read.entry);
    reading_ = false;
    return out;
}

Result<std::optional<Entry>> TransactionCore::with_own_writes(ByteView key,
                                                              const std::optional<Entry>& stored) {
    if (writes_.overlay(key).untouched) [[likely]] {
        return stored;
    }
    return named(writes_.applied(key, stored, handle_.now_ms()), "get", handle_);
}

const TransactionCore::Read* TransactionCore::find_read(ByteView key) {
    constexpr std::size_t few = 8;
    if (reads_.size() <= few) {
        const auto found =
            std::ranges::find(reads_, key, [](const Read& read) { return ByteView(read.key); });
        return found == reads_.end() ? nullptr : &*found;
    }
    while (read_index_.size() < reads_.size()) {
        read_index_.emplace(reads_[read_index_.size()].key, read_index_.size());
    }
    const auto found = read_index_.find(key.to_string());
    return found == read_index_.end() ? nullptr : &reads_[found->second];
}

Error TransactionCore::refuse_list(const Selector& selector) const {
    Result<KeyRange> range = selector.range();
    if (!range) {
        return named(std::move(range), "list", handle_).error();
    }
    return Error(ErrorCode::unsupported,
                 "a list inside a transaction needs the capability range_checks, which this "
                 "backend does not have: its commit could not tell that another writer added or "
                 "removed an entry of the range. Get the entries by key, keep their keys in an "
                 "entry of their own, or list before the transaction and get what you use")
        .with("from", print_key(range->start))
        .during("list")
        .on(handle_.url);
}

Async<Verdict> TransactionCore::finish(bool succeeded) {
    if (reading_) {
        if (!succeeded) {  // it has its reasons, such as would_deadlock
            return Verdict::done;
        }
        return Error(ErrorCode::invalid_argument,
                     "the closure of a transaction ended before a get of it did; await each get")
            .during(transact_operation)
            .on(handle_.url);
    }
    const bool had_snapshot = snapshot_ != nullptr;
    snapshot_.reset();
    if (doomed_ || (!succeeded && why_)) {
        return Verdict::again;
    }
    if (succeeded && !writes_.empty()) {
        return commit();
    }
    if (reads_.size() < 2 || had_snapshot) {
        return Verdict::done;
    }
    return validate(succeeded);
}

/// Without a snapshot, reads of several keys were of one state if they all still are what they
/// were. A transaction that writes leaves that to its checks.
Async<Verdict> TransactionCore::validate(bool succeeded) {
    if (const std::size_t most = capabilities().limits.ranges; reads_.size() > most) {
        if (!succeeded) {
            return Verdict::done;
        }
        return Error(ErrorCode::limit_exceeded,
                     "a transaction that only reads takes at most " + std::to_string(most) +
                         " keys on a backend without snapshots; this one read " +
                         std::to_string(reads_.size()))
            .during(transact_operation)
            .on(handle_.url);
    }
    std::vector<ByteView> keys;
    for (const Read& read : reads_) {
        keys.emplace_back(read.key);
    }
    std::vector<std::string> ends;
    const std::vector<ReadRange> ranges = point_ranges(keys, ends);
    return then(read_ranges(ranges),
                [self = shared_from_this()](Result<ReadOutput>&& output) -> Result<Verdict> {
                    auto entries = named(PointReads::entries(std::move(output)), transact_operation,
                                         self->handle_);
                    if (!entries) {
                        if (!may_pass(entries.error())) {
                            return std::move(entries).error();
                        }
                        self->why_ = std::move(entries).error();
                        return Verdict::again;
                    }
                    for (std::size_t i = 0; i < self->reads_.size(); ++i) {
                        if (!is_version_of(self->reads_[i].entry, (*entries)[i])) {
                            self->why_ = self->conflict_at(self->reads_[i].key);
                            return Verdict::again;
                        }
                    }
                    return Verdict::done;
                });
}

Async<Verdict> TransactionCore::commit() {
    for (const Read& read : reads_) {
        writes_.check(read.key,
                      read.entry ? std::optional(read.entry->versionstamp) : std::nullopt);
    }
    Result<AtomicWrite> built = named(writes_.build(handle_.now_ms()), transact_operation, handle_);
    if (!built) {
        return std::move(built).error();
    }
    return then(write(*built), [self = shared_from_this()](Result<CommitResult>&& result) {
        return self->judge(std::move(result));
    });
}

Result<Verdict> TransactionCore::judge(Result<CommitResult>&& result) {
    if (!result) {
        name_error(result.error(), transact_operation, handle_);
        if (!may_pass(result.error())) {
            return std::move(result).error();
        }
        why_ = std::move(result).error();
        return Verdict::again;
    }
    if (result->committed) {
        return Verdict::done;
    }
    const std::size_t first = result->failed_checks.empty() ? 0 : result->failed_checks.front();
    if (first >= reads_.size()) {
        return Error(ErrorCode::backend, "the backend refused a write by a check that it has not")
            .during(transact_operation)
            .on(handle_.url);
    }
    why_ = conflict_at(reads_[first].key);
    return Verdict::again;
}

Error TransactionCore::conflict_at(ByteView key) {
    return Error(ErrorCode::conflict,
                 "another writer changed an entry that the transaction has read")
        .with("key", print_key(key))
        .during(transact_operation)
        .on(handle_.url);
}

Result<void> TransactLoop::check() const {
    if (options_.attempts > 0 && options_.backoff.count() >= 0 &&
        options_.backoff_max.count() >= 0) {
        return {};
    }
    return Error(ErrorCode::invalid_argument,
                 "a transaction needs at least one attempt and times that are not negative")
        .with("attempts", std::to_string(options_.attempts))
        .during(transact_operation)
        .on(handle_.url);
}

Async<void> TransactLoop::pause(const Error& why) {
    Runtime& runtime = *handle_.runtime;
    if (attempt_ >= options_.attempts) {
        return give_up(why);
    }
    std::chrono::nanoseconds longest = options_.backoff;
    for (std::uint32_t i = 1; i < attempt_ && longest < options_.backoff_max; ++i) {
        longest *= 2;
    }
    longest = std::min<std::chrono::nanoseconds>(longest, options_.backoff_max);
    const std::chrono::nanoseconds wait(
        runtime.random().between(0, static_cast<std::uint64_t>(longest.count())));
    const Instant now = runtime.clock().steady_now();
    if (context_.has_deadline() && now + wait >= context_.deadline) {
        return give_up(why);
    }
    ++attempt_;
    if (wait.count() == 0 && !context_.stop.stop_requested()) {
        return Result<void>();
    }
    auto [promise, async] = SharedPromise<void>::make(runtime, context_);
    promise->on_stop([kept = promise](StopReason reason) {
        kept->complete(stopped_error(reason).during(transact_operation));
    });
    runtime.timers().call_at(now + wait, [kept = promise] { kept->complete({}); });
    return std::move(async);
}

Error TransactLoop::give_up(const Error& why) const {
    if (why.code() != ErrorCode::conflict) {
        return Error(why).with("attempts", std::to_string(attempt_)).with_retry(Retry::exhausted);
    }
    return Error(ErrorCode::conflict,
                 "other writers were faster in each attempt of the transaction; nothing was "
                 "written. Try again later, or let fewer transactions share these entries")
        .with("attempts", std::to_string(attempt_))
        .during(transact_operation)
        .on(handle_.url)
        .because(why)
        .with_retry(Retry::exhausted);
}

}  // namespace turntable::inline v0::kv::detail
