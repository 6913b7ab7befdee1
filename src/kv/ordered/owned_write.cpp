#include "kv/ordered/owned_write.hpp"

#include <algorithm>

namespace turntable::inline v0::kv::detail {

namespace {

/// Calls `function` with each view in the write, so that one pass counts and another one copies.
template <class F>
void each_view(std::vector<Check>& checks, std::vector<Mutation>& mutations,
               std::vector<Enqueue>& enqueues, std::vector<std::vector<ByteView>>& keys,
               F function) {
    for (Check& check : checks) {
        function(check.key);
    }
    for (Mutation& mutation : mutations) {
        function(mutation.key);
        function(mutation.data);
        function(mutation.sum_min);
        function(mutation.sum_max);
    }
    for (Enqueue& enqueue : enqueues) {
        function(enqueue.payload);
    }
    for (std::vector<ByteView>& list : keys) {
        for (ByteView& key : list) {
            function(key);
        }
    }
}

}  // namespace

OwnedWrite::OwnedWrite(const AtomicWrite& write)
    : checks_(write.checks.begin(), write.checks.end()),
      mutations_(write.mutations.begin(), write.mutations.end()),
      enqueues_(write.enqueues.begin(), write.enqueues.end()) {
    for (const Enqueue& enqueue : enqueues_) {
        keys_.emplace_back(enqueue.keys_if_undelivered.begin(), enqueue.keys_if_undelivered.end());
        auto& backoff = backoffs_.emplace_back();
        if (enqueue.backoff_ms) {
            backoff.assign(enqueue.backoff_ms->begin(), enqueue.backoff_ms->end());
        }
    }
    each_view(checks_, mutations_, enqueues_, keys_,
              [&](const ByteView& view) { bytes_ += view.size(); });
    buffer_ = std::make_unique_for_overwrite<char[]>(bytes_);
    char* end = buffer_.get();
    each_view(checks_, mutations_, enqueues_, keys_, [&](ByteView& view) {
        char* const start = end;
        end = std::ranges::copy(view, start).out;
        view = ByteView(start, view.size());
    });
    for (std::size_t i = 0; i < enqueues_.size(); ++i) {
        enqueues_[i].keys_if_undelivered = keys_[i];
        if (enqueues_[i].backoff_ms) {
            enqueues_[i].backoff_ms = backoffs_[i];
        }
    }
    view_ = {checks_, mutations_, enqueues_};
}

}  // namespace turntable::inline v0::kv::detail
