#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/kv/detail/layer_call.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable::inline v0::kv::detail {

/// Reads of a snapshot through a policy.
/// Purpose: a layer holds for snapshots too. Ownership: owns the snapshot of the inner backend.
/// Threads: as SnapshotSource. Errors: as the policy.
template <class Policy>
class PolicySnapshot final : public SnapshotSource {
  public:
    PolicySnapshot(std::shared_ptr<Policy> policy, SnapshotHandle inner)
        : policy_(std::move(policy)), inner_{std::move(inner)} {}
    Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) override {
        return policy_->run(inner_, context, SnapshotReadCall{ranges});
    }

  private:
    std::shared_ptr<Policy> policy_;
    SharedSnapshot inner_;
};

/// A layer whose policy treats all calls alike, in `policy.run(target, context, call)`.
///
/// Purpose: what metrics, retry, timeout and others share. Ownership: owns the inner backend.
/// Threads: as the inner backend. Errors: those of the inner backend and of the policy.
template <class Policy, Backend Inner>
class PolicyLayer : public Layer<Inner> {
  public:
    PolicyLayer(Inner inner, std::shared_ptr<Policy> policy)
        : Layer<Inner>(std::move(inner)), policy_(std::move(policy)) {}
    PolicyLayer(PolicyLayer&&) noexcept = default;
    ~PolicyLayer() {
        if (policy_ != nullptr) {
            policy_->shut();
        }
    }

    Capabilities capabilities() const {
        Capabilities out = this->inner().capabilities();
        if constexpr (Policy::holds_calls_back) {
            out.write_order = false;  // one that waits is overtaken
        }
        return out;
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        return policy_->run(this->inner(), context, ReadCall{ranges, options});
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        return policy_->run(this->inner(), context, WriteCall{&write});
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        return policy_->open(this->inner(), context, WatchCall{targets});
    }
    Async<QueueMessage> queue_take(const Context& context) {
        return policy_->run(this->inner(), context, TakeCall{});
    }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return policy_->run(this->inner(), context, FinishCall{id, delivery});
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return policy_->run(this->inner(), context, ExtendCall{id});
    }
    Async<Health> health(const Context& context) {
        return policy_->run(this->inner(), context, HealthCall{});
    }
    Async<void> close(const Context& context) {
        return policy_->close(this->inner(), context, CloseCall{});
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return policy_->run(this->inner(), context, GetCall{key});
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return tap(policy_->run(this->inner(), context, SnapshotCall{}),
                   [policy = policy_](Result<SnapshotHandle>& opened) {
                       if (opened) {
                           opened = SnapshotHandle(std::make_unique<PolicySnapshot<Policy>>(
                               policy, *std::move(opened)));
                       }
                   });
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        return policy_->run(this->inner(), context, DeleteRangeCall{start, end});
    }

  protected:
    Policy& policy() const noexcept { return *policy_; }

  private:
    std::shared_ptr<Policy> policy_;
};

}  // namespace turntable::inline v0::kv::detail
