#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kv_connect/messages.hpp"
#include "turntable/core/export.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv::http {

/// What was told of each watched key, through any number of streams.
///
/// Purpose: a stream that is opened again begins with every key; what was told before is not told
/// again, and what is older is not told at all. Ownership: owns its keys. Threads: one at a time.
/// Errors: none.
class TURNTABLE_EXPORT WatchState {
  public:
    explicit WatchState(const std::vector<std::string>& keys);

    /// Something was told before.
    bool began() const noexcept { return began_; }
    /// The next frame is the first of a stream.
    void starts_over() noexcept { is_first_ = true; }
    /// Whether the first frame of a further stream says that a key is gone, which was there: that
    /// may be a state before the one that was told, if the server has others than the newest.
    bool is_doubtful(const connect::WatchReply& reply) const noexcept;
    /// What of a frame, with one row for each key, is to be told; nothing if all was, or if the
    /// frame is of an older state.
    std::optional<WatchOutput> news(connect::WatchReply reply);

  private:
    struct Known {
        Bytes key;
        bool is_there = false;
        /// The newest that was ever told of it.
        Versionstamp newest = {};
    };
    bool is_older(const connect::WatchReply& reply) const noexcept;

    std::vector<Known> known_;
    bool began_ = false;
    bool is_first_ = true;
};

/// A read of each watched key as a frame.
TURNTABLE_EXPORT connect::WatchReply watch_reply_of(const ReadOutput& output);

}  // namespace turntable::inline v0::kv::http
