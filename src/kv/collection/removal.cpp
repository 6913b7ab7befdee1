#include <algorithm>
#include <utility>

#include "kv/collection/record_write.hpp"
#include "turntable/kv/collection/codec.hpp"

namespace turntable::inline v0::kv::detail {

Result<bool> Removal::add(const RecordStore& store, std::string primary_part,
                          const std::optional<Versionstamp>& expected) {
    TURNTABLE_TRY(const bool found, add_one(store, primary_part, expected));
    // Not by recursion: a chain of references may be long.
    while (!pending_.empty()) {
        const Gone gone = std::move(pending_.back());
        pending_.pop_back();
        TURNTABLE_CHECK(follow(gone));
    }
    return found;
}

Result<bool> Removal::add_one(const RecordStore& store, const std::string& primary_part,
                              const std::optional<Versionstamp>& expected) {
    using Kind = RecordWrite::CheckKind;
    const std::string key = store.keys().record + primary_part;
    TURNTABLE_TRY(const std::optional<StoredRecord> record, store.get_by_part(primary_part, call_));
    const JsObject* object = record ? record->value.as<JsObject>() : nullptr;
    if (expected && (!record || record->versionstamp != *expected)) {
        return Error(ErrorCode::conflict, "the record has changed since it was read; read it again")
            .with("expected", expected->to_string())
            .with_retry(Retry::permanent);
    }
    if (object == nullptr || !gone_.insert(key).second) {
        return false;
    }
    const auto known = store.known();
    check_state(store);
    write_.check(key, record->versionstamp, {Kind::read});
    write_.remove(key);
    for (const KnownIndex& index : known->indexes) {
        TURNTABLE_TRY(const IndexEntry entry, index_entry(index, *object, primary_part));
        TURNTABLE_CHECK(write_.remove_entry(store.database(), index, entry, primary_part, call_));
    }
    TURNTABLE_CHECK(write_.check_count());
    pending_.push_back({&store, primary_part});
    return true;
}

/// Indexes are found by descriptions: these must still hold.
void Removal::check_state(const RecordStore& store) {
    if (checked_states_.insert(store.keys().state).second) {
        write_.check(store.keys().state, store.known()->versionstamp,
                     {RecordWrite::CheckKind::state});
    }
}

Result<void> Removal::follow(const Gone& gone) {
    const auto known = gone.store->known();
    const auto& links = known->state.referenced_by;
    if (std::ranges::all_of(
            links, [](const Backlink& link) { return link.on_remove == OnRemove::none; })) {
        return {};
    }
    // Read before the records that refer to this one: a later one changes it.
    const std::string guard = gone.store->keys().guard + gone.primary_part;
    TURNTABLE_TRY(const std::optional<Entry> entry,
                  gone.store->database().get(KeyRef::from_encoded(guard), call_));
    write_.check(guard, entry ? std::optional(entry->versionstamp) : std::nullopt,
                 {RecordWrite::CheckKind::read});
    if (entry) {
        write_.remove(guard);
    }
    for (const Backlink& link : links) {
        if (link.on_remove != OnRemove::none) {
            TURNTABLE_CHECK(follow_link(gone, link));
        }
    }
    return {};
}

Result<void> Removal::follow_link(const Gone& gone, const Backlink& link) {
    TURNTABLE_TRY(const RecordStore* children, open(*gone.store, link.collection));
    const auto known = children->known();
    check_state(*children);
    const KnownIndex* index = known->find_index(link.index);
    if (index == nullptr || !index->ready) {
        return Error(ErrorCode::busy, "index " + link.index + " of " + link.collection +
                                          ", by which the records that refer to this one are "
                                          "found, is not complete");
    }
    const std::string entries = index->prefix + gone.primary_part;
    // In a unique index over this field alone, the entry has no further part.
    TURNTABLE_TRY(const std::optional<Entry> only,
                  children->database().get(KeyRef::from_encoded(entries), call_));
    if (only) {
        TURNTABLE_CHECK(add_child(*children, link, only->value.data().to_string()));
    }
    auto list = children->database().list(prefix(Key::from_stored(entries)));
    while (true) {
        TURNTABLE_TRY(const std::optional<ListEntry> entry, list.next(call_));
        if (!entry) {
            return {};
        }
        TURNTABLE_CHECK(add_child(*children, link, entry->value.data().to_string()));
    }
}

Result<void> Removal::add_child(const RecordStore& children, const Backlink& link,
                                const std::string& primary_part) {
    if (gone_.contains(children.keys().record + primary_part)) {
        return {};
    }
    if (link.on_remove == OnRemove::restrict) {
        return Error(ErrorCode::conflict, "records of " + link.collection +
                                              " refer to this one by field " + link.field +
                                              ", which restricts its removal")
            .with_retry(Retry::permanent)
            .with("field", link.field);
    }
    TURNTABLE_CHECK(add_one(children, primary_part, std::nullopt));
    return {};
}

Result<const RecordStore*> Removal::open(const RecordStore& like, const std::string& name) {
    std::shared_ptr<RecordStore>& store = stores_[name];
    if (store == nullptr) {
        TURNTABLE_TRY(store,
                      RecordStore::open_stored(like.database(), name, like.options(), call_));
    }
    return store.get();
}

Result<RecordStore::Attempt> RecordStore::remove_once(const KeyPart& primary_key,
                                                      const std::optional<Versionstamp>& expected,
                                                      const CallOptions& call) const {
    TURNTABLE_TRY(const std::string part, primary_part(primary_key));
    RecordWrite write(database_);
    Removal removal(write, call);
    TURNTABLE_TRY(const bool found, removal.add(*this, part, expected));
    if (!found) {
        return Attempt{Attempt::Outcome::nothing, {}};
    }
    return finish(write, call);
}

Result<bool> RecordStore::remove(const KeyPart& primary_key, std::optional<Versionstamp> expected,
                                 const CallOptions& call) const {
    bool removed = false;
    TURNTABLE_CHECK(retry([&]() -> Result<Attempt> {
        Result<Attempt> attempt = remove_once(primary_key, expected, call);
        removed = attempt && attempt->outcome == Attempt::Outcome::committed;
        return attempt;
    }));
    return removed;
}

}  // namespace turntable::inline v0::kv::detail
