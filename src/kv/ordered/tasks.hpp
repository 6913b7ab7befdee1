#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kv/ordered/owned_write.hpp"
#include "kv/ordered/writer.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/core/shared_promise.hpp"

namespace turntable::inline v0::kv::detail {

/// A task with an answer: for the caller that runs it, or for a promise.
template <class T>
class ResultTask : public WriteTask {
  public:
    void complete(const Error* failure) override {
        if (failure != nullptr) {
            outcome_ = Result<T>(*failure);
        }
        if (promise_ != nullptr) {
            if (!*outcome_) {
                outcome_->error().during(operation_).on(url_);
            }
            promise_->complete(take_result());
        }
    }
    Result<T> take_result() { return *std::exchange(outcome_, std::nullopt); }
    /// `operation` and `url` are named in an error; both outlive the task.
    void answer_to(std::shared_ptr<SharedPromise<T>> promise, std::string_view operation,
                   std::string_view url) {
        promise_ = std::move(promise);
        operation_ = operation;
        url_ = url;
    }

  protected:
    std::optional<Result<T>> outcome_;

  private:
    std::shared_ptr<SharedPromise<T>> promise_;
    std::string_view operation_;
    std::string_view url_;
};

/// An atomic write. Borrows it.
class AtomicTask : public ResultTask<CommitResult> {
  public:
    AtomicTask(const AtomicWrite& write, std::size_t value_bytes_max)
        : write_(write), value_bytes_max_(value_bytes_max) {}

    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;

  private:
    Result<void> apply_plan(WriteScope& scope);

    const AtomicWrite& write_;
    std::size_t value_bytes_max_;
    std::vector<std::string> ids_;
    Plan plan_;
};

/// An atomic write that waits for its turn and so owns what it was made of.
class OwnedAtomicTask final : private OwnedWrite, public AtomicTask {
  public:
    OwnedAtomicTask(const AtomicWrite& write, std::size_t value_bytes_max)
        : OwnedWrite(write), AtomicTask(OwnedWrite::view(), value_bytes_max) {}
    std::size_t size_bytes() const noexcept override { return OwnedWrite::owned_bytes(); }
};

class DeleteRangeTask final : public ResultTask<DeleteRangeOutput> {
  public:
    DeleteRangeTask(ByteView start, ByteView end)
        : start_(start.to_string()), end_(end.to_string()) {}
    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;

  private:
    std::string start_;
    std::string end_;
    std::vector<std::string> keys_;
};

/// What follows from a failed delivery, applied to the transaction.
struct AppliedFailure {
    FailurePlan plan;
    /// Keeps what the plan borrows.
    std::unique_ptr<QueueRow> row;

    void publish(Effects& effects) const;
};
/// Moves a running row on; it is removed from the table of running rows.
Result<AppliedFailure> apply_failure(WriteScope& scope, QueueRow row);

class FinishTask final : public ResultTask<void> {
  public:
    FinishTask(std::string_view id, Delivery delivery) : id_(id), delivery_(delivery) {}
    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;

  private:
    Result<void> put_back(WriteScope& scope, QueueRow row);

    std::string id_;
    Delivery delivery_;
    std::optional<AppliedFailure> failure_;
    /// When a message that was returned is due.
    std::optional<std::int64_t> due_ms_;
};

class ExtendTask final : public ResultTask<void> {
  public:
    ExtendTask(std::string_view id, std::int64_t lease_ms) : id_(id), lease_ms_(lease_ms) {}
    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;

  private:
    std::string id_;
    std::int64_t lease_ms_;
};

struct TakeOutput {
    std::vector<QueueMessage> messages;
    /// When the next message is due and the next lease ends.
    std::optional<std::int64_t> next_message_ms;
    std::optional<std::int64_t> next_lease_ms;
    /// Deliveries whose lease had ended.
    std::vector<std::string> orphan_ids;
};

/// Takes back what consumers that died have left, then leases up to `max` messages.
class TakeTask final : public ResultTask<TakeOutput> {
  public:
    TakeTask(std::size_t max, std::int64_t lease_ms, UniqueFunction<void(Result<TakeOutput>)> done)
        : max_(max), lease_ms_(lease_ms), done_(std::move(done)) {}
    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;
    void complete(const Error* failure) override;

  private:
    static constexpr std::size_t orphans_max = 100;
    Result<void> take_back_orphans(WriteScope& scope);

    std::size_t max_;
    std::int64_t lease_ms_;
    UniqueFunction<void(Result<TakeOutput>)> done_;
    std::vector<AppliedFailure> orphans_;
};

struct SweepOutput {
    std::optional<std::int64_t> next_ms;
    bool more = false;
};

class SweepTask final : public ResultTask<SweepOutput> {
  public:
    explicit SweepTask(UniqueFunction<void(Result<SweepOutput>)> done) : done_(std::move(done)) {}
    Result<void> apply(WriteScope& scope) override;
    void publish(Effects& effects) const override;
    void complete(const Error* failure) override;

  private:
    static constexpr std::size_t entries_max = 1000;
    UniqueFunction<void(Result<SweepOutput>)> done_;
    std::vector<std::string> keys_;
};

}  // namespace turntable::inline v0::kv::detail
