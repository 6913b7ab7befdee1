#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/defects.hpp"
#include "turntable/conformance/subject.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::conformance_test {

/// What the handles of one reference database share: an ordered map, two lists of messages, and
/// who waits for what, under one mutex.
///
/// Purpose: the contract written as plainly as can be, to test the suite with, and the place where
/// defects are seeded.
/// Ownership: shared by its handles and by timers. Threads: all functions from any thread.
/// Errors: as the contract.
class ReferenceData : public std::enable_shared_from_this<ReferenceData> {
  public:
    ReferenceData(std::shared_ptr<Runtime> runtime, Defect defect)
        : runtime_(std::move(runtime)), defect_(defect) {}

    kv::Limits limits() const;
    std::uint64_t open_handle();
    Result<void> close_handle(std::uint64_t handle, bool destroyed);
    /// What happens to data that is closed and opened again.
    void reopened();

    Result<kv::ReadOutput> read(std::uint64_t handle, std::span<const kv::ReadRange> ranges);
    Result<kv::CommitResult> write(std::uint64_t handle, const Context& context,
                                   const kv::AtomicWrite& write);
    Result<kv::DeleteRangeOutput> delete_range(std::uint64_t handle, ByteView start, ByteView end);
    Result<kv::SnapshotHandle> snapshot(std::uint64_t handle);
    Result<std::uint64_t> watch(std::uint64_t handle, std::span<const kv::WatchTarget> targets);
    Async<std::optional<kv::WatchOutput>> next(std::uint64_t watch, const Context& context);
    void unwatch(std::uint64_t watch);
    Async<kv::QueueMessage> take(std::uint64_t handle, const Context& context);
    Result<void> finish(std::uint64_t handle, std::string_view id, kv::Delivery delivery);
    Result<void> extend(std::uint64_t handle, std::string_view id);
    bool is_open(std::uint64_t handle);

  private:
    using Entries = std::map<std::string, kv::Record>;
    struct Taker {
        std::uint64_t handle;
        Promise<kv::QueueMessage> promise;
    };
    struct Target {
        std::string key;
        std::optional<std::string> end;
    };
    struct Watch {
        std::uint64_t handle;
        std::vector<Target> targets;
        bool first = true;
        bool dirty = false;
        /// What was told: a version, or none for absent.
        std::map<std::pair<std::uint32_t, std::string>, std::optional<std::uint64_t>> told;
        std::optional<Promise<std::optional<kv::WatchOutput>>> next;
    };
    friend class ReferenceSnapshot;

    bool has(Defect defect) const { return defect_ == defect; }
    std::int64_t now_ms() const;
    bool is_gone(const kv::Record& record) const;
    Error closed_error() const { return {ErrorCode::closed, "the database is closed"}; }
    kv::EntryBatch read_one(const Entries& entries, const kv::ReadRange& range) const;
    Result<kv::ReadOutput> read_from(const Entries& entries,
                                     std::span<const kv::ReadRange> ranges) const;
    std::vector<std::optional<kv::Record>> records_for(const kv::AtomicWrite& write) const;
    Result<kv::CommitResult> apply(const kv::AtomicWrite& write);
    void put(std::string key, kv::Record record);
    std::uint64_t next_version();
    void add_messages(const std::vector<kv::QueueRow>& rows);

    void pump();
    void return_lapsed();
    void deliver();
    void tell_watchers();
    kv::WatchOutput changes_for(Watch& watch);
    void arm_timer();
    void stop_taker(std::uint64_t id, StopReason reason);
    void stop_watch(std::uint64_t id, StopReason reason);

    std::shared_ptr<Runtime> runtime_;
    const Defect defect_;
    std::mutex mutex_;
    /// Never notified: lets others in where a defect forgets the lock.
    std::condition_variable gap_;
    Entries entries_;
    Entries before_last_;
    std::uint64_t version_ = 0;
    std::list<kv::QueueRow> waiting_;
    std::list<kv::QueueRow> running_;
    std::set<std::uint64_t> handles_;
    std::map<std::uint64_t, Taker> takers_;
    std::map<std::uint64_t, Watch> watches_;
    std::uint64_t writer_ = 0;
    bool taking_ = false;
    std::uint64_t next_id_ = 1;
    std::int64_t armed_for_ = INT64_MAX;
};

/// One handle on a ReferenceData: a model of kv::Backend.
///
/// Purpose: what the suite is given. Ownership: shares the data; closes its handle when destroyed.
/// Threads: any. Errors: as the contract.
class ReferenceBackend {
  public:
    explicit ReferenceBackend(std::shared_ptr<ReferenceData> data)
        : data_(std::move(data)), handle_(data_->open_handle()) {}
    ReferenceBackend(ReferenceBackend&&) = default;
    ReferenceBackend& operator=(ReferenceBackend&&) = delete;
    ~ReferenceBackend();

    kv::Capabilities capabilities() const;
    Async<kv::ReadOutput> snapshot_read(const Context&, std::span<const kv::ReadRange> ranges,
                                        const kv::ReadOptions&) {
        return data_->read(handle_, ranges);
    }
    Async<kv::CommitResult> atomic_write(const Context& context, const kv::AtomicWrite& write) {
        return data_->write(handle_, context, write);
    }
    Result<Stream<kv::WatchOutput>> watch(const Context&, std::span<const kv::WatchTarget> targets);
    Async<kv::QueueMessage> queue_take(const Context& context) {
        return data_->take(handle_, context);
    }
    Async<void> queue_finish(const Context&, std::string_view id, kv::Delivery delivery) {
        return data_->finish(handle_, id, delivery);
    }
    Async<void> queue_extend(const Context&, std::string_view id) {
        return data_->extend(handle_, id);
    }
    Async<Health> health(const Context&);
    Async<void> close(const Context&) { return data_->close_handle(handle_, false); }
    Async<kv::SnapshotHandle> open_snapshot(const Context&) { return data_->snapshot(handle_); }
    Async<kv::DeleteRangeOutput> delete_range(const Context&, ByteView start, ByteView end) {
        return data_->delete_range(handle_, start, end);
    }

  private:
    std::shared_ptr<ReferenceData> data_;
    std::uint64_t handle_;
};

/// The reference backend as a subject, with one defect or none.
kv::conformance::Subject reference_subject(Defect defect = Defect::none);

}  // namespace turntable::conformance_test
