#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/context.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/unique_function.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv {

/// What an engine stores under a key.
///
/// Purpose: passes between OrderedStore and an engine. Ownership: `value` shares, or borrows from
/// the transaction that gave it until the next call on that transaction.
/// Threads: a value. Errors: none.
struct Record {
    Bytes data;
    ValueEncoding encoding = ValueEncoding::bytes;
    /// The commit that wrote it; what a Versionstamp carries.
    std::uint64_t version = 0;
    std::int64_t expire_at_ms = never_expires;

    bool expired(std::int64_t now_ms) const noexcept {
        return expire_at_ms >= 0 && expire_at_ms <= now_ms;
    }
};

/// A reference to a function that gets each record of a scan and says whether to go on.
///
/// Purpose: no allocation for a callback that only lives during the call.
/// Ownership: borrows the callable. Threads: as the callable. Errors: none.
class RecordVisitor {
  public:
    template <class F>
        requires(std::is_invocable_r_v<bool, F&, ByteView, const Record&> &&
                 !std::is_same_v<std::remove_cv_t<F>, RecordVisitor>)
    RecordVisitor(F& function) noexcept
        : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
          call_([](void* callable, ByteView key, const Record& record) {
              return static_cast<bool>((*static_cast<F*>(callable))(key, record));
          }) {}
    bool operator()(ByteView key, const Record& record) const {
        return call_(callable_, key, record);
    }

  private:
    void* callable_;
    bool (*call_)(void*, ByteView, const Record&);
};

/// Reads of one consistent state. Keys are any bytes, also reserved ones; expiry is not looked at.
///
/// get: the record, or none. scan: calls `visit` for start <= key < end in byte order (from the
/// high end if `reverse`) until it returns false or the range ends; what the visitor gets borrows
/// until it returns.
template <class T>
concept ReadTransaction =
    requires(T& transaction, ByteView key, bool reverse, RecordVisitor visit) {
        { transaction.get(key) } -> std::same_as<Result<std::optional<Record>>>;
        { transaction.scan(key, key, reverse, visit) } -> std::same_as<Result<void>>;
    };

/// A read transaction that also writes and sees what it wrote. Destroyed without commit, it leaves
/// nothing. put replaces and copies what it is given; remove of an absent key is fine. After an
/// error only destruction.
template <class T>
concept WriteTransaction =
    ReadTransaction<T> && requires(T& transaction, ByteView key, const Record& record) {
        { transaction.put(key, record) } -> std::same_as<Result<void>>;
        { transaction.remove(key) } -> std::same_as<Result<void>>;
        { transaction.commit() } -> std::same_as<Result<void>>;
    };

/// What OrderedStore builds the whole kv contract from: begin (to read, to write), get, scan, put,
/// remove, commit. Everything else of the contract (checks, mutations, versionstamps, expiry,
/// queue, watch, group commit) is made of these and of reserved keys, which begin with FF.
///
/// Purpose: what somebody writes who adds an engine: about 100 lines.
/// Ownership: the store owns the engine; transactions end before it does.
/// Threads: begin_read from any thread at any time, each transaction on one thread at a time;
/// at most one write transaction at a time, which OrderedStore sees to.
/// Errors: the engine's own, mapped to ErrorCode: `no_space`, `busy`, `corrupt`, `io`,
/// `permission_denied`. A commit that failed and may yet be there: `commit_unknown`.
template <class E>
concept OrderedEngine = requires(E& engine) {
    { *engine.begin_read() } -> ReadTransaction;
    { *engine.begin_write() } -> WriteTransaction;
};

/// One message as stored: waiting until `time_ms`, or running under a lease that ends then.
///
/// Purpose: rows of the queue, in reserved keys or in an engine's own tables.
/// Ownership: a value. Threads: a value. Errors: none.
struct QueueRow {
    std::int64_t time_ms = 0;
    /// A UUID.
    std::string id;
    Bytes payload;
    std::vector<std::uint32_t> backoff_ms;
    std::vector<std::string> keys_if_undelivered;
};

/// Where a queue row is: waiting for a consumer, or handed to one.
enum class QueueTable : std::uint8_t { waiting, running };

/// Optional: a write transaction whose engine stores queue rows in a form of its own (SQLite in
/// the tables of Deno's file format). Without it OrderedStore keeps them under reserved keys.
/// queue_first: the row with the smallest (time, id) with time <= `until_ms`.
/// queue_find: the running row with this id. queue_next_time: the smallest time in a table.
template <class T>
concept TransactionWithQueue = requires(T& transaction, QueueTable table, const QueueRow& row,
                                        std::int64_t until_ms, std::string_view id) {
    { transaction.queue_first(table, until_ms) } -> std::same_as<Result<std::optional<QueueRow>>>;
    { transaction.queue_find(id) } -> std::same_as<Result<std::optional<QueueRow>>>;
    { transaction.queue_insert(table, row) } -> std::same_as<Result<void>>;
    { transaction.queue_remove(table, row) } -> std::same_as<Result<void>>;
    { transaction.queue_next_time(table) } -> std::same_as<Result<std::optional<std::int64_t>>>;
};

/// Optional: a transaction whose engine stores the commit counter in a place of its own.
template <class T>
concept TransactionWithVersion = requires(T& transaction, std::uint64_t version) {
    { transaction.last_version() } -> std::same_as<Result<std::uint64_t>>;
    { transaction.set_last_version(version) } -> std::same_as<Result<void>>;
};

/// Optional: a transaction whose engine has an index of expiry times. `expired` visits records
/// with 0 <= expire_at_ms <= until_ms; `next_expiry` is the smallest time. Without it OrderedStore
/// keeps an index under reserved keys.
template <class T>
concept TransactionWithExpiry =
    requires(T& transaction, std::int64_t until_ms, RecordVisitor visit) {
        { transaction.expired(until_ms, visit) } -> std::same_as<Result<void>>;
        { transaction.next_expiry() } -> std::same_as<Result<std::optional<std::int64_t>>>;
    };

/// Optional: tells whether another process has committed since the last call (SQLite: PRAGMA
/// data_version). OrderedStore asks at the interval that `watch_others_within` promises.
template <class E>
concept EngineWithOthers = requires(E& engine) {
    { engine.changed_by_others() } -> std::same_as<Result<bool>>;
};

/// Optional: the engine calls back after each commit that another OrderedStore on the same data has
/// made in this process. The callback may be called from any thread and is short.
template <class E>
concept EngineWithNotice = requires(E& engine, UniqueFunction<void()> callback) {
    engine.when_others_commit(std::move(callback));
};

/// Optional: a write transaction takes microseconds and never waits for a disk, so OrderedStore
/// runs it on the thread of the caller instead of handing it to its pool.
template <class E>
concept EngineThatCommitsAtOnce = requires { requires E::commits_at_once; };

/// Optional: a point read that needs no transaction, where that is faster. The record keeps its
/// data alive by itself.
template <class E>
concept EngineWithGet = requires(E& engine, ByteView key) {
    { engine.get(key) } -> std::same_as<Result<std::optional<Record>>>;
};

/// Optional: the engine saves all it has as a file in its own form, of one state, and makes a store
/// that is not there yet of one. Both look at the stop token and deadline of the context now and
/// then. See BackendWithBackup for the promises.
template <class E>
concept EngineWithBackup =
    requires(E& engine, const Context& context, const std::string& path, bool replace) {
        { engine.backup_to(context, path, replace) } -> std::same_as<Result<void>>;
        { engine.restore_from(context, path) } -> std::same_as<Result<void>>;
    };

/// Optional: a write transaction may fail for a reason that the engine can do away with (LMDB: its
/// map is full). Called after the transaction is gone; true: what was to be written is tried again,
/// from the first read on.
template <class E>
concept EngineThatRecovers = requires(E& engine, const Error& failure) {
    { engine.recover(failure) } -> std::same_as<Result<bool>>;
};

/// Optional: a record that get of a read transaction gives keeps its data alive by itself, so that
/// a point read of a snapshot copies nothing.
template <class E>
concept EngineWithKeptGets = requires { requires E::gets_keep_themselves; };

/// Optional: read transactions may live long and do not hinder writers, so they serve as
/// snapshots.
template <class E>
concept EngineWithSnapshots = requires { requires E::has_snapshots; };

}  // namespace turntable::inline v0::kv
