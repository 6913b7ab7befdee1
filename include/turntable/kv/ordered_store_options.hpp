#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "turntable/core/runtime.hpp"
#include "turntable/kv/capabilities.hpp"

namespace turntable::inline v0::kv {

/// Where reads run when the caller does not wait on its own thread.
enum class ReadMode : std::uint8_t {
    on_caller,  ///< on the calling thread, within bounds; may wait for a page of a file
    on_pool,  ///< on the blocking pool of the runtime
};

/// What an OrderedStore is made of beside its engine.
///
/// Purpose: one argument. Ownership: shares the runtime. Threads: a value. Errors: none.
struct OrderedStoreOptions {
    /// Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// What the engine is; snapshots, delete_range, read_only and watch_others_within are filled
    /// in by the store.
    Capabilities capabilities = {};
    ReadMode reads = ReadMode::on_caller;
    /// Larger reads go to the pool even so.
    std::uint32_t inline_rows_max = 1000;
    std::size_t inline_bytes_max = std::size_t{1} << 20U;
    /// How often an engine is asked for commits of others, while somebody watches or takes.
    std::chrono::milliseconds poll_interval{50};
    /// How long a message may be worked on before it is delivered again, unless extended.
    std::chrono::milliseconds lease{5000};
    /// The least time between two removals of expired entries; reads hide them at once.
    std::chrono::milliseconds sweep_interval{1000};
    bool read_only = false;
    /// With secrets masked; for errors.
    std::string url = {};
    /// Bounds of one group commit.
    std::size_t batch_writes_max = 1000;
    std::size_t batch_bytes_max = std::size_t{16} << 20U;
    /// Writes that may wait for the writer; more are refused as `busy`.
    std::size_t pending_writes_max = 100'000;
};

}  // namespace turntable::inline v0::kv
