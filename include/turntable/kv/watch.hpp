#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result_iterator.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/selector.hpp"

namespace turntable::inline v0::kv {

/// The newest state of one watched key.
///
/// Purpose: what a watch tells. Ownership: owns key and value. Threads: a value. Errors: none.
struct Change {
    Key key;
    /// None: the key is absent (never set, removed or expired).
    std::optional<Entry> entry;
};

/// All that changed since the step before, of one state of the database.
using Changes = std::vector<Change>;

namespace detail {

/// The encoded keys or ranges to watch, with their bytes.
class TURNTABLE_EXPORT WatchTargets {
  public:
    static Result<WatchTargets> keys(std::span<const Key> keys);
    static Result<WatchTargets> ranges(const Selector& selector);
    std::span<const WatchTarget> targets() const noexcept { return targets_; }

  private:
    std::shared_ptr<std::vector<std::string>> bytes_;
    std::vector<WatchTarget> targets_;
};

/// From what a backend tells to what a user reads.
TURNTABLE_EXPORT Result<std::optional<Changes>> to_changes(
    Result<std::optional<WatchOutput>>&& output);

}  // namespace detail

/// Tells the state of keys whenever it changes.
///
/// Purpose: `auto watch = db.watch({"config"}); for (auto& changes : *watch) ...`, or `next()`. The
/// first step tells the state of every watched key (and every entry of a watched prefix); later
/// ones what changed. States are merged: who asks late gets the newest, never an older one after a
/// newer.
/// Ownership: keeps the database open; ends when the database is closed.
/// Threads: one thread at a time.
/// Errors: after an error, and after the end, there is only the end.
class [[nodiscard]] TURNTABLE_EXPORT WatchStream {
  public:
    WatchStream(std::shared_ptr<const turntable::detail::HandleCore> core,
                Stream<WatchOutput> stream) noexcept
        : core_(std::move(core)), stream_(std::move(stream)) {}

    /// Blocks until something changed; none when the database was closed. A timeout or stop ends
    /// this call, not the stream.
    Result<std::optional<Changes>> next(const CallOptions& call = {});

    using Iterator = ResultIterator<WatchStream, Changes>;
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    std::shared_ptr<const turntable::detail::HandleCore> core_;
    Stream<WatchOutput> stream_;
};

}  // namespace turntable::inline v0::kv
