#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/collection/schema.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {

/// Where a collection lies.
///
/// Purpose: several sets of collections in one database. Ownership: owns its key.
/// Threads: a value. Errors: none.
struct CollectionOptions {
    /// The key that those of the collection extend; collections that refer to one another share it.
    Key place = {};
};

namespace detail {

/// A record as stored.
struct StoredRecord {
    JsValue value;
    Versionstamp versionstamp;
};

/// Who refers to the records of a collection.
struct Backlink {
    std::string collection;
    std::string field;
    std::string index;
    OnRemove on_remove = OnRemove::none;

    bool operator==(const Backlink&) const = default;
};

/// What a database remembers of a collection.
struct CollectionState {
    CollectionInfo info;
    /// False: others refer to it, but nobody has opened it yet.
    bool described = false;
    /// Indexes that are kept but not complete yet.
    std::vector<std::string> building;
    std::vector<Backlink> referenced_by;
    /// The migration that rewrites the records; empty: none does.
    std::string changing;
};

TURNTABLE_EXPORT JsValue state_to_js(const CollectionState& state);
TURNTABLE_EXPORT Result<CollectionState> state_from_js(const JsValue& value, std::string_view name);

/// The encoded keys of a collection.
struct TURNTABLE_EXPORT CollectionKeys {
    CollectionKeys(const Key& place, std::string_view name);

    std::string index(std::string_view name) const;

    std::string state;
    std::string record;
    std::string guard;
    std::string indexes;
};

/// An index, with its fields looked up.
struct KnownIndex {
    struct Field {
        std::string name;
        ScalarType type;
    };
    std::string name;
    std::vector<Field> fields;
    std::string prefix;
    bool unique = false;
    bool ready = true;
};

/// The state of a collection as last read, prepared for use.
struct KnownState {
    CollectionState state;
    /// Of the entry that it was read from.
    Versionstamp versionstamp;
    ScalarType primary_key;
    std::vector<KnownIndex> indexes;

    const KnownIndex* find_index(std::string_view name) const noexcept;
};

TURNTABLE_EXPORT Result<std::shared_ptr<const KnownState>> known_state(CollectionState state,
                                                                       Versionstamp versionstamp,
                                                                       const CollectionKeys& keys);

/// A record's entry in an index.
struct IndexEntry {
    std::string key;
    /// No other record may have this entry.
    bool exclusive = false;
};
TURNTABLE_EXPORT Result<IndexEntry> index_entry(const KnownIndex& index, const JsObject& record,
                                                ByteView primary_part);
/// The key part of a field of a record.
TURNTABLE_EXPORT Result<void> append_field(const KnownIndex::Field& field, const JsObject& record,
                                           std::string& out);

class RecordWrite;

/// How often a write is tried again that another writer overtook.
inline constexpr int retries_max = 1000;

/// A collection of JavaScript objects: Collection without the record type.
/// Purpose: all that does not need to know T is compiled once. Ownership: keeps the database open.
/// Threads: all functions may be called from any thread. Errors: see Collection.
class TURNTABLE_EXPORT RecordStore {
  public:
    /// Opens a collection that must be stored as `info` says, or not at all.
    static Result<std::shared_ptr<RecordStore>> open(Database database, CollectionInfo info,
                                                     CollectionOptions options,
                                                     const CallOptions& call);
    /// Opens it as it is stored.
    static Result<std::shared_ptr<RecordStore>> open_stored(Database database, std::string name,
                                                            CollectionOptions options,
                                                            const CallOptions& call);

    RecordStore(Database database, std::string name, CollectionOptions options);

    Result<std::optional<StoredRecord>> get(const KeyPart& primary_key,
                                            const CallOptions& call) const;
    Result<std::optional<StoredRecord>> get_by_part(ByteView primary_part,
                                                    const CallOptions& call) const;
    Result<std::optional<StoredRecord>> find_unique(std::string_view index,
                                                    std::span<const KeyPart> values,
                                                    const CallOptions& call) const;
    Result<std::uint64_t> count(const CallOptions& call) const;

    Result<Versionstamp> insert(const JsValue& record, const CallOptions& call) const;
    Result<Versionstamp> put(const JsValue& record, const CallOptions& call) const;
    /// Only if the record still has this versionstamp; conflict otherwise.
    Result<Versionstamp> replace(const JsValue& record, const Versionstamp& expected,
                                 const CallOptions& call) const;
    using Change = std::function<Result<JsValue>(const JsValue&)>;
    Result<Versionstamp> update(const KeyPart& primary_key, const Change& change,
                                const CallOptions& call) const;
    /// False: there was no such record.
    Result<bool> remove(const KeyPart& primary_key, std::optional<Versionstamp> expected,
                        const CallOptions& call) const;

    /// The state as last read.
    std::shared_ptr<const KnownState> known() const;
    /// Reads the state again. Errors: invalid_config if it is not that of this handle any more.
    Result<void> refresh(const CallOptions& call) const;
    /// Whether `known` is still what is stored.
    Result<bool> is_current(const KnownState& known, const CallOptions& call) const;
    /// The part of a primary key.
    Result<std::string> primary_part(const KeyPart& primary_key) const;

    const Database& database() const noexcept { return database_; }
    const CollectionKeys& keys() const noexcept { return keys_; }
    const std::string& name() const noexcept { return name_; }
    const CollectionOptions& options() const noexcept { return options_; }
    /// An index that may be read. Errors: busy while it is being built.
    Result<const KnownIndex*> usable_index(const KnownState& known, std::string_view name) const;
    /// Names the collection in an error.
    Error named(Error error) const;

  private:
    friend class RecordWrite;
    struct Attempt;

    Result<void> settle(const CallOptions& call);
    Result<bool> link_targets(Database::Atomic& write,
                              const std::vector<std::pair<std::string, Backlink>>& links,
                              const CallOptions& call) const;
    Result<Attempt> write_new(const JsValue& record, const CallOptions& call) const;
    Result<Attempt> write_over(const JsValue& record, const StoredRecord& before,
                               const CallOptions& call) const;
    Result<Attempt> remove_once(const KeyPart& primary_key,
                                const std::optional<Versionstamp>& expected,
                                const CallOptions& call) const;
    Result<Attempt> finish(RecordWrite& write, const CallOptions& call) const;
    Result<Versionstamp> retry(const std::function<Result<Attempt>()>& once) const;
    Result<void> append_values(const KnownIndex& index, std::span<const KeyPart> values,
                               std::string& key) const;
    Result<const JsObject*> object_of(const JsValue& record) const;
    Result<std::string> primary_part_of(const KnownState& known, const JsObject& record) const;
    Result<void> add_references(RecordWrite& write, const KnownState& known, const JsObject& record,
                                const JsObject* before, const CallOptions& call) const;

    Database database_;
    std::string name_;
    CollectionOptions options_;
    CollectionKeys keys_;
    /// What the program says; none: what is stored holds.
    std::optional<CollectionInfo> expected_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const KnownState> known_;
};

}  // namespace detail

}  // namespace turntable::inline v0::kv
