#include "turntable/kv/detail/store_core.hpp"

#include <chrono>
#include <utility>

#include "kv/ordered/store_host.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

std::shared_ptr<StoreHost> make_host(std::shared_ptr<StoreEngine> engine,
                                     OrderedStoreOptions options, EngineTraits traits) {
    auto host = std::make_shared<StoreHost>(std::move(engine), std::move(options), traits);
    host->start();
    return host;
}

}  // namespace

StoreCore::StoreCore(std::shared_ptr<StoreEngine> engine, OrderedStoreOptions options,
                     EngineTraits traits)
    : host_(make_host(std::move(engine), std::move(options), traits)),
      gate_(&host_->gate()),
      options_(&host_->options()),
      clock_(&host_->runtime().clock()) {}

StoreCore::~StoreCore() {
    host_->close([] {});
    host_->abandon_pending();
    gate_->wait_empty();
    host_->release_engine();
}

Error StoreCore::describe(Error error, std::string_view operation) const {
    return host_->describe(std::move(error), operation);
}

Error StoreCore::closed(std::string_view operation) const {
    return describe(Error(ErrorCode::closed, "the store was closed"), operation);
}

Result<void> StoreCore::check_stopped(const Context& context) const {
    if (context.stop.stop_requested()) {
        return stopped_error(StopReason::cancelled);
    }
    if (context.has_deadline() && context.deadline <= clock_->steady_now()) {
        return stopped_error(StopReason::timeout);
    }
    return {};
}

void StoreCore::post(Pass pass, UniqueFunction<void()> work) {
    host_->post_inside(std::move(pass), std::move(work));
}

Async<CommitResult> StoreCore::atomic_write(const Context& context, const AtomicWrite& write) {
    constexpr std::string_view operation = "atomic_write";
    Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (options_->read_only) {
        return describe(Error(ErrorCode::permission_denied, "the store is read-only"), operation);
    }
    const Limits& limits = options_->capabilities.limits;
    if (auto checked = check_write(write, limits, now_ms()); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    AtomicTask task(write, limits.value_bytes);
    if (host_->run_here(context, task)) {
        Result<CommitResult> result = task.take_result();
        return result ? std::move(result) : describe(std::move(result).error(), operation);
    }
    return host_->run_later<CommitResult>(
        context, operation, std::move(pass),
        std::make_unique<OwnedAtomicTask>(write, limits.value_bytes));
}

Async<DeleteRangeOutput> StoreCore::delete_range(const Context& context, ByteView start,
                                                 ByteView end) {
    constexpr std::string_view operation = "delete_range";
    Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (options_->read_only) {
        return describe(Error(ErrorCode::permission_denied, "the store is read-only"), operation);
    }
    if (auto checked = check_range(start, end, options_->capabilities.limits); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    return host_->run<DeleteRangeOutput>(context, operation, std::move(pass),
                                         std::make_unique<DeleteRangeTask>(start, end));
}

Result<Stream<WatchOutput>> StoreCore::watch(const Context& context,
                                             std::span<const WatchTarget> targets) {
    constexpr std::string_view operation = "watch";
    const Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (auto checked = check_watch(targets, options_->capabilities.limits); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    Stream<WatchOutput> stream = host_->hub().add(targets);
    host_->start_polling();
    return stream;
}

Async<QueueMessage> StoreCore::queue_take(const Context& context) {
    constexpr std::string_view operation = "queue_take";
    const Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (options_->read_only) {
        return describe(Error(ErrorCode::permission_denied, "the store is read-only"), operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    return host_->queue().take(context);
}

Async<void> StoreCore::queue_finish(const Context& context, std::string_view id,
                                    Delivery delivery) {
    constexpr std::string_view operation = "queue_finish";
    Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    host_->queue().lease_ended(id);
    return host_->run<void>(context, operation, std::move(pass),
                            std::make_unique<FinishTask>(id, delivery));
}

Async<void> StoreCore::queue_extend(const Context& context, std::string_view id) {
    constexpr std::string_view operation = "queue_extend";
    Pass pass(*gate_);
    if (!pass) {
        return closed(operation);
    }
    if (auto checked = check_context(context); !checked) {
        return describe(std::move(checked).error(), operation);
    }
    return host_->run<void>(context, operation, std::move(pass),
                            std::make_unique<ExtendTask>(id, options_->lease.count()));
}

namespace {

Health ask(StoreHost& host) {
    const Instant before = host.runtime().clock().steady_now();
    Health health;
    auto reader = host.engine().begin_read();
    // Any key does: a read that finds nothing has asked the engine as well.
    std::optional<Error> failure;
    if (!reader) {
        failure = std::move(reader).error();
    } else if (auto read = (*reader)->get("\xFFv"); !read) {
        failure = std::move(read).error();
    }
    if (failure) {
        health.state = Health::State::unhealthy;
        health.reason = host.describe(*std::move(failure), "health").to_string();
    }
    health.latency = std::chrono::duration_cast<std::chrono::microseconds>(
        host.runtime().clock().steady_now() - before);
    return health;
}

}  // namespace

Async<Health> StoreCore::health(const Context& context) {
    Pass pass(*gate_);
    if (!pass) {
        return closed("health");
    }
    if (context.caller_waits || options_->reads == ReadMode::on_caller) {
        return ask(*host_);
    }
    auto [promise, async] = SharedPromise<Health>::make(host_->runtime(), context);
    promise->on_stop([promise](StopReason reason) { promise->complete(stopped_error(reason)); });
    host_->post_inside(std::move(pass),
                       [host = host_.get(), promise] { promise->complete(ask(*host)); });
    return std::move(async);
}

Async<void> StoreCore::close(const Context& context) {
    auto [promise, async] = SharedPromise<void>::make(host_->runtime(), context);
    promise->on_stop([promise](StopReason reason) { promise->complete(stopped_error(reason)); });
    host_->close([host = host_, promise] {
        host->release_engine();
        promise->complete(Result<void>());
    });
    return std::move(async);
}

}  // namespace turntable::inline v0::kv::detail
