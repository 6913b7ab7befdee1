#include <algorithm>
#include <set>
#include <utility>

#include "kv/collection/change_steps.hpp"

namespace turntable::inline v0::kv {

namespace {

using detail::CollectionKeys;
using detail::CollectionState;
using detail::KnownIndex;

/// Progress of a build: this mark, then the part of the last record that was done.
constexpr char building = 'b';
/// Progress of a removal: the description has no such index any more.
constexpr char removing = 'r';

Error wrong(const std::string& collection, const std::string& what) {
    return Error(ErrorCode::invalid_argument, what).with("collection", collection);
}

Result<void> check_index(const CollectionState& state, const IndexInfo& index) {
    if (index.name.empty() || index.fields.empty()) {
        return wrong(state.info.name, "an index has a name and fields");
    }
    for (const std::string& name : index.fields) {
        const FieldInfo* field = state.info.find_field(name);
        if (field == nullptr || !detail::scalar_type(field->type)) {
            return wrong(state.info.name, "index " + index.name + " cannot be over field " + name +
                                              (field == nullptr ? ", which is not there"
                                                                : ", of type " + field->type));
        }
    }
    return {};
}

/// First batch: those who write from now on keep the index.
Result<Batch> declare_index(MigrationStep& step, const CollectionKeys& keys,
                            const FoundState& found, const IndexInfo& index) {
    if (const IndexInfo* before = found.state.info.find_index(index.name)) {
        if (*before != index) {
            return wrong(found.state.info.name, "there is another index " + index.name);
        }
        if (std::ranges::count(found.state.building, index.name) == 0) {
            return Batch::last;
        }
    } else {
        TURNTABLE_CHECK(check_index(found.state, index));
        CollectionState state = found.state;
        state.info.indexes.push_back(index);
        state.building.push_back(index.name);
        TURNTABLE_CHECK(change_state(step, keys, found, state));
    }
    step.set_progress(std::string(1, building));
    return Batch::more;
}

Result<detail::IndexEntry> entry_of(const CollectionKeys& keys, const KnownIndex& index,
                                    const FoundRecord& record) {
    const JsObject* object = record.value.as<JsObject>();
    Result<detail::IndexEntry> entry =
        object == nullptr ? Error(ErrorCode::type_mismatch, "a stored record is not an object")
                          : detail::index_entry(index, *object, record.primary_part);
    if (!entry) {
        return std::move(entry).error().with("key", print_key(keys.record + record.primary_part));
    }
    return entry;
}

Result<void> add_entry(MigrationStep& step, const CollectionKeys& keys,
                       const detail::IndexEntry& entry, const std::string& index,
                       const FoundRecord& record) {
    step.check(KeyRef::from_encoded(keys.record + record.primary_part), record.versionstamp);
    if (entry.exclusive) {
        TURNTABLE_TRY(const std::optional<Entry> taken,
                      step.database().get(KeyRef::from_encoded(entry.key)));
        if (taken && taken->value.data().text() != record.primary_part) {
            return Error(ErrorCode::already_exists,
                         "two records have the same value in the new unique index " + index)
                .with("index", index)
                .with("key", print_key(keys.record + record.primary_part))
                .with("other", print_key(keys.record + taken->value.data().to_string()));
        }
        step.check(KeyRef::from_encoded(entry.key), taken);
    }
    step.set(KeyRef::from_encoded(entry.key), ByteView(record.primary_part).text());
    return {};
}

/// Further batches: the entries of records that were there before; with the last it is switched on.
Result<Batch> build_index(MigrationStep& step, const CollectionKeys& keys, const FoundState& found,
                          const IndexInfo& index) {
    TURNTABLE_TRY(const auto known, detail::known_state(found.state, found.versionstamp, keys));
    const KnownIndex* entries = known->find_index(index.name);
    if (entries == nullptr) {
        return wrong(found.state.info.name, "index " + index.name + " was removed meanwhile");
    }
    TURNTABLE_TRY(const FoundRecords found_records,
                  next_records(step, keys, step.progress().substr(1)));
    std::set<std::string> made;
    for (const FoundRecord& record : found_records.records) {
        TURNTABLE_TRY(const detail::IndexEntry entry, entry_of(keys, *entries, record));
        // Two of one batch: the second fails on what the first one has written.
        if (entry.exclusive && !made.insert(entry.key).second) {
            return Batch::more;
        }
        TURNTABLE_CHECK(add_entry(step, keys, entry, index.name, record));
        step.set_progress(building + record.primary_part);
    }
    if (!found_records.ended) {
        return Batch::more;
    }
    // Records that come from now on bring their entries with them.
    CollectionState state = found.state;
    std::erase(state.building, index.name);
    TURNTABLE_CHECK(change_state(step, keys, found, state));
    return Batch::last;
}

Result<Batch> undeclare_index(MigrationStep& step, const CollectionKeys& keys,
                              const FoundState& found, const std::string& index) {
    if (found.state.info.find_index(index) == nullptr) {
        return Batch::last;
    }
    CollectionState state = found.state;
    std::erase_if(state.info.indexes, [&](const IndexInfo& one) { return one.name == index; });
    std::erase(state.building, index);
    TURNTABLE_CHECK(change_state(step, keys, found, state));
    step.set_progress(std::string(1, removing));
    return Batch::more;
}

Result<Batch> remove_entries(MigrationStep& step, const CollectionKeys& keys,
                             const std::string& index) {
    const std::size_t count =
        std::min<std::size_t>(500, step.database().capabilities().limits.mutations / 2);
    auto list = step.database().list(prefix(Key::from_stored(keys.index(index))), {.limit = count});
    std::size_t removed = 0;
    while (true) {
        TURNTABLE_TRY(const std::optional<ListEntry> entry, list.next());
        if (!entry) {
            return removed == 0 ? Batch::last : Batch::more;
        }
        step.remove(entry->key);
        ++removed;
    }
}

std::string source_of(const IndexInfo& index) {
    std::string out = (index.unique ? "unique " : "index ") + index.name;
    for (const std::string& field : index.fields) {
        out += "\n" + field;
    }
    return out;
}

}  // namespace

MigrationAction add_index(std::string_view collection, IndexInfo index, Key place) {
    const CollectionKeys keys(place, collection);
    std::string source = "add_index " + std::string(collection) + "\n" + source_of(index);
    return MigrationAction(
        [name = std::string(collection), index = std::move(index),
         keys](MigrationStep& step) -> Result<Batch> {
            TURNTABLE_TRY(const auto found, find_state(step, keys, name));
            if (!found) {
                return Batch::last;
            }
            return step.progress().empty() ? declare_index(step, keys, *found, index)
                                           : build_index(step, keys, *found, index);
        },
        std::move(source));
}

MigrationAction remove_index(std::string_view collection, std::string_view index, Key place) {
    const CollectionKeys keys(place, collection);
    return MigrationAction(
        [name = std::string(collection), index = std::string(index),
         keys](MigrationStep& step) -> Result<Batch> {
            TURNTABLE_TRY(const auto found, find_state(step, keys, name));
            if (!found) {
                return Batch::last;
            }
            return step.progress().empty() ? undeclare_index(step, keys, *found, index)
                                           : remove_entries(step, keys, index);
        },
        "remove_index " + std::string(collection) + "\n" + std::string(index));
}

}  // namespace turntable::inline v0::kv
