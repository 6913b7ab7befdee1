#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "turntable/kv/migration.hpp"

namespace turntable::inline v0::kv {

/// What the database says of a migration that is not pending.
struct MigrationRecord {
    enum class Phase : std::uint8_t { applied, applying, reverting };

    std::string name;
    std::string checksum;
    Phase phase = Phase::applied;
    std::int64_t changed_at_ms = 0;
    std::string progress;
    /// Of the entry that it was read from.
    Versionstamp versionstamp;
};

/// The checksum of what the author declares.
std::string checksum(const Migration& migration);

/// By version.
using MigrationRecords = std::map<std::uint64_t, MigrationRecord>;

Result<MigrationRecords> read_records(const Database& database, const Key& prefix);
Result<Value> record_value(const MigrationRecord& record);

}  // namespace turntable::inline v0::kv
