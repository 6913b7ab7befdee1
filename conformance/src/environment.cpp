#include "environment.hpp"

#include "turntable/kv/serialized_backend.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

std::string answer(const Result<CommitResult>& result) {
    if (!result) {
        return result.error().to_string();
    }
    if (result->committed) {
        return "committed " + result->versionstamp.to_string();
    }
    return "failed checks " + show(result->failed_checks);
}

}  // namespace

std::string show(const Item& item) {
    return print_key(item.key) + "=" + show(item.data, item.encoding) + "@" +
           item.stamp.to_string();
}

std::string show(const std::optional<Item>& item) { return item ? show(*item) : "absent"; }

std::string show(const std::vector<Item>& items) {
    constexpr std::size_t shown_max = 12;
    std::string text = std::to_string(items.size()) + " entries [";
    for (std::size_t i = 0; i < items.size() && i < shown_max; ++i) {
        text += (i == 0 ? "" : ", ") + show(items[i]);
    }
    return text + (items.size() > shown_max ? ", ...]" : "]");
}

Store::Store(Environment& environment, std::string label, AnyBackend backend)
    : environment_(environment), label_(std::move(label)), backend_(std::move(backend)) {}

Store::~Store() = default;

void Store::note(std::string line) { environment_.trace(label_ + ": " + std::move(line)); }

Result<CommitResult> Store::try_write(const Write& write, const Context& context,
                                      const Location& where) {
    Context used = context;
    environment_.count_call();
    used.caller_waits = environment_.caller_waits();
    auto result = environment_.await(backend_->atomic_write(used, write.contract()),
                                     "atomic_write" + write.describe(), where);
    note("atomic_write" + write.describe() + " -> " + answer(result));
    return result;
}

Versionstamp Store::commit(const Write& write, const Location& where) {
    const auto result = try_write(write, {}, where);
    if (!result || !result->committed) {
        fail("atomic_write" + write.describe(), "committed", answer(result), where);
    }
    return result->versionstamp;
}

Versionstamp Store::set(ByteView key, ByteView data, const Location& where) {
    return commit(Write().set(key, data), where);
}

Versionstamp Store::remove(ByteView key, const Location& where) {
    return commit(Write().remove(key), where);
}

void Store::expect_failed_checks(const Write& write, std::vector<std::uint32_t> failed,
                                 const Location& where) {
    const auto result = try_write(write, {}, where);
    if (!result || result->committed || result->failed_checks != failed) {
        fail("atomic_write" + write.describe(), "failed checks " + show(failed), answer(result),
             where);
    }
    expect_equal(Versionstamp(), result->versionstamp,
                 "the versionstamp of a write that was refused", where);
}

void Store::expect_error(const Write& write, std::initializer_list<ErrorCode> codes,
                         const Location& where) {
    const auto result = try_write(write, {}, where);
    expect_code(result, codes, "atomic_write" + write.describe(), where);
}

Pending<CommitResult> Store::start_write(const Write& write, const Context& context) {
    note("start atomic_write" + write.describe());
    return environment_.pending(backend_->atomic_write(context, write.contract()));
}

Result<std::vector<std::vector<Item>>> Store::try_read(std::span<const ReadRange> ranges,
                                                       const Context& context,
                                                       const Location& where) {
    std::string text = "snapshot_read";
    for (std::size_t i = 0; i < ranges.size() && i < 4; ++i) {
        text += " [" + show(ranges[i].start) + ", " + show(ranges[i].end) + ") limit " +
                std::to_string(ranges[i].limit) + (ranges[i].reverse ? " reverse" : "");
    }
    auto result = environment_.await(backend_->snapshot_read(context, ranges, {}), text, where);
    if (!result) {
        note(text + " -> " + result.error().to_string());
        return std::move(result).error();
    }
    std::vector<std::vector<Item>> lists;
    std::size_t entries = 0;
    for (const EntryBatch& batch : *result) {
        std::vector<Item>& items = lists.emplace_back();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const EntryView entry = batch[i];
            items.push_back({entry.key.to_string(), entry.data.to_string(), entry.encoding,
                             entry.versionstamp});
        }
        entries += items.size();
    }
    note(text + " -> " +
         (lists.size() == 1 && entries <= 3 ? show(lists[0]) : show(entries) + " entries"));
    expect_equal(ranges.size(), lists.size(), "a read gives one batch for each range", where);
    return lists;
}

std::vector<std::vector<Item>> Store::read(std::span<const ReadRange> ranges,
                                           const Location& where) {
    return expect_ok(try_read(ranges, {}, where), "snapshot_read", where);
}

std::vector<Item> Store::list(ByteView start, ByteView end, std::uint32_t limit, bool reverse,
                              const Location& where) {
    const ReadRange range{start, end, limit, reverse};
    return read({&range, 1}, where).front();
}

std::vector<Item> Store::all(const Location& where) {
    const auto limit =
        static_cast<std::uint32_t>(std::min<std::size_t>(limits().read_entries, 100'000));
    return list(ByteView("\0", 1), "\xFF", limit, false, where);
}

std::optional<Item> Store::get(ByteView key, const Location& where) {
    auto entry = environment_.await(backend_->get({}, key), "get " + print_key(key), where);
    std::optional<Item> item;
    const bool failed = !entry;
    if (failed) {
        fail("get " + print_key(key), "success", entry.error().to_string(), where);
    }
    if (*entry) {
        item = Item{key.to_string(), (*entry)->value.data().to_string(), (*entry)->value.encoding(),
                    (*entry)->versionstamp};
    }
    note("get " + print_key(key) + " -> " + show(item));
    return item;
}

void Store::expect_value(ByteView key, ByteView data, ValueEncoding encoding,
                         const Location& where) {
    const auto item = get(key, where);
    if (!item || ByteView(item->data) != data || item->encoding != encoding) {
        fail("the value of " + print_key(key), show(data, encoding), show(item), where);
    }
}

void Store::expect_absent(ByteView key, const Location& where) {
    const auto item = get(key, where);
    if (item) {
        fail("the value of " + print_key(key), "absent", show(item), where);
    }
}

void Store::expect_all(const std::vector<Item>& items, const Location& where) {
    expect_equal(items, all(where), "all entries of the database", where);
}

Pending<QueueMessage> Store::start_take(const Context& context) {
    note("start queue_take");
    return environment_.pending(backend_->queue_take(context));
}

QueueMessage Store::take(const Location& where) {
    auto message = environment_.await(backend_->queue_take({}), "queue_take", where);
    note("queue_take -> " + (message ? show(message->payload.view()) + " as " + message->id +
                                           " until " + show(message->lease_until_ms)
                                     : message.error().to_string()));
    return expect_ok(std::move(message), "queue_take", where);
}

Result<void> Store::finish(std::string_view id, Delivery delivery) {
    auto result = environment_.await(backend_->queue_finish({}, id, delivery), "queue_finish");
    note("queue_finish " + std::string(id) +
         (delivery == Delivery::done     ? " done"
          : delivery == Delivery::failed ? " failed"
                                         : " returned") +
         " -> " + (result ? "fine" : result.error().to_string()));
    return result;
}

Result<void> Store::extend(std::string_view id) {
    auto result = environment_.await(backend_->queue_extend({}, id), "queue_extend");
    note("queue_extend " + std::string(id) + " -> " +
         (result ? "fine" : result.error().to_string()));
    return result;
}

void Store::finish_well(std::string_view id, Delivery delivery, const Location& where) {
    expect_ok(finish(id, delivery), "queue_finish", where);
}

Result<void> Store::try_close() {
    auto result = environment_.await(backend_->close({}), "close");
    note(std::string("close -> ") + (result ? "fine" : result.error().to_string()));
    return result;
}

void Store::close(const Location& where) { expect_ok(try_close(), "close", where); }

void Store::destroy() {
    note("destroy");
    backend_.reset();
}

Environment::Environment(const Subject& subject, const Options& options, ManualClock* clock,
                         std::shared_ptr<Clock> shared_clock)
    : subject_(subject), options_(options), clock_(clock), random_(options.seed) {
    RuntimeOptions made;
    made.clock = std::move(shared_clock);
    made.random = Random::seeded(options.seed);
    made.pool_threads = 2;
    runtime_ = Runtime::create(std::move(made));
}

Environment::~Environment() {
    while (!stores_.empty()) {
        stores_.pop_back();
    }
}

Store& Environment::open(const Subject::Open& open, std::string label) {
    Result<AnyBackend> backend = open(runtime_);
    trace(label + ": open -> " + (backend ? "fine" : backend.error().to_string()));
    if (!backend) {
        throw Failure{"the subject opens a database", "success", backend.error().to_string(), ""};
    }
    // As the registry does it: with that in front of it, calls may overlap.
    if (backend->capabilities().threading == Threading::serialized) {
        backend = AnyBackend(SerializedBackend(*std::move(backend)));
    }
    stores_.push_back(std::make_unique<Store>(*this, std::move(label), *std::move(backend)));
    return *stores_.back();
}

Store& Environment::store() {
    return stores_.empty() ? open(subject_.open_fresh, "db") : *stores_.front();
}

Store& Environment::fresh() {
    while (!stores_.empty()) {
        stores_.pop_back();
    }
    return open(subject_.open_fresh, "db");
}

Store& Environment::reopen() { return open(subject_.reopen, "reopened"); }

Store& Environment::second() { return open(subject_.open_second, "second"); }

std::int64_t Environment::now_ms() const {
    return runtime_->clock().wall_now().time_since_epoch().count();
}

void Environment::advance(std::chrono::milliseconds by) {
    clock_->advance(by);
    trace("clock: forward by " + std::to_string(by.count()) + " ms, now " + show(now_ms()));
}

void Environment::advance_to(std::int64_t wall_ms) {
    advance(std::chrono::milliseconds(std::max<std::int64_t>(wall_ms - now_ms(), 0)));
}

Context Environment::expired_context() const {
    Context context;
    context.deadline = runtime_->clock().steady_now() - std::chrono::milliseconds(1);
    return context;
}

void Environment::abandon() {
    // Reachable for ever, so that a leak checker stays quiet about what was left on purpose.
    using Kept = std::pair<std::shared_ptr<Runtime>, std::vector<std::unique_ptr<Store>>>;
    static auto* const kept = new std::vector<Kept>();
    kept->emplace_back(runtime_, std::move(stores_));
    stores_.clear();
}

}  // namespace turntable::inline v0::kv::conformance
