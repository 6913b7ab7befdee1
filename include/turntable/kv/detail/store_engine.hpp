#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/unique_function.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::detail {

/// A read transaction of any engine, for the machinery that is compiled once.
///
/// Purpose: see kv::ReadTransaction. Ownership: owns the transaction.
/// Threads: one at a time. Errors: the engine's.
class TURNTABLE_EXPORT StoreReader {
  public:
    StoreReader() = default;
    StoreReader(const StoreReader&) = delete;
    StoreReader& operator=(const StoreReader&) = delete;
    virtual ~StoreReader();
    virtual Result<std::optional<Record>> get(ByteView key) = 0;
    virtual Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit) = 0;
    /// The version of the newest commit that this transaction sees; 0 where it cannot tell.
    virtual Result<std::uint64_t> last_version();
};

/// A write transaction of any engine, with what engines may lack made from reserved keys.
///
/// Purpose: see kv::WriteTransaction and the optional parts beside it. The functions that are not
/// pure keep the commit counter, the queue and the index of expiry times under keys that begin
/// with FF (src/kv/ordered/reserved_keys.cpp says which).
/// Ownership: owns the transaction. Threads: one at a time. Errors: the engine's.
class TURNTABLE_EXPORT StoreTransaction : public StoreReader {
  public:
    virtual Result<void> put(ByteView key, const Record& record) = 0;
    virtual Result<void> remove(ByteView key) = 0;
    virtual Result<void> commit() = 0;

    virtual Result<void> set_last_version(std::uint64_t version);

    virtual Result<std::optional<QueueRow>> queue_first(QueueTable table, std::int64_t until_ms);
    virtual Result<std::optional<QueueRow>> queue_find(std::string_view id);
    virtual Result<void> queue_insert(QueueTable table, const QueueRow& row);
    virtual Result<void> queue_remove(QueueTable table, const QueueRow& row);
    virtual Result<std::optional<std::int64_t>> queue_next_time(QueueTable table);

    /// put for an entry of a user, which may expire.
    virtual Result<void> put_entry(ByteView key, const Record& record);
    virtual Result<std::optional<std::int64_t>> next_expiry();
    /// Removes at most `max` entries with an expiry time up to `until_ms` and names them. True:
    /// there may be more.
    virtual Result<bool> remove_expired(std::int64_t until_ms, std::size_t max,
                                        std::vector<std::string>& keys);
};

/// Any engine, for the machinery that is compiled once.
///
/// Purpose: see kv::OrderedEngine. Ownership: keeps the engine alive.
/// Threads: as kv::OrderedEngine. Errors: the engine's.
class TURNTABLE_EXPORT StoreEngine {
  public:
    StoreEngine() = default;
    StoreEngine(const StoreEngine&) = delete;
    StoreEngine& operator=(const StoreEngine&) = delete;
    virtual ~StoreEngine();
    virtual Result<std::unique_ptr<StoreReader>> begin_read() = 0;
    virtual Result<std::unique_ptr<StoreTransaction>> begin_write() = 0;
    virtual Result<bool> changed_by_others() = 0;
    /// Whether a write transaction that failed may pass now.
    virtual Result<bool> recover(const Error& failure) = 0;
    /// Calls back after each commit of others, where the engine can tell by itself.
    virtual void when_others_commit(UniqueFunction<void()> callback) = 0;
};

/// What the machinery has to know about an engine.
///
/// Purpose: traits as data. Ownership, threads: a value. Errors: none.
struct EngineTraits {
    bool commits_at_once = false;
    bool has_others = false;
};

}  // namespace turntable::inline v0::kv::detail
