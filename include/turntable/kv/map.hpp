#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/kv/database.hpp"
#include "turntable/kv/map_codec.hpp"
#include "turntable/kv/map_range.hpp"

namespace turntable::inline v0::kv {

/// Options of a kv::Map.
///
/// Purpose: what merge does, and how often an operation that reads and writes is tried.
/// Ownership: owns the function. Threads: the function is called by whoever calls merge.
/// Errors: none.
template <class K, class V>
struct MapOptions {
    /// Makes the new value of the one that is there (or none) and the operand; none removes the
    /// entry. It may be called several times for one merge.
    std::function<std::optional<V>(const K& key, const std::optional<V>& old, const V& operand)>
        merge = nullptr;
    TransactOptions transact = {};
};

/// What compare_and_swap found.
///
/// Purpose: whether it swapped and, if not, why. Ownership: owns the values. Threads: a value.
/// Errors: none.
template <class V>
struct CompareAndSwap {
    bool swapped = false;
    /// When not swapped: what is there instead of what was expected, and what was not stored.
    std::optional<V> current = {};
    std::optional<V> proposed = {};

    explicit operator bool() const noexcept { return swapped; }
};

/// Several changes of a kv::Map that happen together or not at all.
///
/// Purpose: `map.batch().insert(1, "a").remove(2).commit()`.
/// Ownership: copies keys and values; keeps the database open. Threads: one thread at a time.
/// Errors: what has no encoding is told by commit.
template <MapKey K, MapValue V>
class [[nodiscard]] MapBatch {
  public:
    MapBatch(Database::Atomic write, Key prefix)
        : write_(std::move(write)), prefix_(std::move(prefix)) {}

    MapBatch& insert(const K& key, const V& value, const SetOptions& options = {}) {
        Result<Value> stored = ValueCodec<V>::encode(value);
        if (!stored) {
            refuse(std::move(stored).error());
        } else if (const Result<Key> stored_key = key_of(key)) {
            write_.set(*stored_key, *stored, options);
        }
        return *this;
    }
    MapBatch& remove(const K& key) {
        if (const Result<Key> stored_key = key_of(key)) {
            write_.remove(*stored_key);
        }
        return *this;
    }
    Result<Versionstamp> commit(const CallOptions& call = {}) {
        if (error_) {
            return *error_;
        }
        return detail::committed(write_.commit(call));
    }

  private:
    Result<Key> key_of(const K& key) {
        std::vector<KeyPart> parts;
        KeyCodec<K>::write(key, parts);
        Result<Key> out = detail::map_key(prefix_, parts);
        if (!out) {
            refuse(out.error());
        }
        return out;
    }
    void refuse(Error error) {
        if (!error_) {
            error_ = std::move(error);
        }
    }

    Database::Atomic write_;
    Key prefix_;
    std::optional<Error> error_;
};

/// A kv::Map inside a transaction, see Map::in.
///
/// Purpose: changes of several maps together. Ownership: borrows both; lives in the closure.
/// Threads: as Transaction. Errors: those of Transaction and of the codecs.
template <class M>
class [[nodiscard]] MapInTransaction {
    using K = typename M::Key;
    using V = typename M::Value;

  public:
    MapInTransaction(const M& map, Transaction& transaction) noexcept
        : map_(map), transaction_(transaction) {}

    Result<std::optional<V>> get(const K& key) const {
        TURNTABLE_TRY(const kv::Key stored_key, map_.key_of(key));
        TURNTABLE_TRY(const std::optional<Entry> entry, transaction_.get(stored_key));
        if (!entry) {
            return std::optional<V>();
        }
        TURNTABLE_TRY(V value, detail::to_map_value<V>(stored_key.encoded(), entry->value));
        return std::optional<V>(std::move(value));
    }
    Result<void> insert(const K& key, const V& value, const SetOptions& options = {}) const {
        TURNTABLE_TRY(const kv::Key stored_key, map_.key_of(key));
        TURNTABLE_TRY(const kv::Value stored, ValueCodec<V>::encode(value));
        transaction_.set(stored_key, stored, options);
        return {};
    }
    Result<void> remove(const K& key) const {
        TURNTABLE_TRY(const kv::Key stored_key, map_.key_of(key));
        transaction_.remove(stored_key);
        return {};
    }

  private:
    const M& map_;
    Transaction& transaction_;
};

/// An ordered map with typed keys and values, in the keys of a database below a prefix.
///
/// Purpose: what a program does with a std::map, kept on disk, shared and transactional:
/// `kv::Map<std::string, std::uint64_t> ages(db, "ages");`. It is made of the public calls of
/// kv::Database, so it works on every engine, and other programs can read its entries. Keys are in
/// the order of their parts, see KeyCodec: numbers by value, text by its UTF-8 bytes.
/// Keep other keys out from below the prefix: an entry of another type is an error where it is met.
/// Ownership: a copyable handle; keeps the database open.
/// Threads: all functions may be called from any thread.
/// Errors: those of the calls of kv::Database; `serialization`, with the key, for an entry that is
/// not of the map's types; what reads and then writes gives `conflict` when other writers were
/// faster in each of MapOptions::transact's attempts.
template <MapKey K, MapValue V>
class [[nodiscard]] Map {
  public:
    using Key = K;
    using Value = V;
    using Entry = MapEntry<K, V>;
    using Range = MapRange<K, V>;
    using Batch = MapBatch<K, V>;
    using Subscription = MapSubscription<K, V>;

    Map(Database db, kv::Key prefix, MapOptions<K, V> options = {})
        : db_(std::move(db)), prefix_(std::move(prefix)), options_(std::move(options)) {}

    // One key.

    Result<std::optional<V>> get(const K& key, const CallOptions& call = {}) const {
        TURNTABLE_TRY(const kv::Key stored_key, key_of(key));
        TURNTABLE_TRY(const std::optional<kv::Entry> entry, db_.get(stored_key, call));
        return value_of(stored_key, entry);
    }
    Result<bool> contains(const K& key, const CallOptions& call = {}) const {
        TURNTABLE_TRY(const kv::Key stored_key, key_of(key));
        TURNTABLE_TRY(const std::optional<kv::Entry> entry, db_.get(stored_key, call));
        return entry.has_value();
    }
    /// Stores a value and gives the one that was there.
    Result<std::optional<V>> insert(const K& key, const V& value, const SetOptions& options = {},
                                    const CallOptions& call = {}) const {
        return before(update(
            key, [&](const std::optional<V>&) { return std::optional<V>(value); }, options, call));
    }
    /// Removes an entry and gives its value, if there was one.
    Result<std::optional<V>> remove(const K& key, const CallOptions& call = {}) const {
        return before(
            update(key, [](const std::optional<V>&) { return std::optional<V>(); }, {}, call));
    }
    /// Stores what `change` makes of the value that is there (or none), and gives that; none
    /// removes the entry. `change` may be called several times.
    template <class F>
        requires std::is_invocable_r_v<std::optional<V>, F&, const std::optional<V>&>
    Result<std::optional<V>> update_and_fetch(const K& key, F change,
                                              const CallOptions& call = {}) const {
        TURNTABLE_TRY(Update updated, update(key, change, {}, call));
        return std::move(updated.after);
    }
    /// The same, and gives the value that was there before.
    template <class F>
        requires std::is_invocable_r_v<std::optional<V>, F&, const std::optional<V>&>
    Result<std::optional<V>> fetch_and_update(const K& key, F change,
                                              const CallOptions& call = {}) const {
        return before(update(key, change, {}, call));
    }
    /// Stores `proposed` (none: removes the entry) if `expected` is there (none: no entry). Values
    /// are the same if their encodings are.
    Result<CompareAndSwap<V>> compare_and_swap(const K& key, const std::optional<V>& expected,
                                               const std::optional<V>& proposed,
                                               const CallOptions& call = {}) const;
    /// Lets MapOptions::merge make the new value of the one that is there and `operand`, and gives
    /// it. Errors: `unsupported` for a map without a merge function.
    Result<std::optional<V>> merge(const K& key, const V& operand,
                                   const CallOptions& call = {}) const {
        if (options_.merge == nullptr) {
            return Error(ErrorCode::unsupported,
                         "this map has no merge function; give it one in its MapOptions")
                .during("merge")
                .on(db_.url());
        }
        return update_and_fetch(
            key, [&](const std::optional<V>& old) { return options_.merge(key, old, operand); },
            call);
    }

    // By order. None: there is no such entry.

    Result<std::optional<Entry>> first(const CallOptions& call = {}) const {
        return one(whole(), false, call);
    }
    Result<std::optional<Entry>> last(const CallOptions& call = {}) const {
        return one(whole(), true, call);
    }
    /// The first entry whose key is `key` or greater.
    Result<std::optional<Entry>> lower_bound(const K& key, const CallOptions& call = {}) const {
        return one(bounds(&key, false, nullptr, false), false, call);
    }
    /// The first entry whose key is greater than `key`.
    Result<std::optional<Entry>> upper_bound(const K& key, const CallOptions& call = {}) const {
        return one(bounds(&key, true, nullptr, false), false, call);
    }
    /// The last entry whose key is less than `key`.
    Result<std::optional<Entry>> get_lt(const K& key, const CallOptions& call = {}) const {
        return one(bounds(nullptr, false, &key, false), true, call);
    }
    /// The last entry whose key is `key` or less.
    Result<std::optional<Entry>> get_le(const K& key, const CallOptions& call = {}) const {
        return one(bounds(nullptr, false, &key, true), true, call);
    }
    /// The first entry whose key is greater than `key`: upper_bound by its other name.
    Result<std::optional<Entry>> get_gt(const K& key, const CallOptions& call = {}) const {
        return upper_bound(key, call);
    }
    /// Removes the first entry and gives it. Of several that pop at once, each gets another entry;
    /// it was the first at a moment during the call.
    Result<std::optional<Entry>> pop_first(const CallOptions& call = {}) const {
        return pop(false, call);
    }
    Result<std::optional<Entry>> pop_last(const CallOptions& call = {}) const {
        return pop(true, call);
    }

    // Ranges.

    Range all(const MapRangeOptions& options = {}) const {
        return Range(db_, prefix_, whole(), options);
    }
    /// start <= key < end.
    Range range(const K& start, const K& end, const MapRangeOptions& options = {}) const {
        return Range(db_, prefix_, bounds(&start, false, &end, false), options);
    }
    /// key >= start.
    Range from(const K& start, const MapRangeOptions& options = {}) const {
        return Range(db_, prefix_, bounds(&start, false, nullptr, false), options);
    }
    /// key < end.
    Range until(const K& end, const MapRangeOptions& options = {}) const {
        return Range(db_, prefix_, bounds(nullptr, false, &end, false), options);
    }
    /// The keys that begin with these parts and have more: of a map with the keys
    /// std::pair<std::string, int>, `map.prefix(std::string("users"))`.
    template <MapKey P>
    Range prefix(const P& parts, const MapRangeOptions& options = {}) const {
        return Range(db_, prefix_, below(parts), options);
    }
    /// The keys that start with this text, of a map with keys of text.
    Range text_prefix(std::string_view text, const MapRangeOptions& options = {}) const
        requires std::same_as<K, std::string>
    {
        return Range(db_, prefix_, detail::map_text_range(prefix_, text), options);
    }

    // The whole.

    /// Counts the entries, which reads them all; while others write, of several states.
    Result<std::uint64_t> size(const CallOptions& call = {}) const {
        return db_.count(kv::prefix(prefix_), call);
    }
    Result<bool> is_empty(const CallOptions& call = {}) const {
        TURNTABLE_TRY(const std::optional<ListEntry> entry,
                      db_.list(kv::prefix(prefix_), {.limit = 1}).next(call));
        return !entry.has_value();
    }
    /// Removes all entries and says how many: in one commit if capabilities().delete_range, else
    /// batch by batch, so that others may see it half done and add entries behind it.
    Result<std::uint64_t> clear(const CallOptions& call = {}) const {
        TURNTABLE_TRY(const DeleteRangeOutput output, db_.remove_range(kv::prefix(prefix_), call));
        return output.removed;
    }

    // Several together.

    Batch batch() const { return Batch(db_.atomic(), prefix_); }
    /// This map inside a transaction of its database, together with other maps and keys.
    MapInTransaction<Map> in(Transaction& transaction) const noexcept {
        return MapInTransaction<Map>(*this, transaction);
    }

    /// Tells all entries now and then whatever changes, if capabilities().watch_ranges.
    Result<Subscription> subscribe(const CallOptions& call = {}) const {
        return subscription(whole(), call);
    }
    /// The same for the keys that begin with these parts and have more, see prefix.
    template <MapKey P>
    Result<Subscription> subscribe_prefix(const P& parts, const CallOptions& call = {}) const {
        return subscription(below(parts), call);
    }
    /// The same for the keys that start with this text, see text_prefix.
    Result<Subscription> subscribe_text_prefix(std::string_view text,
                                               const CallOptions& call = {}) const
        requires std::same_as<K, std::string>
    {
        return subscription(detail::map_text_range(prefix_, text), call);
    }

    /// The key in the database under which a key of the map is stored.
    Result<kv::Key> key_of(const K& key) const {
        std::vector<KeyPart> parts;
        KeyCodec<K>::write(key, parts);
        return detail::named(detail::map_key(prefix_, parts), "key_of", db_.state()->core);
    }
    const Database& database() const noexcept { return db_; }
    const kv::Key& key_prefix() const noexcept { return prefix_; }

  private:
    struct Update {
        std::optional<V> before;
        std::optional<V> after;
    };

    template <class F>
    Result<Update> update(const K& key, F&& change, const SetOptions& options,
                          const CallOptions& call) const;
    Result<std::optional<Entry>> pop(bool from_end, const CallOptions& call) const;

    static Result<std::optional<V>> before(Result<Update>&& updated) {
        if (!updated) {
            return std::move(updated).error();
        }
        return std::move(updated->before);
    }
    static Result<std::optional<V>> value_of(const kv::Key& key,
                                             const std::optional<kv::Entry>& entry) {
        if (!entry) {
            return std::optional<V>();
        }
        TURNTABLE_TRY(V value, detail::to_map_value<V>(key.encoded(), entry->value));
        return std::optional<V>(std::move(value));
    }

    KeyRange whole() const { return prefix_range(prefix_.encoded()); }
    template <class P>
    Result<KeyRange> below(const P& parts) const {
        std::vector<KeyPart> first;
        KeyCodec<P>::write(parts, first);
        TURNTABLE_TRY(const kv::Key key, detail::map_key(prefix_, first));
        return prefix_range(key.encoded());
    }
    /// From a key (or behind it) to another (or behind that); null: the end of the map.
    Result<KeyRange> bounds(const K* low, bool after_low, const K* high, bool after_high) const {
        KeyRange out = whole();
        const auto bound = [&](const K& key, bool after) -> Result<std::string> {
            TURNTABLE_TRY(const kv::Key stored_key, key_of(key));
            std::string bytes = stored_key.encoded().to_string();
            if (after) {
                bytes.push_back('\0');
            }
            return bytes;
        };
        if (low != nullptr) {
            TURNTABLE_TRY(out.start, bound(*low, after_low));
        }
        if (high != nullptr) {
            TURNTABLE_TRY(out.end, bound(*high, after_high));
        }
        return out;
    }
    Result<std::optional<Entry>> one(Result<KeyRange> range, bool reverse,
                                     const CallOptions& call) const {
        return Range(db_, prefix_, std::move(range), {.reverse = reverse, .limit = 1}).next(call);
    }
    Result<Subscription> subscription(Result<KeyRange> range, const CallOptions& call) const {
        if (!range) {
            return std::move(range).error();
        }
        TURNTABLE_TRY(WatchStream stream, db_.watch(detail::map_selector(*range), call));
        return Subscription(std::move(stream), prefix_);
    }

    Database db_;
    kv::Key prefix_;
    MapOptions<K, V> options_;
};

template <MapKey K, MapValue V>
template <class F>
auto Map<K, V>::update(const K& key, F&& change, const SetOptions& options,
                       const CallOptions& call) const -> Result<Update> {
    TURNTABLE_TRY(const kv::Key stored_key, key_of(key));
    return db_.transact(
        [&](Transaction& tx) -> Result<Update> {
            TURNTABLE_TRY(const std::optional<kv::Entry> entry, tx.get(stored_key));
            Update out;
            TURNTABLE_TRY(out.before, value_of(stored_key, entry));
            out.after = change(std::as_const(out.before));
            if (out.after) {
                TURNTABLE_TRY(const kv::Value stored, ValueCodec<V>::encode(*out.after));
                tx.set(stored_key, stored, options);
            } else if (entry) {
                tx.remove(stored_key);
            }
            return out;
        },
        options_.transact, call);
}

template <MapKey K, MapValue V>
Result<CompareAndSwap<V>> Map<K, V>::compare_and_swap(const K& key,
                                                      const std::optional<V>& expected,
                                                      const std::optional<V>& proposed,
                                                      const CallOptions& call) const {
    TURNTABLE_TRY(const kv::Key stored_key, key_of(key));
    std::optional<kv::Value> old;
    std::optional<kv::Value> fresh;
    if (expected) {
        TURNTABLE_TRY(old, ValueCodec<V>::encode(*expected));
    }
    if (proposed) {
        TURNTABLE_TRY(fresh, ValueCodec<V>::encode(*proposed));
    }
    return db_.transact(
        [&](Transaction& tx) -> Result<CompareAndSwap<V>> {
            TURNTABLE_TRY(const std::optional<kv::Entry> entry, tx.get(stored_key));
            if (entry.has_value() != old.has_value() || (entry && entry->value != *old)) {
                TURNTABLE_TRY(std::optional<V> current, value_of(stored_key, entry));
                return CompareAndSwap<V>{false, std::move(current), proposed};
            }
            if (fresh) {
                tx.set(stored_key, *fresh);
            } else if (entry) {
                tx.remove(stored_key);
            }
            return CompareAndSwap<V>{true};
        },
        options_.transact, call);
}

template <MapKey K, MapValue V>
auto Map<K, V>::pop(bool from_end, const CallOptions& call) const -> Result<std::optional<Entry>> {
    const turntable::detail::HandleCore& core = db_.state()->core;
    const CallOptions within(call.context(*core.runtime, true));
    detail::TransactLoop loop(core, options_.transact, call.context(*core.runtime, true));
    TURNTABLE_CHECK(loop.check());
    while (true) {
        TURNTABLE_TRY(
            const std::optional<ListEntry> found,
            db_.list(kv::prefix(prefix_), {.limit = 1, .reverse = from_end}).next(within));
        if (!found) {
            return std::optional<Entry>();
        }
        TURNTABLE_TRY(Entry entry, (detail::to_map_entry<K, V>(prefix_, *found)));
        TURNTABLE_TRY(
            const CommitResult commit,
            db_.atomic().check(found->key, found->versionstamp).remove(found->key).commit(within));
        if (commit.committed) {
            return std::optional<Entry>(std::move(entry));
        }
        TURNTABLE_CHECK(
            loop.pause(Error(ErrorCode::conflict, "somebody else took the entry")).wait());
    }
}

}  // namespace turntable::inline v0::kv
