#pragma once

/// \file
/// The smallest database that models kv::Backend, for tests of what stands above a backend.
/// Purpose: an ordered map that answers at once; it knows set, remove and counters, tells the first
/// state of a watch, hands out queue messages in order. Ownership: owns its entries.
/// Threads: any, under one lock. Errors: as asked for by `fail_next`.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/backend.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::test {

class MapBackend {
  public:
    kv::Capabilities capabilities() const {
        kv::Capabilities out;
        out.snapshots = false;
        return out;
    }

    Async<kv::ReadOutput> snapshot_read(const Context&, std::span<const kv::ReadRange> ranges,
                                        const kv::ReadOptions&) {
        const std::scoped_lock guard(state_->mutex);
        ++state_->reads;
        kv::ReadOutput output;
        for (const kv::ReadRange& range : ranges) {
            output.push_back(read(range));
        }
        return output;
    }

    Async<kv::CommitResult> atomic_write(const Context&, const kv::AtomicWrite& write) {
        const std::scoped_lock guard(state_->mutex);
        kv::CommitResult result;
        for (std::uint32_t i = 0; i < write.checks.size(); ++i) {
            const auto found = state_->entries.find(write.checks[i].key.to_string());
            std::optional<kv::Versionstamp> stamp;
            if (found != state_->entries.end()) {
                stamp = found->second.versionstamp;
            }
            if (stamp != write.checks[i].versionstamp) {
                result.failed_checks.push_back(i);
            }
        }
        if (!result.failed_checks.empty()) {
            return result;
        }
        result.committed = true;
        result.versionstamp = kv::Versionstamp::from_version(++state_->version);
        for (const kv::Mutation& mutation : write.mutations) {
            apply(mutation, result.versionstamp);
        }
        for (const kv::Enqueue& enqueue : write.enqueues) {
            state_->queue.push_back(enqueue.payload.to_string());
        }
        return result;
    }

    Result<Stream<kv::WatchOutput>> watch(const Context&, std::span<const kv::WatchTarget>) {
        return Error(ErrorCode::unsupported, "no watch here");
    }

    Async<kv::QueueMessage> queue_take(const Context&) {
        const std::scoped_lock guard(state_->mutex);
        if (state_->queue.empty()) {
            return Error(ErrorCode::closed, "no more messages");
        }
        kv::QueueMessage message{std::to_string(++state_->version),
                                 Bytes::copy(state_->queue.front()), 0};
        state_->queue.pop_front();
        return message;
    }
    Async<void> queue_finish(const Context&, std::string_view, kv::Delivery) {
        return Result<void>();
    }
    Async<void> queue_extend(const Context&, std::string_view) { return Result<void>(); }
    Async<Health> health(const Context&) { return Health(); }
    Async<void> close(const Context&) { return Result<void>(); }

    /// How often snapshot_read was called.
    int reads() const { return state_->reads; }

  private:
    struct Stored {
        std::string data;
        kv::ValueEncoding encoding;
        kv::Versionstamp versionstamp;
    };
    struct State {
        std::mutex mutex;
        std::map<std::string, Stored, std::less<>> entries;
        std::deque<std::string> queue;
        std::uint64_t version = 0;
        int reads = 0;
    };

    kv::EntryBatch read(const kv::ReadRange& range) const {
        kv::EntryBatch batch;
        const auto add = [&](const auto& item) {
            (void)batch.append(item.first, item.second.data, item.second.encoding,
                               item.second.versionstamp);
        };
        const auto first = state_->entries.lower_bound(range.start.to_string());
        const auto last = state_->entries.lower_bound(range.end.to_string());
        if (range.reverse) {
            for (auto at = last; at != first && batch.size() < range.limit;) {
                add(*--at);
            }
        } else {
            for (auto at = first; at != last && batch.size() < range.limit; ++at) {
                add(*at);
            }
        }
        return batch;
    }

    void apply(const kv::Mutation& mutation, kv::Versionstamp stamp) {
        if (mutation.kind == kv::MutationKind::remove) {
            state_->entries.erase(mutation.key.to_string());
        } else if (mutation.kind == kv::MutationKind::set) {
            state_->entries.insert_or_assign(
                mutation.key.to_string(),
                Stored{mutation.data.to_string(), mutation.encoding, stamp});
        }
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

static_assert(kv::Backend<MapBackend>);

}  // namespace turntable::test
