#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/tape/detail/layer_call.hpp"
#include "turntable/tape/layer.hpp"

namespace turntable::inline v0::tape::detail {

/// A stream whose steps go through a policy.
///
/// Purpose: a limit holds for the pieces of a content too. Ownership: owns the inner stream.
/// Threads: as Stream. Errors: as the policy; the stream ends with the first.
template <class Policy>
class PolicyStream final : public StreamSource<Bytes> {
  public:
    PolicyStream(std::shared_ptr<Policy> policy, Stream<Bytes> inner)
        : policy_(std::move(policy)),
          inner_{std::make_shared<Stream<Bytes>>(std::move(inner))},
          ended_(std::make_shared<bool>(false)) {}
    Async<std::optional<Bytes>> next(const Context& context) override {
        if (*ended_) {
            return std::optional<Bytes>();
        }
        return tap(
            policy_->run(inner_, context, NextCall{}),
            [ended = ended_](Result<std::optional<Bytes>>& piece) { *ended = !piece || !*piece; });
    }

  private:
    std::shared_ptr<Policy> policy_;
    SharedStream inner_;
    std::shared_ptr<bool> ended_;  // a step that is not awaited any more ends it too
};

/// A layer whose policy treats all calls alike, in `policy.run(target, context, call)`.
///
/// Purpose: what metrics, retry, timeout and others share. Ownership: owns the inner provider.
/// Threads: as the inner provider. Errors: those of the inner provider and of the policy.
template <class Policy, Provider Inner>
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

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request) {
        return policy_->run(this->inner(), context, SaveCall(&request));
    }
    Async<SavedTapes> save_tapes(const Context& context, const std::vector<SaveRequest>& requests) {
        if (!this->saves_in_batches()) {
            return save_each(*this, context, requests);
        }
        return policy_->run(this->inner(), context, SaveAllCall(&requests));
    }
    Async<StoredTape> load_tape(const Context& context, std::string_view id) {
        return policy_->run(this->inner(), context, LoadCall(id));
    }
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes) {
        return policy_->run(this->inner(), context, AppendCall(id, offset, bytes));
    }
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 const ContentRange& range) {
        TURNTABLE_TRY(auto opened, policy_->open(this->inner(), context, StreamCall{id, range}));
        if constexpr (Policy::bounds_steps) {
            return Stream<Bytes>(
                std::make_unique<PolicyStream<Policy>>(policy_, std::move(opened)));
        } else {
            return opened;
        }
    }
    Async<void> delete_tape(const Context& context, std::string_view id) {
        return policy_->run(this->inner(), context, DeleteCall(id));
    }
    Async<TapePage> list_tapes(const Context& context, const SearchCriteria& criteria) {
        return policy_->run(this->inner(), context, ListCall(&criteria));
    }
    Async<TapeMetadata> get_metadata(const Context& context, std::string_view id) {
        return policy_->run(this->inner(), context, MetadataCall(id));
    }
    Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                        const LabelChange& change) {
        return policy_->run(this->inner(), context, UpdateCall(id, &change));
    }
    Async<TapeMetadata> finish_tape(const Context& context, std::string_view id) {
        return policy_->run(this->inner(), context, FinishCall(id));
    }
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options) {
        return policy_->run(this->inner(), context, InspectCall(options));
    }
    Async<Health> health_check(const Context& context) {
        return policy_->run(this->inner(), context, HealthCall{});
    }
    Async<void> close(const Context& context) {
        return policy_->close(this->inner(), context, CloseCall{});
    }

  private:
    std::shared_ptr<Policy> policy_;
};

}  // namespace turntable::inline v0::tape::detail
