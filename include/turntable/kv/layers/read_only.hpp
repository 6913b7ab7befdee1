#pragma once

#include <utility>

#include "turntable/core/layers/read_only.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable::inline v0::kv {

/// Refuses everything that changes the database.
///
/// Purpose: reports, replicas, and programs that must not write whatever they try. Reads, watches
/// and snapshots pass; taking a message changes it, so there is no queue.
/// Ownership: owns the inner backend. Threads: as the inner backend.
/// Errors: permission_denied for writes, unsupported for the queue.
template <Backend Inner>
class ReadOnlyLayer : public Layer<Inner> {
  public:
    explicit ReadOnlyLayer(Inner inner) : Layer<Inner>(std::move(inner)) {}

    Capabilities capabilities() const {
        Capabilities out = this->inner().capabilities();
        out.read_only = true;
        out.queue = false;
        return out;
    }
    static Async<CommitResult> atomic_write(const Context& /*context*/,
                                            const AtomicWrite& /*write*/) {
        return turntable::detail::read_only_error("atomic_write");
    }
    static Async<DeleteRangeOutput> delete_range(const Context& /*context*/, ByteView /*start*/,
                                                 ByteView /*end*/) {
        return turntable::detail::read_only_error("delete_range");
    }
    Async<void> restore_from(const Context& /*context*/, std::string_view /*path*/) {
        return this->inner().capabilities().native_backup
                   ? turntable::detail::read_only_error("restore_from")
                   : detail::unsupported_call("restore_from");
    }
    static Async<QueueMessage> queue_take(const Context& /*context*/) {
        return detail::unsupported_call("queue_take");
    }
    static Async<void> queue_finish(const Context& /*context*/, std::string_view /*id*/,
                                    Delivery /*delivery*/) {
        return detail::unsupported_call("queue_finish");
    }
    static Async<void> queue_extend(const Context& /*context*/, std::string_view /*id*/) {
        return detail::unsupported_call("queue_extend");
    }
};

}  // namespace turntable::inline v0::kv
