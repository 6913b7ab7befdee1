#include "kv/migration/records.hpp"

#include <array>
#include <utility>

#include "kv/collection/hash.hpp"
#include "kv/collection/js_fields.hpp"
#include "turntable/kv/selector.hpp"

namespace turntable::inline v0::kv {

namespace {

using Phase = MigrationRecord::Phase;
constexpr std::array<std::pair<Phase, std::string_view>, 3> phases{
    {{Phase::applied, "applied"}, {Phase::applying, "applying"}, {Phase::reverting, "reverting"}}};

Result<Phase> phase_from(const std::string& text) {
    for (const auto& [phase, name] : phases) {
        if (text == name) {
            return phase;
        }
    }
    return Error(ErrorCode::serialization, "unknown phase " + text);
}

Result<MigrationRecord> record_from(const Value& value) {
    TURNTABLE_TRY(const JsValue js, value.as_js());
    const JsFields object(js);
    MigrationRecord record;
    TURNTABLE_TRY(record.name, object.text("name"));
    TURNTABLE_TRY(record.checksum, object.text("checksum"));
    TURNTABLE_TRY(const std::string phase, object.text("phase"));
    TURNTABLE_TRY(record.phase, phase_from(phase));
    TURNTABLE_TRY(const std::uint64_t changed, object.number("changedAtMs"));
    record.changed_at_ms = static_cast<std::int64_t>(changed);
    TURNTABLE_TRY(record.progress, object.bytes("progress"));
    return record;
}

}  // namespace

std::string checksum(const Migration& migration) {
    std::string text;
    const std::string down = migration.down ? migration.down->source() : std::string();
    for (const std::string* part :
         {&migration.name, &migration.source, &migration.up.source(), &down}) {
        text += std::to_string(part->size()) + ":" + *part;
    }
    return hash_text(text);
}

Result<MigrationRecords> read_records(const Database& database, const Key& prefix) {
    MigrationRecords out;
    auto list = database.list(kv::prefix(prefix));
    while (true) {
        TURNTABLE_TRY(const std::optional<ListEntry> entry, list.next());
        if (!entry) {
            return out;
        }
        TURNTABLE_TRY(const std::vector<KeyPart> parts, entry->key.parts());
        const BigInteger* number = parts.back().integer();
        const auto version = number == nullptr ? std::nullopt : number->to_uint64();
        Result<MigrationRecord> record = record_from(entry->value);
        if (!version || !record) {
            Error error(ErrorCode::corrupt, "a record of an applied migration is damaged");
            error.with("key", print_key(entry->key.encoded()));
            return record ? std::move(error) : std::move(error).because(std::move(record).error());
        }
        record->versionstamp = entry->versionstamp;
        out.emplace(*version, *std::move(record));
    }
}

Result<Value> record_value(const MigrationRecord& record) {
    std::string_view phase;
    for (const auto& [one, name] : phases) {
        phase = one == record.phase ? name : phase;
    }
    return Value::js(JsObject{{{"name", record.name},
                               {"checksum", record.checksum},
                               {"phase", phase},
                               {"changedAtMs", static_cast<double>(record.changed_at_ms)},
                               {"progress", js_uint8_array(record.progress)}}});
}

}  // namespace turntable::inline v0::kv
