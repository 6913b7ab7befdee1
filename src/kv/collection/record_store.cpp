#include "turntable/kv/collection/record_store.hpp"

#include <utility>

#include "turntable/kv/collection/codec.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Result<std::optional<StoredRecord>> decoded(Result<std::optional<Entry>> entry) {
    TURNTABLE_TRY(const std::optional<Entry> found, std::move(entry));
    if (!found) {
        return std::optional<StoredRecord>();
    }
    TURNTABLE_TRY(JsValue value, found->value.as_js());
    return std::optional(StoredRecord{std::move(value), found->versionstamp});
}

}  // namespace

RecordStore::RecordStore(Database database, std::string name, CollectionOptions options)
    : database_(std::move(database)),
      name_(std::move(name)),
      options_(std::move(options)),
      keys_(options_.place, name_) {}

Error RecordStore::named(Error error) const {
    return std::move(error).with("collection", name_).on(database_.url());
}

std::shared_ptr<const KnownState> RecordStore::known() const {
    const std::lock_guard lock(mutex_);
    return known_;
}

Result<std::string> RecordStore::primary_part(const KeyPart& primary_key) const {
    const auto known = this->known();
    std::string part;
    Result<void> appended = append_part(known->primary_key, primary_key, part);
    if (!appended) {
        return named(in_field(std::move(appended).error(), known->state.info.primary_key));
    }
    return part;
}

Result<std::optional<StoredRecord>> RecordStore::get(const KeyPart& primary_key,
                                                     const CallOptions& call) const {
    TURNTABLE_TRY(const std::string part, primary_part(primary_key));
    return get_by_part(part, call);
}

Result<std::optional<StoredRecord>> RecordStore::get_by_part(ByteView primary_part,
                                                             const CallOptions& call) const {
    std::string key = keys_.record;
    key.append(primary_part.text());
    auto record = decoded(database_.get(KeyRef::from_encoded(key), call));
    if (!record) {
        return named(std::move(record).error());
    }
    return record;
}

Result<std::optional<StoredRecord>> RecordStore::find_unique(std::string_view index_name,
                                                             std::span<const KeyPart> values,
                                                             const CallOptions& call) const {
    // An entry and its record are read one after the other; whoever moves the record in between
    // makes us look again, and has made progress.
    for (int attempt = 0; attempt < retries_max; ++attempt) {
        const auto known = this->known();
        TURNTABLE_TRY(const KnownIndex* index, usable_index(*known, index_name));
        if (!index->unique || values.size() != index->fields.size()) {
            return named(Error(ErrorCode::invalid_argument,
                               "find_by needs a unique index and a value for each of its fields; "
                               "use find_all_by for others")
                             .with("index", index->name));
        }
        std::string key = index->prefix;
        TURNTABLE_CHECK(append_values(*index, values, key));
        TURNTABLE_TRY(const std::optional<Entry> entry,
                      database_.get(KeyRef::from_encoded(key), call));
        if (!entry) {
            // An index that was dropped meanwhile has no entries either.
            TURNTABLE_TRY(const bool current, is_current(*known, call));
            if (current) {
                return std::optional<StoredRecord>();
            }
            TURNTABLE_CHECK(refresh(call));
            continue;
        }
        TURNTABLE_TRY(std::optional<StoredRecord> record, get_by_part(entry->value.data(), call));
        if (record && record->versionstamp == entry->versionstamp) {
            return record;  // one commit wrote both, so they agree
        }
        const JsObject* object = record ? record->value.as<JsObject>() : nullptr;
        if (object == nullptr) {
            continue;
        }
        TURNTABLE_TRY(const IndexEntry now, index_entry(*index, *object, entry->value.data()));
        if (now.key == key) {
            return record;
        }
    }
    return named(Error(ErrorCode::conflict, "the record moved each time that it was looked up")
                     .with_retry(Retry::exhausted)
                     .with("index", std::string(index_name)));
}

Result<const KnownIndex*> RecordStore::usable_index(const KnownState& known,
                                                    std::string_view name) const {
    const KnownIndex* index = known.find_index(name);
    if (index == nullptr) {
        return named(Error(ErrorCode::invalid_argument, "there is no index " + std::string(name)));
    }
    if (!index->ready) {
        return named(Error(ErrorCode::busy, "index " + index->name + " is still being built"));
    }
    return index;
}

Result<void> RecordStore::append_values(const KnownIndex& index, std::span<const KeyPart> values,
                                        std::string& key) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
        Result<void> appended = append_part(index.fields[i].type, values[i], key);
        if (!appended) {
            return named(in_field(std::move(appended).error(), index.fields[i].name));
        }
    }
    return {};
}

Result<bool> RecordStore::is_current(const KnownState& known, const CallOptions& call) const {
    TURNTABLE_TRY(const std::optional<Entry> entry,
                  database_.get(KeyRef::from_encoded(keys_.state), call));
    return entry && entry->versionstamp == known.versionstamp;
}

Result<std::uint64_t> RecordStore::count(const CallOptions& call) const {
    return database_.count(prefix(Key::from_stored(keys_.record)), call);
}

}  // namespace turntable::inline v0::kv::detail
