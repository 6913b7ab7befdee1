#include "kv/collection/record_write.hpp"

#include <thread>
#include <utility>

#include "turntable/kv/collection/codec.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Error taken(const KnownIndex& index) {
    std::string fields;
    for (const KnownIndex::Field& field : index.fields) {
        fields += (fields.empty() ? "" : ", ") + field.name;
    }
    return Error(ErrorCode::already_exists,
                 "another record has the same value in the unique index " + index.name + " (" +
                     fields + ")")
        .with("index", index.name)
        .with("field", fields);
}

Error changed_since_read(const Versionstamp& expected) {
    return Error(ErrorCode::conflict, "the record has changed since it was read; read it again")
        .with("expected", expected.to_string())
        .with_retry(Retry::permanent);
}

}  // namespace

Result<const JsObject*> RecordStore::object_of(const JsValue& record) const {
    const JsObject* object = record.as<JsObject>();
    if (object == nullptr) {
        return named(Error(ErrorCode::type_mismatch, "a record is an object"));
    }
    return object;
}

Result<std::string> RecordStore::primary_part_of(const KnownState& known,
                                                 const JsObject& record) const {
    std::string part;
    Result<void> appended =
        append_field({known.state.info.primary_key, known.primary_key}, record, part);
    if (!appended) {
        return named(std::move(appended).error());
    }
    return part;
}

/// Commits and says what a failed check means.
Result<RecordStore::Attempt> RecordStore::finish(RecordWrite& write,
                                                 const CallOptions& call) const {
    using Kind = RecordWrite::CheckKind;
    TURNTABLE_CHECK(write.check_count());
    TURNTABLE_TRY(const CommitResult result, write.commit(call));
    if (result.committed) {
        return Attempt{Attempt::Outcome::committed, result.versionstamp};
    }
    const auto failed = [&](Kind kind) -> const RecordWrite::Meaning* {
        for (const std::uint32_t check : result.failed_checks) {
            if (write.checks()[check].kind == kind) {
                return &write.checks()[check];
            }
        }
        return nullptr;
    };
    if (failed(Kind::state) != nullptr) {
        TURNTABLE_CHECK(refresh(call));
        return Attempt{};
    }
    // Whoever changed what we read may have caused the other failures.
    if (failed(Kind::read) != nullptr) {
        return Attempt{};
    }
    if (failed(Kind::absent) != nullptr) {
        return Error(ErrorCode::already_exists, "there is a record with this primary key")
            .with("index", "primary")
            .with("field", known()->state.info.primary_key);
    }
    if (const RecordWrite::Meaning* meaning = failed(Kind::unique)) {
        return taken(*meaning->index);
    }
    return Error(ErrorCode::backend, "the engine named no check that failed");
}

Result<Versionstamp> RecordStore::retry(const std::function<Result<Attempt>()>& once) const {
    for (int attempt = 0; attempt < retries_max; ++attempt) {
        Result<Attempt> result = once();
        if (!result) {
            return named(std::move(result).error());
        }
        if (result->outcome != Attempt::Outcome::overtaken) {
            return result->versionstamp;
        }
        std::this_thread::yield();
    }
    return named(Error(ErrorCode::conflict,
                       "other writers were faster " + std::to_string(retries_max) + " times")
                     .with_retry(Retry::exhausted));
}

Result<void> RecordStore::add_references(RecordWrite& write, const KnownState& known,
                                         const JsObject& record, const JsObject* before,
                                         const CallOptions& call) const {
    for (const ReferenceInfo& reference : known.state.info.references) {
        const FieldInfo* field = known.state.info.find_field(reference.field);
        const auto type = field == nullptr ? std::nullopt : scalar_type(field->type);
        if (reference.on_remove == OnRemove::none || !type) {
            continue;
        }
        std::string part;
        std::string part_before;
        TURNTABLE_CHECK(append_field({reference.field, *type}, record, part));
        if (before != nullptr) {
            TURNTABLE_CHECK(append_field({reference.field, *type}, *before, part_before));
        }
        const JsValue* value = record.find(reference.field);
        if (part == part_before || value == nullptr || value->is_null()) {
            continue;
        }
        const CollectionKeys target(options_.place, reference.target);
        TURNTABLE_TRY(const std::optional<Entry> parent,
                      database_.get(KeyRef::from_encoded(target.record + part), call));
        const std::string own_part =
            reference.target == name_ ? *primary_part_of(known, record) : std::string();
        if (part == own_part) {
            continue;  // it refers to itself
        }
        if (!parent) {
            return Error(ErrorCode::not_found, "field " + reference.field +
                                                   " refers to a record of " + reference.target +
                                                   " that is not there")
                .with("field", reference.field);
        }
        write.check(target.record + part, parent->versionstamp, {RecordWrite::CheckKind::read});
        // Whoever removes the parent checks that this has not changed since it looked for records
        // that refer to it.
        write.count_up(target.guard + part);
    }
    return {};
}

Result<RecordStore::Attempt> RecordStore::write_new(const JsValue& record,
                                                    const CallOptions& call) const {
    using Kind = RecordWrite::CheckKind;
    const auto known = this->known();
    TURNTABLE_TRY(const JsObject* object, object_of(record));
    TURNTABLE_TRY(const std::string part, primary_part_of(*known, *object));
    TURNTABLE_TRY(const Value value, Value::js(record));
    RecordWrite write(database_);
    write.check(keys_.state, known->versionstamp, {Kind::state});
    write.check(keys_.record + part, std::nullopt, {Kind::absent});
    write.set(keys_.record + part, value);
    for (const KnownIndex& index : known->indexes) {
        TURNTABLE_TRY(const IndexEntry entry, index_entry(index, *object, part));
        TURNTABLE_CHECK(write.check_size(entry, index));
        if (entry.exclusive) {
            write.check(entry.key, std::nullopt, {Kind::unique, &index});
        }
        write.set(entry.key, ByteView(part).text());
    }
    TURNTABLE_CHECK(add_references(write, *known, *object, nullptr, call));
    return finish(write, call);
}

Result<RecordStore::Attempt> RecordStore::write_over(const JsValue& record,
                                                     const StoredRecord& before,
                                                     const CallOptions& call) const {
    using Kind = RecordWrite::CheckKind;
    const auto known = this->known();
    TURNTABLE_TRY(const JsObject* object, object_of(record));
    TURNTABLE_TRY(const JsObject* object_before, object_of(before.value));
    TURNTABLE_TRY(const std::string part, primary_part_of(*known, *object));
    TURNTABLE_TRY(const Value value, Value::js(record));
    RecordWrite write(database_);
    write.check(keys_.state, known->versionstamp, {Kind::state});
    write.check(keys_.record + part, before.versionstamp, {Kind::read});
    write.set(keys_.record + part, value);
    for (const KnownIndex& index : known->indexes) {
        TURNTABLE_TRY(const IndexEntry entry, index_entry(index, *object, part));
        TURNTABLE_TRY(const IndexEntry entry_before, index_entry(index, *object_before, part));
        if (entry.key == entry_before.key) {
            continue;
        }
        TURNTABLE_CHECK(write.check_size(entry, index));
        TURNTABLE_CHECK(write.remove_entry(database_, index, entry_before, part, call));
        if (entry.exclusive) {
            write.check(entry.key, std::nullopt, {Kind::unique, &index});
        }
        write.set(entry.key, ByteView(part).text());
    }
    TURNTABLE_CHECK(add_references(write, *known, *object, object_before, call));
    return finish(write, call);
}

Result<Versionstamp> RecordStore::insert(const JsValue& record, const CallOptions& call) const {
    return retry([&] { return write_new(record, call); });
}

Result<Versionstamp> RecordStore::put(const JsValue& record, const CallOptions& call) const {
    return retry([&]() -> Result<Attempt> {
        TURNTABLE_TRY(const JsObject* object, object_of(record));
        TURNTABLE_TRY(const std::string part, primary_part_of(*known(), *object));
        TURNTABLE_TRY(const std::optional<StoredRecord> before, get_by_part(part, call));
        if (before) {
            return write_over(record, *before, call);
        }
        Result<Attempt> written = write_new(record, call);
        if (!written && written.error().code() == ErrorCode::already_exists) {
            // The record itself, made meanwhile: then this is a change of it.
            TURNTABLE_TRY(const std::optional<StoredRecord> now, get_by_part(part, call));
            if (now) {
                return Attempt{};
            }
        }
        return written;
    });
}

Result<Versionstamp> RecordStore::replace(const JsValue& record, const Versionstamp& expected,
                                          const CallOptions& call) const {
    return retry([&]() -> Result<Attempt> {
        TURNTABLE_TRY(const JsObject* object, object_of(record));
        TURNTABLE_TRY(const std::string part, primary_part_of(*known(), *object));
        TURNTABLE_TRY(const std::optional<StoredRecord> before, get_by_part(part, call));
        if (!before || before->versionstamp != expected) {
            return changed_since_read(expected);
        }
        return write_over(record, *before, call);
    });
}

Result<Versionstamp> RecordStore::update(const KeyPart& primary_key, const Change& change,
                                         const CallOptions& call) const {
    TURNTABLE_TRY(const std::string part, primary_part(primary_key));
    return retry([&]() -> Result<Attempt> {
        TURNTABLE_TRY(const std::optional<StoredRecord> before, get_by_part(part, call));
        if (!before) {
            return Error(ErrorCode::not_found, "there is no record with this primary key");
        }
        TURNTABLE_TRY(const JsValue after, change(before->value));
        TURNTABLE_TRY(const JsObject* object, object_of(after));
        TURNTABLE_TRY(const std::string part_after, primary_part_of(*known(), *object));
        if (part_after != part) {
            return Error(ErrorCode::invalid_argument,
                         "an update cannot change the primary key: remove the record and insert "
                         "the new one");
        }
        return write_over(after, *before, call);
    });
}

}  // namespace turntable::inline v0::kv::detail
