#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/map_codec.hpp"

namespace turntable::inline v0::kv {

/// One entry of a kv::Map.
///
/// Purpose: what ranges give. Ownership: owns key and value. Threads: a value. Errors: none.
template <class K, class V>
struct MapEntry {
    K key;
    V value;

    friend bool operator==(const MapEntry&, const MapEntry&) = default;
};

/// The newest state of one key of a kv::Map; no value: it is absent.
///
/// Purpose: what subscriptions give. Ownership: owns key and value. Threads: a value. Errors: none.
template <class K, class V>
struct MapChange {
    K key;
    std::optional<V> value;

    friend bool operator==(const MapChange&, const MapChange&) = default;
};

/// How a range of a kv::Map is read.
///
/// Purpose: direction and bounds. Ownership, threads: a value. Errors: as ListOptions.
struct MapRangeOptions {
    /// From the high end to the low.
    bool reverse = false;
    /// At most this many entries in all; must be positive.
    std::optional<std::uint64_t> limit = {};
    /// Entries read at a time; by default as ListOptions.
    std::optional<std::uint32_t> batch = {};
};

namespace detail {

/// The key in the database of a key in a map. Errors: invalid_argument for parts with no encoding,
/// or none at all.
TURNTABLE_EXPORT Result<Key> map_key(const Key& prefix, std::span<const KeyPart> parts);
/// The parts of a stored key behind the prefix of its map.
TURNTABLE_EXPORT Result<KeyReader> read_map_key(const Key& prefix, ByteView encoded);
/// Names the entry that is not of the map's type.
TURNTABLE_EXPORT Error not_of_map(Error error, ByteView encoded);
/// The keys of a map of text that start with `text`.
TURNTABLE_EXPORT KeyRange map_text_range(const Key& prefix, std::string_view text);
/// Selects [start, end).
TURNTABLE_EXPORT Selector map_selector(const KeyRange& range);

/// A key and a value as they are stored, read as those of a map.
template <MapKey K>
Result<K> to_map_key(const Key& prefix, ByteView encoded) {
    TURNTABLE_TRY(KeyReader reader, read_map_key(prefix, encoded));
    Result<K> key = KeyCodec<K>::read(reader);
    if (key && !reader.at_end()) {
        key = Error(ErrorCode::serialization, "a stored key has more parts than this map's keys");
    }
    if (!key) {
        return not_of_map(std::move(key).error(), encoded);
    }
    return key;
}
template <MapValue V>
Result<V> to_map_value(ByteView key, const Value& stored) {
    Result<V> value = ValueCodec<V>::decode(stored);
    if (!value) {
        return not_of_map(std::move(value).error(), key);
    }
    return value;
}
template <MapKey K, MapValue V>
Result<MapEntry<K, V>> to_map_entry(const Key& prefix, const ListEntry& entry) {
    TURNTABLE_TRY(K key, to_map_key<K>(prefix, entry.key.encoded()));
    TURNTABLE_TRY(V value, to_map_value<V>(entry.key.encoded(), entry.value));
    return MapEntry<K, V>{std::move(key), std::move(value)};
}

/// For `for (auto& item : source)`: a Result for each `source.next()`, a failure last.
template <class Source, class Item>
class NextIterator {
  public:
    using value_type = Result<Item>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = Result<Item>*;
    using reference = Result<Item>&;

    NextIterator() noexcept = default;
    explicit NextIterator(Source* source) : source_(source) { advance(); }
    Result<Item>& operator*() const noexcept { return *current_; }
    Result<Item>* operator->() const noexcept { return &*current_; }
    NextIterator& operator++() {
        advance();
        return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const NextIterator& iterator, std::default_sentinel_t) noexcept {
        return !iterator.current_.has_value();
    }

  private:
    void advance() {
        current_.reset();
        Result<std::optional<Item>> item = source_->next();
        if (!item) {
            current_.emplace(std::move(item).error());
        } else if (item->has_value()) {
            current_.emplace(**std::move(item));
        }
    }

    Source* source_ = nullptr;
    mutable std::optional<Result<Item>> current_;
};

}  // namespace detail

/// Entries of a kv::Map in key order, read page by page as they are asked for.
///
/// Purpose: `for (auto& entry : map.all()) { if (!entry) ...; use(entry->key, entry->value); }`.
/// Others may write meanwhile: an entry that is there throughout is given exactly once, in order;
/// one that comes, goes or changes may be given as it was or as it is.
/// Ownership: keeps the database open. Entries own their content.
/// Threads: one thread at a time.
/// Errors: those of BasicList; `serialization`, with the key, for an entry that is not of the map's
/// types. After an error, and after the end, there is only the end.
template <MapKey K, MapValue V>
class [[nodiscard]] MapRange {
  public:
    using Iterator = detail::NextIterator<MapRange, MapEntry<K, V>>;

    MapRange(const Database& db, Key prefix, Result<KeyRange> range, const MapRangeOptions& options)
        : prefix_(std::move(prefix)) {
        if (range) {
            list_.emplace(db.list(
                detail::map_selector(*range),
                {.limit = options.limit, .reverse = options.reverse, .batch = options.batch}));
        } else {
            error_ = std::move(range).error();
        }
    }

    /// The next entry; none at the end.
    Result<std::optional<MapEntry<K, V>>> next(const CallOptions& call = {}) {
        if (error_) {
            return *std::exchange(error_, std::nullopt);
        }
        if (!list_) {
            return std::optional<MapEntry<K, V>>();
        }
        TURNTABLE_TRY(const std::optional<ListEntry> stored, list_->next(call));
        if (!stored) {
            return std::optional<MapEntry<K, V>>();
        }
        Result<MapEntry<K, V>> entry = detail::to_map_entry<K, V>(prefix_, *stored);
        if (!entry) {
            list_.reset();
            return std::move(entry).error();
        }
        return std::optional(*std::move(entry));
    }
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    Key prefix_;
    std::optional<Database::List> list_;
    std::optional<Error> error_;
};

/// Tells the state of keys of a kv::Map whenever it changes.
///
/// Purpose: `auto changes = map.subscribe(); for (auto& step : *changes) ...`. The first step tells
/// every entry as it is now, later ones what changed since the step before.
/// A subscriber that is slow gets the newest state of each key that changed, and none in between:
/// what waits for it is bounded by the entries of the map and never by the number of writes, and
/// no writer waits for it. So a thread may write to what it subscribes to. For each key, states
/// come in the order of their commits.
/// Ownership: keeps the database open; ends when the database is closed.
/// Threads: one thread at a time.
/// Errors: those of WatchStream; `serialization` as MapRange.
template <MapKey K, MapValue V>
class [[nodiscard]] MapSubscription {
  public:
    using Step = std::vector<MapChange<K, V>>;
    using Iterator = detail::NextIterator<MapSubscription, Step>;

    MapSubscription(WatchStream stream, Key prefix)
        : stream_(std::move(stream)), prefix_(std::move(prefix)) {}

    /// Blocks until something changed; none when the database was closed. A timeout or stop ends
    /// this call, not the subscription.
    Result<std::optional<Step>> next(const CallOptions& call = {}) {
        TURNTABLE_TRY(const std::optional<Changes> changes, stream_.next(call));
        if (!changes) {
            return std::optional<Step>();
        }
        Step step;
        step.reserve(changes->size());
        for (const Change& change : *changes) {
            const ByteView encoded = change.key.encoded();
            TURNTABLE_TRY(K key, detail::to_map_key<K>(prefix_, encoded));
            std::optional<V> value;
            if (change.entry) {
                TURNTABLE_TRY(value, detail::to_map_value<V>(encoded, change.entry->value));
            }
            step.push_back({std::move(key), std::move(value)});
        }
        return std::optional(std::move(step));
    }
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    WatchStream stream_;
    Key prefix_;
};

}  // namespace turntable::inline v0::kv
